/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cloud Hypervisor's lists of KVM's entries, wherever they are nested, and its CPU profiles */

#include <string.h>

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

/* clang-format off */
#define ENTRY(function, index, flags, eax) \
        "{\"function\": " function ", \"index\": " index ", \"flags\": " flags ", \"eax\": " eax \
        ", \"ebx\": 1, \"ecx\": 0, \"edx\": 4294967295, \"padding\": [0, 0, 0]}"
#define ENTRIES \
        "[" ENTRY("0", "0", "0", "7") ", " ENTRY("7", "0", "1", "1") ", " ENTRY("7", "1", "1", "2") \
        ", " ENTRY("2147483648", "0", "0", "2147483656") "]"

#define WHERE(leaf, start, end, reg) \
        "{\"leaf\": \"" leaf "\", \"sub_leaf\": {\"start\": " start ", \"end\": " end "}, \"register\": \"" reg "\"}"
#define CHANGE(replacements, mask) \
        "{\"replacements\": \"" replacements "\", \"mask\": \"" mask "\"}"
#define PROFILE \
        "[[" WHERE("0x0", "0", "0", "EAX") ", " CHANGE("0x7", "0x0") "], [" \
        WHERE("0x7", "\"0x1\"", "4294967295", "EBX") ", " CHANGE("0x3", "0xf1") "]]"
/* clang-format on */

static void test_entries(void) {
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(ENTRIES, NULL, &warnings);
        g_autofree char *rows = form_rows(guest);

        g_assert_cmpstr(rows, ==, "0x0.0 0x7.0 0x7.1 0x80000000.0");
        g_assert_cmpstr(warnings, ==, "");
        g_assert_null(guest->unknown);
        g_assert_cmphex(form_register(guest, 7, 1, REGISTER_EAX), ==, 2);
        g_assert_cmphex(form_register(guest, 7, 1, REGISTER_EDX), ==, 0xffffffff);
        g_assert_cmphex(form_register(guest, 0x80000000, 0, REGISTER_EAX), ==, 0x80000008);
        g_assert_cmphex(leaf_table_at(guest->table, 0)->flags, ==, 0);
        g_assert_cmphex(leaf_table_at(guest->table, 1)->flags, ==, LEAF_FLAG_INDEXED);
}

typedef struct GuestCase {
        const char *name;
        const char *text;
        const char *rows;
} GuestCase;

static const GuestCase guest_cases[] = {
        /* clang-format off */
        { "nested", "{\"vm\": {\"config\": 1, \"state\": [{\"cpuid\": " ENTRIES "}]}}",
          "0x0.0 0x7.0 0x7.1 0x80000000.0" },
        { "configuration-of-a-migration",
          "{\"vm_config\": {\"cpus\": {\"boot_vcpus\": 1, \"profile\": \"host\"}}, \"common_cpuid\": " ENTRIES ", \"memory_manager_data\": {}}",
          "0x0.0 0x7.0 0x7.1 0x80000000.0" },
        { "index-that-does-not-count", "[" ENTRY("0", "3", "0", "7") "]", "0x0.0" },
        { "no-flags", "[{\"function\": 7, \"index\": 1, \"eax\": 0, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}]", "0x7.1" },
        { "no-index", "[{\"function\": 7, \"flags\": 0, \"eax\": 0, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}]", "0x7.0" },
        { "two-vcpus", "{\"0\": " ENTRIES ", \"1\": " ENTRIES "}", "0x0.0 0x7.0 0x7.1 0x80000000.0" },
        { "numbers-as-text", "[" ENTRY("\"0x0\"", "\"0x0\"", "\"0x0\"", "\"0x7\"") "]", "0x0.0" },
        /* clang-format on */
};

static void test_guest(const void *data) {
        const GuestCase *c = data;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, NULL);
        g_autofree char *rows = form_rows(guest);

        g_assert_cmpstr(rows, ==, c->rows);
}

/* Only the vCPU's number differs, but for the second one's leaf 7. */
static void test_several(void) {
        static const char text[] = "{\"0\": [" ENTRY("0", "0", "0", "7") ", " ENTRY(
                "7", "0", "1", "1") "], \"1\": [" ENTRY("0", "0", "0",
                                                        "7") ", " ENTRY("7", "0", "1", "3") "]}";
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);

        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_EAX), ==, 1);
        g_assert_true(g_str_has_prefix(warnings, "CPU 0 is taken, and CPU 1 answers otherwise: "));
}

/* clang-format off */
#define STATE(text) "\"snapshot_data\": {\"state\": \"" text "\"}"
#define ESCAPED(function, eax) \
        "{\\\"function\\\":" function ",\\\"index\\\":0,\\\"flags\\\":0,\\\"eax\\\":" eax \
        ",\\\"ebx\\\":0,\\\"ecx\\\":0,\\\"edx\\\":0}"
#define MSR(index, data) "{\\\"index\\\":" index ",\\\"data\\\":" data "}"
#define VCPU(eax, msrs) \
        "{\"snapshots\": {}, " STATE("{\\\"Kvm\\\":{\\\"cpuid\\\":[" ESCAPED("0", eax) "],\\\"msrs\\\":[" msrs \
        "],\\\"lapic_state\\\":{\\\"regs\\\":[0,-1]},\\\"tsc_khz\\\":2500000}}") "}"
#define SNAPSHOT(vcpus, common) \
        "{\"snapshots\": {\"vm\": {\"snapshots\": {\"cpu-manager\": {\"snapshots\": {" vcpus "}, \"snapshot_data\": null}, " \
        "\"device-manager\": {\"snapshots\": {}, " STATE("Running") "}}, " \
        STATE("{\\\"clock\\\":{\\\"Kvm\\\":{\\\"clock\\\":18446744073709551615}},\\\"common_cpuid\\\":[" common "]}") "}}, " \
        "\"snapshot_data\": null}\n"
/* clang-format on */

/* The state.json of a snapshot: each vCPU has its own entries, and some of its MSRs count. */
static void test_snapshot(void) {
        static const char text[] =
                SNAPSHOT("\"0\": " VCPU("7",
                                        MSR("266", "9223372036854775809") "," MSR(
                                                "16", "1")) ", "
                                                            "\"1\": " VCPU("7", MSR("266", "1")),
                         ESCAPED("0", "5"));
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);
        const uint64_t *msr;

        g_assert_cmpstr(warnings, ==, "");
        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EAX), ==, 7);
        g_assert_cmpuint(guest->tsc_khz, ==, 2500000);
        g_assert_cmpuint(g_hash_table_size(guest->msrs), ==, 1);
        msr = g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0x10a));
        g_assert_cmphex(*msr, ==, UINT64_C(0x8000000000000001));
        form_assert_cuts(text, strlen(text), "cloud-hypervisor", 1);
}

static void test_snapshot_before_its_vcpus(void) {
        static const char text[] = SNAPSHOT("", ESCAPED("0", "5"));
        g_autoptr(Guest) guest = form_guest(text, NULL, NULL);

        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EAX), ==, 5);
}

typedef struct RefusedCase {
        const char *name;
        const char *text;
        const char *message;
} RefusedCase;

static const RefusedCase refused_cases[] = {
        /* clang-format off */
        { "no-function", "[" ENTRY("0", "0", "0", "7") ", {\"eax\": 1}]", "row 2: 'function' is missing" },
        { "no-register", "[{\"function\": 7, \"eax\": 0, \"ebx\": 0, \"edx\": 0}]", "row 1: leaf 0x7: 'ecx' is missing" },
        { "no-index-that-counts", "[{\"function\": 7, \"flags\": 1, \"eax\": 0, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}]", "row 1: leaf 0x7: 'index' is missing" },
        { "register-over-32-bits", "[" ENTRY("1", "0", "0", "4294967296") "]", "row 1: leaf 0x1: 'eax' is 0x100000000, more than 32 bits" },
        { "negative", "[" ENTRY("1", "0", "0", "-1") "]", "'eax' is negative" },
        { "no-whole-number", "[" ENTRY("1", "0", "0", "1.5") "]", "'eax' is not a number" },
        { "row-is-no-object", "[" ENTRY("1", "0", "0", "1") ", 1]", "row 2: is not an object" },
        { "row-twice-that-differs", "[" ENTRY("1", "0", "0", "1") "," ENTRY("1", "1", "0", "2") "]", "row 2: leaf 0x1 sub-leaf 0 is there twice, with other values" },
        { "empty-list", "{\"function\": 1, \"eax\": [], \"cpuid\": []}", "has no list of CPUID entries with 'function' and 'eax'" },
        { "configuration-alone", "{\"cpus\": {\"boot_vcpus\": 1, \"max_vcpus\": 1}, \"memory\": {\"size\": 1}}", "is a virtual machine's configuration, which has no CPUID, expected the state.json of a snapshot" },
        { "snapshot-of-another-architecture", SNAPSHOT("", ""), "has no list of CPUID entries with 'function' and 'eax'" },
        { "state-is-cut-off", "{" STATE("{\\\"cpuid\\\":[") "}", "the text 'state': line 1, column 11: the text ends inside a JSON object or list" },
        { "msrs-are-no-list", "{\"cpuid\": " ENTRIES ", \"msrs\": 1}", "'msrs' is not a list" },
        { "msr-is-no-object", "{\"cpuid\": " ENTRIES ", \"msrs\": [1]}", "'msrs': row 1: is not an object" },
        { "msr-without-index", "{\"cpuid\": " ENTRIES ", \"msrs\": [{\"data\": 1}]}", "'msrs': a MSR: 'index' is missing" },
        { "two-documents", ENTRIES ENTRIES, "has 2 JSON documents, expected one" },
        { "cut-off", "[{\"function\": 7, \"eax\": 0", "the text ends inside a JSON object or list" },
        { "profile-no-mask", "[[" WHERE("0x0", "0", "0", "EAX") ", {\"mask\": 1}], [1, {\"replacements\": 1}]]", "has no list of CPUID entries" },
        { "profile-second-has-no-mask", "[[" WHERE("0x0", "0", "0", "EAX") ", " CHANGE("0x0", "0x0") "], [" WHERE("0x7", "0", "0", "EAX") ", {\"replacements\": 1}]]", "row 2: leaf 0x7: expected 'replacements' and 'mask'" },
        { "profile-is-no-pair", "[[" WHERE("0x0", "0", "0", "EAX") ", " CHANGE("0x0", "0x0") "], [1]]", "row 2: expected a pair of a register and its change" },
        { "profile-no-leaf", "[[{}, " CHANGE("0x0", "0x0") "]]", "row 1: 'leaf' is missing" },
        { "profile-no-sub-leaf", "[[{\"leaf\": \"0x1\"}, " CHANGE("0x0", "0x0") "]]", "row 1: leaf 0x1: 'sub_leaf' is missing" },
        { "profile-no-end", "[[{\"leaf\": \"0x1\", \"sub_leaf\": {\"start\": 0}}, " CHANGE("0x0", "0x0") "]]", "'sub_leaf': 'end' is missing" },
        { "profile-end-before-start", "[[" WHERE("0x4", "2", "1", "EAX") ", " CHANGE("0x0", "0x0") "]]", "'sub_leaf' ends with 1, before it begins with 2" },
        { "profile-register", "[[" WHERE("0x4", "0", "0", "RAX") ", " CHANGE("0x0", "0x0") "]]", "leaf 0x4: register 'RAX', expected EAX, EBX, ECX or EDX" },
        { "profile-mask-over-32-bits", "[[" WHERE("0x4", "0", "0", "EAX") ", " CHANGE("0x0", "0x100000000") "]]", "'mask' is 0x100000000, more than 32 bits" },
        { "profile-msr", "[[\"x\", " CHANGE("0x0", "0x1") "]]", "row 1: 'x' is not a number" },
        { "profile-msr-no-mask", "[[\"0x10a\", {\"replacements\": 1}]]", "row 1: msr 0x10a: expected 'replacements' and 'mask'" },
        /* clang-format on */
};

static void test_refused(const void *data) {
        const RefusedCase *c = data;

        form_assert_refused(c->text, "cloud-hypervisor", c->message);
}

/* Found by content, too: to say in a sentence why it does not do */
static void test_refused_and_found(void) {
        form_assert_refused("{\"cpus\": {\"boot_vcpus\": 1}}", NULL, "which has no CPUID");
}

static void read_template(const char *text, FormatInput *ret) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_autoptr(GError) error = NULL;

        format_read_guest(text, strlen(text), &options, ret, &error);
        g_assert_no_error(error);
        g_assert_nonnull(ret->template);
}

static void test_profile(void) {
        static const uint32_t all[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
        g_auto(FormatInput) input = {};
        const TemplateRow *row;

        read_template("{\"hypervisor\": \"Kvm\", \"adjustments\": " PROFILE "}", &input);
        g_assert_true(input.template->others_are_zero);
        g_assert_cmpuint(input.template->rows->len, ==, 2);

        row = &g_array_index(input.template->rows, TemplateRow, 0);
        g_assert_cmpmem(row->masks, sizeof(row->masks), all, sizeof(all));
        g_assert_cmphex(row->values[REGISTER_EAX], ==, 7);
        g_assert_cmphex(row->flags, ==, 0);

        row = &g_array_index(input.template->rows, TemplateRow, 1);
        g_assert_cmphex(row->leaf, ==, 7);
        g_assert_cmpuint(row->subleaf, ==, 1);
        g_assert_cmpuint(row->subleaf_last, ==, UINT32_MAX);
        g_assert_cmphex(row->flags, ==, LEAF_FLAG_INDEXED);
        g_assert_cmphex(row->masks[REGISTER_EAX], ==, UINT32_MAX);
        g_assert_cmphex(row->masks[REGISTER_EBX], ==, 0xffffff0f);
        g_assert_cmphex(row->values[REGISTER_EBX], ==, 3);
}

static void test_profile_msrs(void) {
        g_auto(FormatInput) input = {};
        const TemplateMsr *msr;

        read_template("{\"adjustments\": [[\"0x10a\", " CHANGE("0x8000000000000001",
                                                               "0xf") "]], \"permitted_msrs\": []}",
                      &input);
        g_assert_false(input.template->others_are_zero);
        g_assert_cmpuint(input.template->rows->len, ==, 0);
        msr = &g_array_index(input.template->msrs, TemplateMsr, 0);
        g_assert_cmphex(msr->index, ==, 0x10a);
        g_assert_cmphex(msr->mask, ==, UINT64_C(0xfffffffffffffff1));
        g_assert_cmphex(msr->value, ==, UINT64_C(0x8000000000000001));
}

static void test_cuts(void) {
        static const char nested[] = "{\"state\": " ENTRIES "}\n";

        form_assert_cuts(ENTRIES, strlen(ENTRIES), "cloud-hypervisor", 1);
        form_assert_cuts(nested, strlen(nested), "cloud-hypervisor", 1);
        for (size_t n = 0; n < strlen(PROFILE); n++) {
                FormatOptions options = { .form = "cloud-hypervisor", .cpu = -1 };
                g_auto(FormatInput) input = {};

                g_assert_false(format_read_guest(PROFILE, n, &options, &input, NULL));
        }
}

static void test_many(void) {
        g_autoptr(GString) text = g_string_new("[");

        for (unsigned i = 0; i <= DUMP_CPUS_MAX; i++)
                g_string_append_printf(text, "%s[" ENTRY("0", "0", "0", "7") "]", i > 0 ? "," : "");
        g_string_append(text, "]");
        form_assert_refused(text->str, NULL, "more than 4096 CPUs");

        g_string_assign(text, "[");
        for (unsigned i = 0; i < 5000; i++)
                g_string_append_printf(text,
                                       "%s[" WHERE("%u", "0", "0", "EAX") "," CHANGE("1", "1") "]",
                                       i > 0 ? "," : "", i);
        g_string_append(text, "]");
        form_assert_refused(text->str, NULL, "row 1025: more than 1024 leaves and sub-leaves");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(guest_cases); i++) {
                g_autofree char *path =
                        g_strdup_printf("/cloud-hypervisor/guest/%s", guest_cases[i].name);

                g_test_add_data_func(path, &guest_cases[i], test_guest);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
                g_autofree char *path =
                        g_strdup_printf("/cloud-hypervisor/refused/%s", refused_cases[i].name);

                g_test_add_data_func(path, &refused_cases[i], test_refused);
        }

        g_test_add_func("/cloud-hypervisor/entries", test_entries);
        g_test_add_func("/cloud-hypervisor/several-vcpus", test_several);
        g_test_add_func("/cloud-hypervisor/snapshot", test_snapshot);
        g_test_add_func("/cloud-hypervisor/snapshot-before-its-vcpus",
                        test_snapshot_before_its_vcpus);
        g_test_add_func("/cloud-hypervisor/configuration-is-found", test_refused_and_found);
        g_test_add_func("/cloud-hypervisor/profile", test_profile);
        g_test_add_func("/cloud-hypervisor/profile-of-msrs", test_profile_msrs);
        g_test_add_func("/cloud-hypervisor/cuts", test_cuts);
        g_test_add_func("/cloud-hypervisor/many", test_many);

        return g_test_run();
}
