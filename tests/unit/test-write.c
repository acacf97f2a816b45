/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What forms write: read again it is the same guest, and what gets lost is said */

#include <string.h>

#include "client/formats/format.h"
#include "policy/enumerate.h"
#include "policy/field.h"
#include "tests/unit/form-support.h"

#define N_RANDOM 100

#define HYPERVISOR_BIT (UINT32_C(1) << 31)

/* Forms that are written for others to read, and do not come back as the same guest */
static const char *const one_way_forms[] = { "qemu" };

/* What a CPU answers that was made up; the same whenever it is asked */
static bool answer(void *userdata, uint32_t leaf, uint32_t subleaf,
                   uint32_t ret_registers[N_REGISTERS]) {
        LeafTable *known = userdata;
        Leaf row = { .leaf = leaf, .subleaf = subleaf, .flags = LEAF_FLAG_INDEXED };
        const Leaf *before = leaf_table_find(known, leaf, subleaf);

        for (Register reg = 0; reg < N_REGISTERS && !before; reg++)
                row.registers[reg] = g_test_rand_int_range(0, 4) ? g_test_rand_int() : 0;

        if (leaf == 0)
                row.registers[REGISTER_EAX] = g_test_rand_int_range(0, 0x25);
        else if (leaf == 1)
                row.registers[REGISTER_ECX] &= ~HYPERVISOR_BIT;
        else if (leaf == 0x80000000)
                row.registers[REGISTER_EAX] = leaf + g_test_rand_int_range(0, 0x27);
        else if (leaf == 0xd)
                row.registers[REGISTER_EAX] &= 0xff;
        else
                row.registers[REGISTER_EAX] &= subleaf == 0 ? 0x3 : UINT32_MAX;

        if (!before)
                leaf_table_add(known, &row);
        memcpy(ret_registers, (before ? before : &row)->registers, sizeof(row.registers));
        return true;
}

/* As KVM has it: the index flag where the leaf has sub-leaves */
static Guest *random_guest(void) {
        g_autoptr(LeafTable) known = leaf_table_new();
        g_autoptr(LeafTable) rows = enumerate_cpuid(answer, known, 0);
        LeafTable *table = leaf_table_new();
        Guest *guest;

        for (size_t i = 0; i < leaf_table_size(rows); i++) {
                Leaf row = *leaf_table_at(rows, i);
                const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row.leaf);

                row.flags |= leaf && leaf->indexed ? LEAF_FLAG_INDEXED : 0;
                if (row.subleaf == 0 && !(leaf && leaf->indexed) &&
                    (i + 1 == leaf_table_size(rows) ||
                     leaf_table_at(rows, i + 1)->leaf != row.leaf))
                        row.flags = 0;
                leaf_table_add(table, &row);
        }

        guest = guest_new(table);
        guest->name = g_strdup("random");
        for (int i = g_test_rand_int_range(0, 4); i > 0; i--)
                guest_set_msr(guest, 0x480 + i, (uint64_t) g_test_rand_int() << 32 | i);
        if (g_test_rand_int_range(0, 2))
                guest->tsc_khz = 2000000;
        if (g_test_rand_int_range(0, 2))
                guest->capabilities |= capability_bit(capability_find("disable-exits.mwait"));
        return guest;
}

/* A row that is zero and one that is not there are the same */
static void assert_rows(const Guest *guest, const Guest *again) {
        for (size_t i = 0; i < leaf_table_size(guest->table); i++) {
                const Leaf *row = leaf_table_at(guest->table, i);
                const Leaf *other = leaf_table_find(again->table, row->leaf, row->subleaf);

                g_test_message("0x%x.%u", row->leaf, row->subleaf);
                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        g_assert_cmphex(form_register(again, row->leaf, row->subleaf, reg), ==,
                                        row->registers[reg]);
                        g_assert_cmphex(unknown_mask(again->unknown, row->leaf, row->subleaf, reg),
                                        ==, 0);
                }
                if (other)
                        g_assert_cmphex(other->flags, ==, row->flags);
        }
}

/* What is another is said to be lost, and what is said to be lost is another */
static void assert_rest(const Guest *guest, const Guest *again, const char *losses) {
        g_autoptr(GArray) msrs = guest_list_msrs(guest);

        for (size_t i = 0; i < msrs->len; i++) {
                uint64_t value, other;

                g_assert_true(guest_get_msr(guest, g_array_index(msrs, uint32_t, i), &value));
                if (guest_get_msr(again, g_array_index(msrs, uint32_t, i), &other))
                        g_assert_cmphex(value, ==, other);
                else
                        g_assert_nonnull(strstr(losses, "MSR"));
        }

        if (again->tsc_khz != guest->tsc_khz)
                g_assert_nonnull(strstr(losses, "TSC"));
        if (again->capabilities != guest->capabilities)
                g_assert_nonnull(strstr(losses, "enables"));
}

static void test_random(const void *data) {
        const char *form = data;

        for (unsigned i = 0; i < N_RANDOM; i++) {
                g_autoptr(Guest) guest = random_guest();
                g_autofree char *losses = NULL;
                g_autoptr(Guest) again = form_write_and_read(guest, form, &losses);

                assert_rows(guest, again);
                assert_rows(again, guest);
                assert_rest(guest, again, losses);
        }
}

typedef struct WriteCase {
        const char *name;
        const char *form;
        const char *rows;    /* "LEAF.SUBLEAF[!] EAX EBX ECX EDX; ...": '!' for an index flag */
        const char *unknown; /* one place */
        const char *enabled; /* a capability, or "" for none at all; NULL: the usual */
        uint32_t msr;
        uint32_t n_msrs; /* from that one on */
        uint64_t tsc_khz;
        const char *text;   /* what is written; NULL: not compared */
        const char *losses; /* all of them */
        const char *again;  /* the rows that are read again */
        const char *again_unknown;
} WriteCase;

#define HEAD "CPU:\n"
#define ZEROS "eax=0x00000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n"
#define NO_EXTENDED "   0x80000000 0x00: " ZEROS

static const WriteCase write_cases[] = {
        /* clang-format off */
        { .name = "cpuid/plain", .form = "cpuid", .rows = "0.0 1 2 3 4; 1.0 5 6 7 8; 80000000.0 80000000 0 0 0",
          .text = HEAD
                  "   0x00000000 0x00: eax=0x00000001 ebx=0x00000002 ecx=0x00000003 edx=0x00000004\n"
                  "   0x00000001 0x00: eax=0x00000005 ebx=0x00000006 ecx=0x00000007 edx=0x00000008\n"
                  "   0x80000000 0x00: eax=0x80000000 ebx=0x00000000 ecx=0x00000000 edx=0x00000000\n" },
        { .name = "cpuid/nothing", .form = "cpuid", .rows = "",
          .text = HEAD "   0x00000000 0x00: " ZEROS NO_EXTENDED },
        { .name = "cpuid/nothing-is-known", .form = "cpuid", .rows = "", .unknown = "0x0-0xffffffff", .text = HEAD },
        { .name = "cpuid/what-is-left-out-is-zero", .form = "cpuid", .rows = "0.0 4 0 0 0; 2.0 1 1 1 1",
          .again = "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x80000000.0", .again_unknown = "" },
        { .name = "cpuid/sub-leaves-that-are-left-out", .form = "cpuid", .rows = "0.0 7 0 0 0; 7.0! 2 1 0 0; d.0! 1 0 0 0",
          .losses = "rows above the highest leaf: 0xd.0",
          .again = "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x5.0 0x6.0 0x7.0 0x7.1 0x7.2 0x80000000.0",
          .again_unknown = "" },
        { .name = "cpuid/in-any-order", .form = "cpuid", .rows = "80000000.0 0 0 0 0; 1.0 5 6 7 8; 0.0 1 2 3 4",
          .again = "0x0.0 0x1.0 0x80000000.0", .again_unknown = "" },
        { .name = "cpuid/unknown-leaf", .form = "cpuid", .rows = "0.0 3 0 0 0; 1.0 1 0 0 0", .unknown = "0x2",
          .again = "0x0.0 0x1.0 0x3.0 0x80000000.0", .again_unknown = "0x2" },
        { .name = "cpuid/unknown-range", .form = "cpuid", .rows = "0.0 0 0 0 0", .unknown = "0x80000000-0xbfffffff",
          .again = "0x0.0", .again_unknown = "0x80000000-0xbfffffff" },
        { .name = "cpuid/unknown-bit", .form = "cpuid", .rows = "0.0 1 0 0 0; 1.0 1 0 0 0", .unknown = "0x1.0:ecx[27]",
          .losses = "that it is unknown what is in: 0x1.0:ecx[27]", .again_unknown = "" },
        { .name = "cpuid/unknown-beyond-the-maximum", .form = "cpuid", .rows = "0.0 0 0 0 0", .unknown = "0x9",
          .losses = "that it is unknown what is in: 0x9", .again_unknown = "" },
        { .name = "cpuid/unknown-sub-leaf-before-a-zero-one", .form = "cpuid",
          .rows = "0.0 7 0 0 0; 7.0! 2 1 0 0", .unknown = "0x7.1",
          .again = "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x5.0 0x6.0 0x7.0 0x7.2 0x80000000.0", .again_unknown = "0x7.1" },
        { .name = "cpuid/one-row-for-every-sub-leaf", .form = "cpuid", .rows = "0.0 7 0 0 0; 7.0 1 2 3 4",
          .losses = "which sub-leaves these answer for: 0x7.0",
          .again = "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x5.0 0x6.0 0x7.0 0x7.1 0x80000000.0" },
        { .name = "cpuid/a-row-for-one-sub-leaf", .form = "cpuid", .rows = "0.0 1 0 0 0; 1.0! 1 2 3 4",
          .losses = "which sub-leaves these answer for: 0x1.0" },
        { .name = "cpuid/a-row-behind-another", .form = "cpuid", .rows = "0.0 1 0 0 0; 1.0 1 0 0 0; 1.0 2 0 0 0",
          .losses = "rows behind others of the same place: 0x1.0", .again = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "cpuid/a-row-above-its-range", .form = "cpuid", .rows = "0.0 1 0 0 0; 1.0 1 0 0 0; 7.0! 0 1 0 0; 8.0 0 0 0 0",
          .losses = "rows above the highest leaf: 0x7.0", .again = "0x0.0 0x1.0 0x80000000.0" },
        { .name = "cpuid/a-range-that-is-none", .form = "cpuid", .rows = "0.0 1 0 0 0; 1.0 1 0 0 0; 80000000.0 12 0 0 1",
          .losses = "rows above the highest leaf: 0x80000000.0", .again = "0x0.0 0x1.0 0x80000000.0", .again_unknown = "" },
        { .name = "cpuid/more-leaves-than-rows", .form = "cpuid", .rows = "0.0 ffff 0 0 0; 8.0 1 0 0 0",
          .losses = "that there is nothing in: 0xf9-0xffff" },
        { .name = "cpuid/msr", .form = "cpuid", .rows = "0.0 0 0 0 0", .msr = 0x10a, .n_msrs = 1,
          .losses = "its MSRs: 0x10a" },
        { .name = "cpuid/many-msrs", .form = "cpuid", .rows = "0.0 0 0 0 0", .msr = 0x480, .n_msrs = 10,
          .losses = "its MSRs: 0x480, 0x481, 0x482, 0x483, 0x484, 0x485, 0x486, 0x487 and 2 more" },
        { .name = "cpuid/tsc", .form = "cpuid", .rows = "0.0 0 0 0 0", .tsc_khz = 2000000,
          .losses = "the rate of its TSC: 2000000 kHz" },
        { .name = "cpuid/capability", .form = "cpuid", .rows = "0.0 0 0 0 0", .enabled = "hyperv",
          .losses = "what its VMM enables: irqchip, hyperv" },
        { .name = "cpuid/no-capability", .form = "cpuid", .rows = "0.0 0 0 0 0", .enabled = "",
          .losses = "that its VMM enables nothing" },
        { .name = "json/whole", .form = "json", .rows = "7.0! 1 2 3 4", .unknown = "0x7.1-", .enabled = "hyperv",
          .msr = 0x10a, .n_msrs = 1, .tsc_khz = 3,
          .text = "{\"schema\":\"cpuidd.guest/1\",\"name\":\"vm 1\",\"cpuid\":[{\"leaf\":\"0x7\",\"subleaf\":0,"
                  "\"indexed\":true,\"eax\":\"0x00000001\",\"ebx\":\"0x00000002\",\"ecx\":\"0x00000003\","
                  "\"edx\":\"0x00000004\"}],\"capabilities\":[\"irqchip\",\"hyperv\"],\"msrs\":{\"0x10a\":\"0x10a\"},"
                  "\"tsc_khz\":3,\"unknown\":[\"0x7.1-\"]}\n" },
        { .name = "json/rows-as-they-are", .form = "json", .rows = "7.0 1 2 3 4; 1.0! 5 6 7 8; 1.0! 0 0 0 0",
          .again = "0x7.0 0x1.0 0x1.0", .again_unknown = "" },
        { .name = "c/rows-and-msrs", .form = "c", .rows = "7.0! 1 2 3 4; 7.1! 0 0 0 1; 30.0 0 0 0 0",
          .msr = 0x10a, .n_msrs = 1,
          .text = "/* What the guest vm_1 has: 3 rows of CPUID, feature MSRs */\n\n#include <linux/kvm.h>\n\n"
                  "static const struct kvm_cpuid_entry2 vm_1_cpuid[] = {\n"
                  "        /* Structured extended features */\n"
                  "        { .function = 0x7, .index = 0, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,\n"
                  "          .eax = 0x00000001, .ebx = 0x00000002, .ecx = 0x00000003, .edx = 0x00000004 },\n"
                  "        { .function = 0x7, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,\n"
                  "          .eax = 0x00000000, .ebx = 0x00000000, .ecx = 0x00000000, .edx = 0x00000001 },\n"
                  "        { .function = 0x30, .index = 0,\n"
                  "          .eax = 0x00000000, .ebx = 0x00000000, .ecx = 0x00000000, .edx = 0x00000000 },\n"
                  "};\n\n"
                  "static const struct kvm_msr_entry vm_1_msrs[] = {\n"
                  "        { .index = 0x10a, .data = 0x10a },\n"
                  "};\n" },
        { .name = "c/losses", .form = "c", .rows = "0.0 1 2 3 4", .unknown = "0x1", .enabled = "", .tsc_khz = 1,
          .losses = "that it is unknown what is in: 0x1\nthat its VMM enables nothing\nthe rate of its TSC: 1 kHz" },
        { .name = "table/whole", .form = "table", .rows = "0.0 1 2 3 4; 7.0! 1 2 3 4; 7.1! 0 0 0 1; 30.0 0 0 0 0",
          .unknown = "0x7.0:ebx[15:6]", .enabled = "hyperv", .msr = 0x10a, .n_msrs = 2, .tsc_khz = 3,
          .text = "vm 1\nenabled: irqchip, hyperv\ntsc: 3 kHz\n\n"
                  "leaf          eax         ebx         ecx         edx\n"
                  "0x0           0x00000001  0x00000002  0x00000003  0x00000004  Highest basic leaf and vendor\n"
                  "0x7.0         0x00000001  0x0000???2  0x00000003  0x00000004  Structured extended features\n"
                  "0x7.1         0x00000000  0x00000000  0x00000000  0x00000001\n"
                  "0x30          0x00000000  0x00000000  0x00000000  0x00000000\n\n"
                  "msr           value\n"
                  "0x10a         0x000000000000010a  ARCH_CAPABILITIES\n"
                  "0x10b         0x000000000000010b\n\n"
                  "unknown: 0x7.0:ebx[15:6]\n" },
        { .name = "table/nothing", .form = "table", .rows = "", .enabled = "", .text = "vm 1\nenabled: nothing\n" },
        /* clang-format on */
};

/* "LEAF.SUBLEAF! EAX EBX ECX EDX; ..." */
static LeafTable *rows_of(const char *text) {
        g_auto(GStrv) rows = g_strsplit(text, "; ", -1);
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; rows[i]; i++) {
                Leaf row = {};
                char *end;

                row.leaf = g_ascii_strtoull(rows[i], &end, 16);
                g_assert_cmpint(*end, ==, '.');
                row.subleaf = g_ascii_strtoull(end + 1, &end, 10);
                row.flags = *end == '!' ? LEAF_FLAG_INDEXED : 0;
                end += *end == '!';
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = g_ascii_strtoull(end, &end, 16);
                leaf_table_add(table, &row);
        }

        return table;
}

static Guest *guest_of(const WriteCase *c) {
        Guest *guest = guest_new(rows_of(c->rows));

        guest->name = g_strdup("vm 1");
        guest->tsc_khz = c->tsc_khz;
        for (uint32_t i = 0; i < c->n_msrs; i++)
                guest_set_msr(guest, c->msr + i, c->msr + i);
        if (c->enabled && *c->enabled)
                guest->capabilities |= capability_bit(capability_find(c->enabled));
        else if (c->enabled)
                guest->capabilities = 0;
        if (c->unknown) {
                Unknown *unknown = unknown_new();

                g_assert_true(unknown_add_text(unknown, c->unknown, NULL));
                guest_take_unknown(guest, unknown);
        }

        return guest;
}

static void test_write(const void *data) {
        const WriteCase *c = data;
        g_autoptr(Guest) guest = guest_of(c), again = NULL;
        g_autofree char *losses = NULL, *rows = NULL, *unknown = NULL;
        g_autofree char *text = form_write(guest, c->form, &losses);

        g_assert_cmpstr(losses, ==, c->losses ?: "");
        if (c->text)
                g_assert_cmpstr(text, ==, c->text);
        if (!c->again && !c->again_unknown)
                return;

        again = form_guest(text, c->form, NULL);
        rows = form_rows(again);
        unknown = form_unknown(again);
        if (c->again)
                g_assert_cmpstr(rows, ==, c->again);
        if (c->again_unknown)
                g_assert_cmpstr(unknown, ==, c->again_unknown);
}

/* A row that answers for every sub-leaf is what CPUID answers with, written so. */
static void test_answers(void) {
        static const WriteCase c = { .rows = "0.0 7 0 0 0; 7.0 1 2 3 4" };
        g_autoptr(Guest) guest = guest_of(&c);
        g_autoptr(Guest) again = form_write_and_read(guest, "cpuid", NULL);

        g_assert_cmphex(form_register(again, 7, 1, REGISTER_EBX), ==, 2);
        g_assert_cmphex(form_register(again, 7, 2, REGISTER_EBX), ==, 0);
}

typedef struct NameCase {
        const char *name;
        const char *form;
        const char *expected; /* in the text */
} NameCase;

/* Names come out of files, and end neither a comment nor a line. */
static const NameCase name_cases[] = {
        { "*/ int x; /*", "c", "/* What the guest ___int_x____ has:" },
        { "1st", "c", "static const struct kvm_cpuid_entry2 guest_1st_cpuid[] = {" },
        { "", "c", "guest_cpuid[]" },
        { NULL, "c", "guest_cpuid[]" },
        { "\xc3\xa9\nb", "c", "static const struct kvm_cpuid_entry2 e_b_cpuid[] = {" },
        { "a\nb\x1b[31m", "table", "a?b?[31m\n" },
        { NULL, "table", "guest\n" },
};

static void test_names(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(name_cases); i++) {
                g_autoptr(Guest) guest = guest_new(leaf_table_new());
                g_autofree char *text = NULL;

                guest->name = g_strdup(name_cases[i].name);
                text = form_write(guest, name_cases[i].form, NULL);
                g_test_message("%s", text);
                g_assert_nonnull(strstr(text, name_cases[i].expected));
        }
}

static bool is_one_way(const char *form) {
        for (size_t i = 0; i < G_N_ELEMENTS(one_way_forms); i++)
                if (g_str_equal(one_way_forms[i], form))
                        return true;

        return false;
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(write_cases); i++) {
                g_autofree char *path = g_strdup_printf("/write/%s", write_cases[i].name);

                g_test_add_data_func(path, &write_cases[i], test_write);
        }

        for (size_t i = 0; format_table[i]; i++) {
                const Format *format = format_table[i];
                g_autofree char *path = g_strdup_printf("/write/random/%s", format->name);

                if (format->read && format->write && !format->is_host_only &&
                    !is_one_way(format->name))
                        g_test_add_data_func(path, format->name, test_random);
        }

        g_test_add_func("/write/answers", test_answers);
        g_test_add_func("/write/names", test_names);

        return g_test_run();
}
