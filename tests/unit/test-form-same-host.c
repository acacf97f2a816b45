/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real machines, each of which is there in several forms: what two of them both tell is the same.
 * Skipped where there is no corpus. */

#include <string.h>

#include "tests/unit/form-support.h"

typedef struct FileCase {
        const char *file;
        const char *form;
        size_t step; /* of the cuts */
} FileCase;

static const FileCase files[] = {
        { "cpuid-r-one.txt", "cpuid", 31 },
        { "cpuid-r-all.txt", "cpuid", 499 },
        { "kcpuid-r.txt", "kcpuid", 7 },
        { "xen-policy.txt", "xen", 7 },
};

#define APIC_ID 0xff000000

/* Less is a reader that takes everything for unknown. */
#define N_TOLD_MIN 80

static char *read_file(const char *directory, const char *file, size_t *ret_n) {
        g_autofree char *path = g_build_filename(directory, file, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        g_file_get_contents(path, &text, ret_n, &error);
        g_assert_no_error(error);
        return text;
}

static Guest *read_guest(const char *directory, const FileCase *c) {
        size_t n;
        g_autofree char *text = read_file(directory, c->file, &n);
        g_autoptr(GError) error = NULL;
        Guest *guest = form_read(text, n, NULL, &error);

        g_assert_no_error(error);
        return guest;
}

/* What the moment or the CPU decides, and Xen leaves zero */
static uint32_t dynamic_bits(uint32_t leaf, Register reg) {
        if (leaf == 0x1 && reg == REGISTER_EBX)
                return APIC_ID;
        if ((leaf == 0xb || leaf == 0x1f || leaf == 0x80000026) && reg == REGISTER_EDX)
                return UINT32_MAX;
        if (leaf == 0x8000001e)
                return UINT32_MAX;
        return 0;
}

/* How many registers both tell */
static unsigned compare(const Guest *one, const Guest *other, const char *file) {
        unsigned n_told = 0;

        for (size_t i = 0; i < leaf_table_size(one->table); i++) {
                const Leaf *row = leaf_table_at(one->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t untold = unknown_mask(one->unknown, row->leaf, row->subleaf, reg) |
                                unknown_mask(other->unknown, row->leaf, row->subleaf, reg) |
                                dynamic_bits(row->leaf, reg);
                        uint32_t value = form_register(other, row->leaf, row->subleaf, reg);

                        if ((row->registers[reg] ^ value) & ~untold)
                                g_test_message("%s: 0x%x.%u:%s is 0x%x, in the first file 0x%x",
                                               file, row->leaf, row->subleaf,
                                               register_to_string(reg), row->registers[reg], value);
                        g_assert_cmphex((row->registers[reg] ^ value) & ~untold, ==, 0);
                        n_told += untold != UINT32_MAX;
                }
        }

        return n_told;
}

static void test_same(const void *data) {
        const char *directory = data;
        g_autoptr(Guest) first = read_guest(directory, &files[0]);

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autoptr(Guest) guest = read_guest(directory, &files[i]);
                g_autofree char *unknown = form_unknown(guest);

                g_test_message("%s: %zu rows, unknown: %s", files[i].file,
                               leaf_table_size(guest->table), unknown);
                g_assert_cmpuint(compare(guest, first, files[i].file), >=, N_TOLD_MIN);
                (void) compare(first, guest, files[i].file);
        }
}

static void test_cuts(const void *data) {
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                size_t n;
                g_autofree char *text = read_file(data, files[i].file, &n);

                form_assert_cuts(text, n, files[i].form, files[i].step);
        }
}

static void test_skipped(void) {
        g_test_skip("there is no corpus");
}

int main(int argc, char **argv) {
        const char *top = g_getenv("top_srcdir") ?: ".";
        g_autofree char *directory =
                g_build_filename(top, "..", "shared", "corpus", "same-host", NULL);
        g_autoptr(GDir) machines = g_dir_open(directory, 0, NULL);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        const char *machine;

        g_test_init(&argc, &argv, NULL);

        while (machines && (machine = g_dir_read_name(machines))) {
                g_autofree char *same = g_strdup_printf("/form-same-host/%s/same", machine);
                g_autofree char *cuts = g_strdup_printf("/form-same-host/%s/cuts", machine);
                char *path = g_build_filename(directory, machine, NULL);

                g_ptr_array_add(paths, path);
                g_test_add_data_func(same, path, test_same);
                g_test_add_data_func(cuts, path, test_cuts);
        }
        if (!machines)
                g_test_add_func("/form-same-host/skipped", test_skipped);

        return g_test_run();
}
