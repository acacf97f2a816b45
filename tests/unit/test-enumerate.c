/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How CPUID is walked */

#include "policy/enumerate.h"

#include <string.h>

#include "policy/field.h"
#include "tests/unit/enumerate.h"

/* The CPU that the walk walks; what it has no row for is answered with zeroes */
static bool fake_cpu(void *userdata, uint32_t leaf, uint32_t subleaf,
                     uint32_t ret_registers[N_REGISTERS]) {
        const Leaf *fake_rows = userdata;

        memset(ret_registers, 0, N_REGISTERS * sizeof(uint32_t));
        for (size_t i = 0; i < N_ROWS; i++)
                if (fake_rows[i].leaf == leaf && fake_rows[i].subleaf == subleaf) {
                        memcpy(ret_registers, fake_rows[i].registers,
                               sizeof(fake_rows[i].registers));
                        break;
                }

        return true;
}

static bool all_ones(void *userdata, uint32_t leaf, uint32_t subleaf,
                     uint32_t ret_registers[N_REGISTERS]) {
        (void) userdata;
        (void) subleaf;
        memset(ret_registers, 0xff, N_REGISTERS * sizeof(uint32_t));

        /* A maximum that is still one of its range */
        if ((leaf & 0xffff) == 0)
                ret_registers[REGISTER_EAX] = leaf | 0xffff;
        return true;
}

/* Every leaf there can be has something in it, and two sub-leaves. */
static bool answers_everywhere(void *userdata, uint32_t leaf, uint32_t subleaf,
                               uint32_t ret_registers[N_REGISTERS]) {
        (void) userdata;
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                ret_registers[reg] = subleaf > 1 ? 0 : reg == REGISTER_EAX ? 1 : 0x102;
        if ((leaf & 0xffff) == 0)
                ret_registers[REGISTER_EAX] = leaf + 0x50;
        return true;
}

static bool fails_late(void *userdata, uint32_t leaf, uint32_t subleaf,
                       uint32_t ret_registers[N_REGISTERS]) {
        unsigned *n_left = userdata;

        return (*n_left)-- > 1 && all_ones(NULL, leaf, subleaf, ret_registers);
}

typedef struct WalkCase {
        const char *name;
        Leaf rows[N_ROWS];
        EnumerateFlags flags;
        const char *expect; /* the sub-leaves of leaves that have something in them */
} WalkCase;

static const WalkCase walk_cases[] = {
        {
                .name = "caches-until-type-0",
                .rows = { ROW(0, 0, 4), ROW(4, 0, 0x121), ROW(4, 1, 0x122), ROW(4, 3, 0x143) },
                .expect = "0x0.0 0x4.0 0x4.1",
        },
        {
                .name = "features-up-to-their-maximum",
                .rows = { ROW(0, 0, 7), ROW(7, 0, 2, 1), ROW(7, 1, 1), ROW(7, 2, 1), ROW(7, 3, 1) },
                .expect = "0x0.0 0x7.0 0x7.1 0x7.2",
        },
        {
                .name = "topology-until-level-type-0",
                .rows = { ROW(0, 0, 0xb), ROW(0xb, 0, 1, 2, 0x100), ROW(0xb, 1, 5, 4, 0x201),
                          ROW(0xb, 2, 0, 0, 2) },
                .expect = "0x0.0 0xb.0 0xb.1",
        },
        {
                .name = "xsave-by-xcr0-and-xss",
                .rows = { ROW(0, 0, 0xd), ROW(0xd, 0, 0x60007), ROW(0xd, 1, 0xf, 0, 0x100),
                          ROW(0xd, 2, 1), ROW(0xd, 3, 1), ROW(0xd, 8, 1), ROW(0xd, 17, 1),
                          ROW(0xd, 18, 1) },
                .expect = "0x0.0 0xd.0 0xd.1 0xd.2 0xd.8 0xd.17 0xd.18",
        },
        {
                .name = "resources-by-mask",
                .rows = { ROW(0, 0, 0x10), ROW(0x10, 0, 0, 0xa), ROW(0x10, 1, 1), ROW(0x10, 2, 1),
                          ROW(0x10, 3, 1) },
                .expect = "0x0.0 0x10.0 0x10.1 0x10.3",
        },
        {
                .name = "resources-of-a-core-by-mask",
                .rows = { ROW(0, 0, 0x28), ROW(0x27, 0, 0, 0xff, 0, 2), ROW(0x27, 1, 1),
                          ROW(0x27, 2, 1), ROW(0x28, 0, 0, 0xa), ROW(0x28, 1, 1), ROW(0x28, 2, 1),
                          ROW(0x28, 3, 1) },
                .expect = "0x0.0 0x27.0 0x27.1 0x28.0 0x28.1 0x28.3",
        },
        {
                .name = "sgx-sections-behind-two-fixed-ones",
                .rows = { ROW(0, 0, 0x12), ROW(0x12, 0, 1), ROW(0x12, 1, 0x36), ROW(0x12, 2, 1),
                          ROW(0x12, 4, 1) },
                .expect = "0x0.0 0x12.0 0x12.1 0x12.2",
        },
        {
                .name = "no-hypervisor-range",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000),
                          ROW(0x40000000, 0, 0x40000001) },
                .expect = "0x0.0 0x1.0",
        },
        {
                .name = "hypervisor-range",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 7) },
                .flags = ENUMERATE_HYPERVISOR,
                .expect = "0x0.0 0x1.0 0x40000000.0 0x40000001.0",
        },
        {
                .name = "two-hypervisor-ranges-the-second-without-a-maximum",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 7), ROW(0x40000100, 0, 0, 0x4b4d564b),
                          ROW(0x40000101, 0, 9) },
                .flags = ENUMERATE_HYPERVISOR,
                .expect = "0x0.0 0x1.0 0x40000000.0 0x40000001.0 0x40000100.0 0x40000101.0",
        },
        {
                .name = "no-hypervisor-without-its-bit",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1), ROW(0x40000000, 0, 0x40000001) },
                .flags = ENUMERATE_HYPERVISOR,
                .expect = "0x0.0 0x1.0",
        },
        {
                .name = "centaur-range-of-another-vendor",
                .rows = { ROW(0, 0, 1), ROW(0x80000000, 0, 0x80000001), ROW(0x80000001, 0, 1),
                          ROW(0xc0000000, 0, 0xc0000001), ROW(0xc0000001, 0, 1) },
                .expect = "0x0.0 0x80000000.0 0x80000001.0",
        },
        {
                .name = "centaur-range",
                .rows = { ROW(0, 0, 1, 0x746e6543, 0x736c7561, 0x48727561),
                          ROW(0xc0000000, 0, 0xc0000001), ROW(0xc0000001, 0, 1) },
                .expect = "0x0.0 0xc0000000.0 0xc0000001.0",
        },
};

static void test_walk(gconstpointer user_data) {
        const WalkCase *walk = user_data;
        g_autoptr(GString) seen = g_string_new(NULL);
        g_autoptr(LeafTable) table = NULL;

        table = enumerate_cpuid(fake_cpu, (void *) walk->rows, walk->flags);

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                static const uint32_t zeroes[N_REGISTERS];

                if (memcmp(row->registers, zeroes, sizeof(zeroes)) != 0)
                        g_string_append_printf(seen, "%s0x%x.%u", seen->len > 0 ? " " : "",
                                               row->leaf, row->subleaf);
        }

        g_assert_cmpstr(seen->str, ==, walk->expect);
}

static void test_walk_ends(void) {
        g_autoptr(LeafTable) table = enumerate_cpuid(all_ones, NULL, 0);

        g_assert_cmpuint(leaf_table_size(table), ==, LEAF_TABLE_MAX);
}

static void test_walk_fails(void) {
        unsigned n_left = 20;

        g_assert_null(enumerate_cpuid(fails_late, &n_left, 0));
}

/* A reader that is not told takes the flag from there. */
static void test_field_table_has_the_same_flags(void) {
        g_autoptr(LeafTable) table = enumerate_cpuid(answers_everywhere, NULL, 0);
        size_t n_indexed = 0;

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);

                g_test_message("0x%x.%u", row->leaf, row->subleaf);
                if (known)
                        g_assert_cmpint(row->flags & LEAF_FLAG_INDEXED, ==, known->indexed);
                n_indexed += row->subleaf == 0 && row->flags & LEAF_FLAG_INDEXED;
        }

        g_assert_cmpuint(n_indexed, ==, 22);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(walk_cases); i++) {
                g_autofree char *path = g_strconcat("/enumerate/walk/", walk_cases[i].name, NULL);

                g_test_add_data_func(path, &walk_cases[i], test_walk);
        }
        g_test_add_func("/enumerate/walk/ends", test_walk_ends);
        g_test_add_func("/enumerate/walk/fails", test_walk_fails);
        g_test_add_func("/enumerate/field-table-has-the-same-flags",
                        test_field_table_has_the_same_flags);
        return g_test_run();
}
