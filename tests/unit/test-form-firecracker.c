/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Firecracker's configurations: which of them is a guest and which a template, what is refused,
 * and that what is written reads as the same guest */

#include <string.h>

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

#define ZERO "0b00000000000000000000000000000000"
#define SEVEN "0b00000000000000000000000000000111"
#define REGISTER(name, bits) "{\"register\": \"" name "\", \"bitmap\": \"" bits "\"}"
#define LEAF(leaf, subleaf, flags, registers)                                      \
        "{\"leaf\": \"" leaf "\", \"subleaf\": \"" subleaf "\", \"flags\": " flags \
        ", \"modifiers\": [" registers "]}"
#define REST ", " REGISTER("ebx", ZERO) ", " REGISTER("ecx", ZERO) ", " REGISTER("edx", ZERO)
#define ROW(leaf, subleaf, flags, eax) LEAF(leaf, subleaf, flags, REGISTER("eax", eax) REST)
#define ROWS(rows) "{\"cpuid_modifiers\": [" rows "]}"

#define MSR64 "0b0000000000000000000000000000000000000000000000000000000000001011"
#define MSR(bits) "\"msr_modifiers\": [{\"addr\": \"0x10a\", \"bitmap\": \"" bits "\"}]"

/* clang-format off */
static const char dump[] =
        "{\"kvm_capabilities\": [\"171\", \"!172\"], \"cpuid_modifiers\": ["
        ROW("0x0", "0x0", "0", SEVEN) ", " ROW("0x7", "0x1", "1", ZERO) ", "
        ROW("0x7", "0x0", "1", SEVEN) "], " MSR(MSR64) "}";

static const char fingerprint[] =
        "{\"firecracker_version\": \"1.0.0\", \"guest_cpu_config\": "
        ROWS(ROW("0x0", "0x0", "0", SEVEN)) "}";

static const char above_maximum[] =
        ROWS(ROW("0x0", "0x0", "0", SEVEN) ", " ROW("0x15", "0x0", "0", SEVEN));
/* clang-format on */

typedef struct RefusedCase {
        const char *name;
        const char *text;
        const char *message;
} RefusedCase;

static const RefusedCase refused_cases[] = {
        /* clang-format off */
        { "arm", "{\"reg_modifiers\": [{\"addr\": \"0x1\", \"bitmap\": \"0b1\"}]}", "is a CPU template for ARM, expected one for x86" },
        { "arm-without-registers", "{\"kvm_capabilities\": [\"!56\"], \"vcpu_features\": [{\"index\": 0, \"bitmap\": \"0b1\"}]}", "is a CPU template for ARM, expected one for x86" },
        { "capabilities-alone", "{\"kvm_capabilities\": [\"171\"]}", "'cpuid_modifiers' and 'msr_modifiers' are missing, expected one of them" },
        { "fingerprint-of-arm", "{\"kernel_version\": \"6\", \"guest_cpu_config\": {\"kvm_capabilities\": [], \"vcpu_features\": [], \"reg_modifiers\": []}}", "is a CPU template for ARM" },
        { "fingerprint-of-nothing", "{\"guest_cpu_config\": {}}", "are missing, expected one of them" },
        { "fingerprint-is-a-text", "{\"guest_cpu_config\": \"x\"}", "'guest_cpu_config' is not an object" },
        { "misspelt-list", "{\"cpuid_modifiers\": [], \"msr_modifers\": []}", "'msr_modifers' is no member of a CPU configuration, expected 'kvm_capabilities', 'cpuid_modifiers' or 'msr_modifiers'" },
        { "misspelt-list-of-a-fingerprint", "{\"guest_cpu_config\": {\"cpudi_modifiers\": [], \"msr_modifiers\": []}}", "'cpudi_modifiers' is no member of a CPU configuration" },
        { "arm-and-x86", "{\"cpuid_modifiers\": [], \"reg_modifiers\": []}", "'reg_modifiers' is no member of a CPU configuration" },
        { "list", "[{\"cpuid_modifiers\": []}]", "is a JSON list, expected an object" },
        { "modifiers-are-no-list", "{\"cpuid_modifiers\": 1}", "'cpuid_modifiers' is not a list" },
        { "row-is-no-object", "{\"cpuid_modifiers\": [1]}", "'cpuid_modifiers': row 1: is not an object" },
        { "no-leaf", "{\"cpuid_modifiers\": [{}]}", "'cpuid_modifiers': row 1: 'leaf' is missing" },
        { "no-subleaf", "{\"cpuid_modifiers\": [{\"leaf\": \"0x7\"}]}", "row 1: leaf 0x7: 'subleaf' is missing" },
        { "no-flags", "{\"cpuid_modifiers\": [{\"leaf\": \"0x7\", \"subleaf\": \"0x0\"}]}", "leaf 0x7: 'flags' is missing" },
        { "no-modifiers", "{\"cpuid_modifiers\": [{\"leaf\": \"0x7\", \"subleaf\": \"0x0\", \"flags\": 1}]}", "leaf 0x7 sub-leaf 0: 'modifiers' is missing" },
        { "leaf-over-32-bits", ROWS(LEAF("0x100000000", "0x0", "0", "")), "'leaf' is 0x100000000, more than 32 bits" },
        { "leaf-is-no-number", ROWS(LEAF("seven", "0x0", "0", "")), "'leaf' is not a number" },
        { "register-of-another-name", ROWS(LEAF("0x7", "0x1", "1", REGISTER("rax", "0b1"))), "leaf 0x7 sub-leaf 1: register 'rax', expected eax, ebx, ecx or edx" },
        { "register-of-two-lines", ROWS(LEAF("0x7", "0x1", "1", REGISTER("a\\nb", "0b1"))), "register 'a b', expected eax" },
        { "no-register", ROWS(LEAF("0x7", "0x1", "1", "{}")), "leaf 0x7 sub-leaf 1: 'register' is missing" },
        { "no-bitmap", ROWS(LEAF("0x7", "0x1", "1", "{\"register\": \"eax\"}")), "'eax': 'bitmap' is missing" },
        { "modifier-is-no-object", ROWS(LEAF("0x7", "0x1", "1", "1")), "leaf 0x7 sub-leaf 1: 'modifiers': row 1: is not an object" },
        { "bit-of-another-kind", ROWS(LEAF("0x7", "0x0", "1", REGISTER("ebx", "0b01_20"))), "leaf 0x7 sub-leaf 0: 'ebx': bitmap '0b01_20': character 6 is none of 0, 1, x and _" },
        { "33-bits", ROWS(LEAF("0x7", "0x0", "1", REGISTER("ebx", ZERO "1"))), "more than 32 bits" },
        { "no-bits", ROWS(LEAF("0x7", "0x0", "1", REGISTER("ebx", "0b_"))), "bitmap '0b_': has no bit" },
        { "register-twice-that-differs", ROWS(LEAF("0x7", "0x0", "1", REGISTER("ebx", "0b1xx0") ", " REGISTER("ebx", "0b01xx"))), "'ebx': bitmap '0b01xx': bit 3 was 1 before" },
        { "leaf-twice-that-differs", ROWS(ROW("0x0", "0x0", "0", SEVEN) ", " ROW("0x0", "0x0", "0", ZERO)), "row 2: leaf 0x0 sub-leaf 0: 'eax': bitmap '" ZERO "': bit 0 was 1 before" },
        { "msr-without-address", "{\"msr_modifiers\": [{\"bitmap\": \"0b1\"}]}", "'msr_modifiers': row 1: 'addr' is missing" },
        { "msr-bitmap", "{" MSR("0b2") "}", "'msr_modifiers': row 1: msr 0x10a: bitmap '0b2': character 3 is none of" },
        { "msr-of-65-bits", "{" MSR(MSR64 "0") "}", "more than 64 bits" },
        { "capability-is-no-number", "{\"cpuid_modifiers\": [], \"kvm_capabilities\": [\"1\", \"!xsave\"]}", "'kvm_capabilities': '!xsave' is no number of a capability, expected \"171\" or \"!171\"" },
        { "capabilities-are-numbers", "{\"cpuid_modifiers\": [], \"kvm_capabilities\": [1]}", "'kvm_capabilities' is not a list of texts" },
        { "cut-off", "{\"cpuid_modifiers\": [", "line 1, column 22: the text ends inside a JSON object or list" },
        /* clang-format on */
};

static void test_refused(const void *data) {
        const RefusedCase *c = data;

        form_assert_refused(c->text, NULL, c->message);
}

static void read_text(const char *text, FormatInput *ret) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_autoptr(GError) error = NULL;

        format_read_guest(text, strlen(text), &options, ret, &error);
        g_assert_no_error(error);
}

static void test_dump(void) {
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(dump, NULL, &warnings);
        g_autofree char *rows = form_rows(guest), *unknown = form_unknown(guest);
        const uint64_t *msr = g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0x10a));

        g_assert_cmpstr(rows, ==, "0x0.0 0x7.1 0x7.0");
        g_assert_cmpstr(unknown, ==, "");
        g_assert_cmpstr(warnings, ==, "");
        g_assert_null(guest->name);
        g_assert_cmphex(guest->capabilities, ==, capability_set_default());
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EAX), ==, 7);
        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_EAX), ==, 7);
        g_assert_cmphex(leaf_table_at(guest->table, 0)->flags, ==, 0);
        g_assert_cmphex(leaf_table_at(guest->table, 1)->flags, ==, LEAF_FLAG_INDEXED);
        g_assert_cmphex(*msr, ==, 11);
}

static void test_fingerprint(void) {
        g_autoptr(Guest) guest = form_guest(fingerprint, NULL, NULL);

        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EAX), ==, 7);
}

/* KVM answers with what it was given, whatever the maximum in leaf 0 says. */
static void test_above_maximum(void) {
        g_autoptr(Guest) guest = form_guest(above_maximum, NULL, NULL);

        g_assert_cmphex(form_register(guest, 0x15, 0, REGISTER_EAX), ==, 7);
}

typedef struct TemplateCase {
        const char *name;
        const char *text;
        size_t n_rows;
        size_t n_msrs;
        TemplateRow row; /* the first */
        TemplateMsr msr;
} TemplateCase;

#define ALL UINT32_MAX

static const TemplateCase template_cases[] = {
        /* clang-format off */
        { "one-bit-open", ROWS(LEAF("0x0", "0x0", "0", REGISTER("eax", "0b0000000000000000_00000000000_x0111") REST)),
          1, 0, { .masks = { ~0x10u, ALL, ALL, ALL }, .values = { 7 } }, {} },
        { "fewer-digits", ROWS(LEAF("0x0", "0x0", "0", REGISTER("eax", "0b01") REST)),
          1, 0, { .masks = { 3, ALL, ALL, ALL }, .values = { 1 } }, {} },
        { "no-prefix", ROWS(LEAF("0x0", "0x0", "0", REGISTER("eax", "1x"))),
          1, 0, { .masks = { 2 }, .values = { 2 } }, {} },
        { "register-missing", ROWS(LEAF("7", "0b1", "1", REGISTER("edx", SEVEN))),
          1, 0, { .leaf = 7, .subleaf = 1, .flags = 1, .masks = { 0, 0, 0, ALL }, .values = { 0, 0, 0, 7 } }, {} },
        { "all-decided-but-no-leaf-0", ROWS(ROW("0x7", "0x0", "1", SEVEN)),
          1, 0, { .leaf = 7, .flags = 1, .masks = { ALL, ALL, ALL, ALL }, .values = { 7 } }, {} },
        { "register-in-two-parts", ROWS(LEAF("0x1", "0x0", "0", REGISTER("ecx", "0b1x0x") ", " REGISTER("ecx", "0b1xx1"))),
          1, 0, { .leaf = 1, .masks = { 0, 0, 0xb, 0 }, .values = { 0, 0, 0x9, 0 } }, {} },
        { "leaf-in-two-parts", ROWS(LEAF("0x1", "0x0", "0", REGISTER("ecx", "0b1")) ", " LEAF("0x1", "0x0", "0", REGISTER("edx", "0b1"))),
          1, 0, { .leaf = 1, .masks = { 0, 0, 1, 1 }, .values = { 0, 0, 1, 1 } }, {} },
        { "msrs-alone", "{" MSR(MSR64) "}", 0, 1, {}, { 0x10a, UINT64_MAX, 11 } },
        { "msr-bit-open", "{\"cpuid_modifiers\": [" ROW("0x0", "0x0", "0", SEVEN) "], " MSR("0b1x") "}",
          1, 1, { .masks = { ALL, ALL, ALL, ALL }, .values = { 7 } }, { 0x10a, 2, 2 } },
        { "nothing", "{\"cpuid_modifiers\": [], \"msr_modifiers\": []}", 0, 0, {}, {} },
        /* clang-format on */
};

static void test_template(const void *data) {
        const TemplateCase *c = data;
        g_auto(FormatInput) input = {};

        read_text(c->text, &input);
        g_assert_null(input.guest);
        g_assert_nonnull(input.template);
        g_assert_false(input.template->others_are_zero);
        g_assert_cmpuint(input.template->rows->len, ==, c->n_rows);
        g_assert_cmpuint(input.template->msrs->len, ==, c->n_msrs);

        if (c->n_rows > 0) {
                const TemplateRow *row = &g_array_index(input.template->rows, TemplateRow, 0);

                g_assert_cmphex(row->leaf, ==, c->row.leaf);
                g_assert_cmphex(row->subleaf, ==, c->row.subleaf);
                g_assert_cmphex(row->flags, ==, c->row.flags);
                g_assert_cmpmem(row->masks, sizeof(row->masks), c->row.masks, sizeof(row->masks));
                g_assert_cmpmem(row->values, sizeof(row->values), c->row.values,
                                sizeof(row->values));
        }
        if (c->n_msrs > 0) {
                const TemplateMsr *msr = &g_array_index(input.template->msrs, TemplateMsr, 0);

                g_assert_cmphex(msr->index, ==, c->msr.index);
                g_assert_cmphex(msr->mask, ==, c->msr.mask);
                g_assert_cmphex(msr->value, ==, c->msr.value);
        }
}

static void test_template_is_no_host(void) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        const char *text = template_cases[0].text;

        g_assert_false(format_read_host(text, strlen(text), &options, &input, &error));
        g_assert_nonnull(strstr(error->message, "is a template"));
}

static void test_cuts(void) {
        form_assert_cuts(dump, strlen(dump), "firecracker", 1);
        form_assert_cuts(fingerprint, strlen(fingerprint), "firecracker", 1);

        for (size_t n = 0; n < strlen(template_cases[0].text); n++) {
                FormatOptions options = { .form = "firecracker", .cpu = -1 };
                g_auto(FormatInput) input = {};

                g_assert_false(
                        format_read_guest(template_cases[0].text, n, &options, &input, NULL));
        }
}

/* More rows than any table has, all of them of one and all of different leaves */
static void test_many(void) {
        g_autoptr(GString) text = g_string_new("{\"cpuid_modifiers\": [");
        g_auto(FormatInput) input = {};

        for (unsigned i = 0; i < 100000; i++)
                g_string_append_printf(text, "%s" LEAF("0x0", "0x0", "0", ""), i > 0 ? "," : "");
        g_string_append(text, "]}");
        read_text(text->str, &input);
        g_assert_cmpuint(input.template->rows->len, ==, 1);

        g_string_assign(text, "{\"cpuid_modifiers\": [");
        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(text, "%s" LEAF("%u", "0x0", "0", ""), i > 0 ? "," : "", i);
        g_string_append(text, "]}");
        form_assert_refused(text->str, NULL, "row 1025: more than 1024 leaves and sub-leaves");

        g_string_assign(text, "{\"msr_modifiers\": [");
        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(text, "%s{\"addr\": \"%u\", \"bitmap\": \"0b1\"}",
                                       i > 0 ? "," : "", i);
        g_string_append(text, "]}");
        form_assert_refused(text->str, NULL, "row 1025: more than 1024 MSRs");
}

/* All decided, and more than KVM takes */
static void test_257_rows(void) {
        g_autoptr(GString) text = g_string_new("{\"cpuid_modifiers\": [");

        for (unsigned i = 0; i < LEAF_TABLE_MAX + 1; i++)
                g_string_append_printf(text, "%s" ROW("%u", "0x0", "0", ZERO), i > 0 ? "," : "", i);
        g_string_append(text, "]}");
        form_assert_refused(text->str, NULL, "more than 256 rows of one CPU, which no KVM takes");
}

static Guest *guest_to_write(void) {
        static const Leaf rows[] = {
                { 0x80000000, 0, 0, { 0x80000008, 1, 2, 3 } },
                { 0x7, 1, LEAF_FLAG_INDEXED, { 0xffffffff, 0, 0x80000001, 0 } },
                { 0x7, 0, LEAF_FLAG_INDEXED, { 1, 0x12345678, 0, 0 } },
                { 0x0, 0, 0, { 7, 0x756e6547, 0x6c65746e, 0x49656e69 } },
        };
        LeafTable *table = leaf_table_new();
        Guest *guest;

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                leaf_table_add(table, &rows[i]);
        guest = guest_new(table);
        guest_set_msr(guest, 0x10a, UINT64_C(0x8000000000000001));
        guest_set_msr(guest, 0x8b, 0);
        return guest;
}

static void assert_same_table(const LeafTable *one, const LeafTable *other) {
        g_autoptr(LeafTable) left = leaf_table_copy(one), right = leaf_table_copy(other);

        leaf_table_sort(left);
        leaf_table_sort(right);
        g_assert_cmpmem(leaf_table_words(left), leaf_table_size(left) * sizeof(Leaf),
                        leaf_table_words(right), leaf_table_size(right) * sizeof(Leaf));
}

static void test_round_trip(void) {
        g_autoptr(Guest) guest = guest_to_write();
        g_autofree char *losses = NULL;
        g_autoptr(Guest) again = form_write_and_read(guest, "firecracker", &losses);
        g_autofree char *rows = form_rows(again);

        g_assert_cmpstr(losses, ==, "");
        g_assert_cmpstr(rows, ==, "0x0.0 0x7.0 0x7.1 0x80000000.0");
        assert_same_table(guest->table, again->table);
        g_assert_cmpuint(g_hash_table_size(again->msrs), ==, 2);
        g_assert_cmphex(*(uint64_t *) g_hash_table_lookup(again->msrs, GUINT_TO_POINTER(0x10a)), ==,
                        UINT64_C(0x8000000000000001));
        g_assert_null(again->unknown);
}

static void test_write_unknown(void) {
        g_autoptr(Guest) guest = guest_to_write();
        Unknown *unknown = unknown_new();
        g_autofree char *text = NULL, *losses = NULL;
        g_auto(FormatInput) input = {};
        const TemplateRow *row;

        unknown_add_bits(unknown, 7, 0, REGISTER_EBX, 0xff);
        unknown_add_subleaves(unknown, 7, 1, 1);
        unknown_add_leaves(unknown, 0x14, 0x14);
        unknown_add_msr(unknown, 0x10a, 0xff);
        guest_take_unknown(guest, unknown);

        text = form_write(guest, "firecracker", &losses);
        g_assert_cmpstr(losses, ==, "that it is unknown what is in: 0x14");

        read_text(text, &input);
        g_assert_nonnull(input.template);
        row = &g_array_index(input.template->rows, TemplateRow, 1);
        g_assert_cmphex(row->leaf, ==, 7);
        g_assert_cmphex(row->masks[REGISTER_EAX], ==, ALL);
        g_assert_cmphex(row->masks[REGISTER_EBX], ==, 0xffffff00);
        g_assert_cmphex(row->values[REGISTER_EBX], ==, 0x12345600);
        row = &g_array_index(input.template->rows, TemplateRow, 2);
        g_assert_cmphex(row->masks[REGISTER_EAX], ==, 0);
        g_assert_cmphex(g_array_index(input.template->msrs, TemplateMsr, 1).index, ==, 0x10a);
        g_assert_cmphex(g_array_index(input.template->msrs, TemplateMsr, 1).mask, ==,
                        ~UINT64_C(0xff));
}

static void test_losses(void) {
        g_autoptr(Guest) guest = guest_to_write();
        const Leaf again = { 7, 1, LEAF_FLAG_INDEXED, { 5, 0, 0, 0 } };
        LeafTable *table = leaf_table_copy(guest->table);
        g_autoptr(Guest) other = NULL, read = NULL;
        g_autofree char *losses = NULL;

        leaf_table_add(table, &again);
        other = guest_new(table);
        other->tsc_khz = 2000000;
        other->capabilities = 0;
        read = form_write_and_read(other, "firecracker", &losses);

        g_assert_cmpstr(losses, ==,
                        "rows behind others of the same place: 0x7.1\n"
                        "that its VMM enables nothing\n"
                        "the rate of its TSC: 2000000 kHz");
        assert_same_table(guest->table, read->table);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
                g_autofree char *path =
                        g_strdup_printf("/firecracker/refused/%s", refused_cases[i].name);

                g_test_add_data_func(path, &refused_cases[i], test_refused);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(template_cases); i++) {
                g_autofree char *path =
                        g_strdup_printf("/firecracker/template/%s", template_cases[i].name);

                g_test_add_data_func(path, &template_cases[i], test_template);
        }

        g_test_add_func("/firecracker/dump", test_dump);
        g_test_add_func("/firecracker/fingerprint", test_fingerprint);
        g_test_add_func("/firecracker/above-maximum", test_above_maximum);
        g_test_add_func("/firecracker/template-is-no-host", test_template_is_no_host);
        g_test_add_func("/firecracker/cuts", test_cuts);
        g_test_add_func("/firecracker/many", test_many);
        g_test_add_func("/firecracker/257-rows", test_257_rows);
        g_test_add_func("/firecracker/write/round-trip", test_round_trip);
        g_test_add_func("/firecracker/write/unknown", test_write_unknown);
        g_test_add_func("/firecracker/write/losses", test_losses);

        return g_test_run();
}
