/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every form in which a table comes, found by its content, and what is refused of it */

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

#define ROW0 "   0x00000000 0x00: eax=0x00000007 ebx=0x756e6547 ecx=0x6c65746e edx=0x49656e69\n"
#define ROW1 "   0x00000001 0x00: eax=0x000506f1 ebx=0x00010800 ecx=0x00000201 edx=0x0183fbff\n"
#define ROW7 "   0x00000007 0x00: eax=0x00000000 ebx=0x00000001 ecx=0x00000000 edx=0x00000000\n"
#define REST "\"ecx\": \"0x0\", \"edx\": \"0x0\"}"
#define ENTRY0 "{\"leaf\": \"0x0\", \"subleaf\": 0, \"eax\": \"0x7\", \"ebx\": 0, " REST

typedef struct GuestCase {
        const char *name;
        const char *text;
        const char *form;
        size_t n_rows;       /* of what is read */
        uint32_t ebx1;       /* leaf 1 EBX, where there is one */
        const char *error;   /* or what the refusal says */
        const char *unknown; /* what is unknown begins like this; NULL: not looked at */
} GuestCase;

static const GuestCase guest_cases[] = {
        /* clang-format off */
        { .name = "cpuid-r/one-cpu", .text = "CPU:\n" ROW0 ROW1 ROW7, .n_rows = 3, .ebx1 = 0x10800 },
        { .name = "cpuid-r/first-of-several",
          .text = "CPU 0:\n" ROW0 ROW1 "CPU 1:\n" ROW0
                  "   0x00000001 0x00: eax=0x000506f1 ebx=0x01010800 ecx=0x0 edx=0x0\n",
          .n_rows = 2, .ebx1 = 0x10800 },
        { .name = "cpuid-r/no-hypervisor-but-the-last-basic-leaf",
          .text = ROW0 ROW1 "   0x40000000 0x00: eax=0x00000000 ebx=0x00000001 ecx=0x00000100 edx=0x00000000\n",
          .n_rows = 2, .ebx1 = 0x10800 },
        { .name = "cpuid-r/old-kvm", .text = ROW0 ROW1 "   0x40000000 0x00: eax=0x00000000 ebx=0x4b4d564b ecx=0x564b4d56 edx=0x0000004d\n",
          .n_rows = 3, .ebx1 = 0x10800 },
        { .name = "cpuid-r/no-heading", .text = ROW0 ROW1, .n_rows = 2, .ebx1 = 0x10800 },
        { .name = "cpuid-r/kvm-entries",
          .text = "KVM CPUID Entries:\nFunction   Index Output\n"
                  "0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\n",
          .n_rows = 1, .ebx1 = 2 },
        { .name = "cpuid-r/folded-before-edx",
          .text = "    0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3\nedx=0x4\n", .n_rows = 1, .ebx1 = 2 },
        { .name = "cpuid-r/no-sub-leaf", .text = "0x00000001: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\n",
          .n_rows = 1, .ebx1 = 2 },
        { .name = "cpuid-r/carriage-returns",
          .text = "CPU:\r\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\r\n", .n_rows = 1, .ebx1 = 2 },
        { .name = "cpuid-r/digits-that-are-not-told",
          .text = ROW0 "   0x00000001 0x00: eax=0x000506f1 ebx=0x00010800 ecx=0x???????? edx=0x0183fb?f\n",
          .n_rows = 2, .ebx1 = 0x10800, .unknown = "0x1.0:ecx 0x1.0:edx[7:4]" },
        { .name = "cpuid-r/too-few-digits-that-are-not-told",
          .text = "0x00000001 0x00: eax=0x1 ebx=0x?? ecx=0x3 edx=0x4\n", .error = "line 1, column 26: expected 'ebx=0x...'" },
        { .name = "cpuid-r/leaf-that-is-not-told",
          .text = ROW0 "0x0000000? 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\n", .error = "line 2, column 10: expected '0xLEAF" },
        { .name = "cpuid-r/wide-sub-leaf",
          .text = ROW0 "   0x00000004 0x100: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\n", .n_rows = 2 },
        { .name = "cpuid-r/the-same-row-twice", .text = ROW0 ROW1 ROW1, .n_rows = 2, .ebx1 = 0x10800 },
        { .name = "cpuid-r/a-row-twice-that-differs",
          .text = ROW0 ROW1 "   0x00000001 0x00: eax=0x0 ebx=0x0 ecx=0x0 edx=0x0\n",
          .error = "line 3: leaf 0x1 sub-leaf 0 again, with other values than in line 2" },
        { .name = "cpuid-r/other-line", .text = ROW0 "hello\n", .error = "line 2, column 1: expected '0xLEAF 0xSUBLEAF: eax=0x... ebx=0x... ecx=0x... edx=0x...', found 'hello'" },
        { .name = "cpuid-r/register-over-32-bits",
          .text = "0x00000001 0x00: eax=0x1 ebx=0x123456789 ecx=0x3 edx=0x4\n",
          .error = "line 1, column 26: expected 'ebx=0x...', found 'ebx=0x123456789'" },
        { .name = "cpuid-r/cut-off", .text = ROW0 "   0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3\n",
          .error = "ends early: expected 'edx=0x...' behind line 2" },
        { .name = "json/guest", .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [" ENTRY0 "]}",
          .n_rows = 1 },
        { .name = "json/integers",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [{\"leaf\": 1, \"subleaf\": 0, \"eax\": 1, \"ebx\": 67584, " REST "]}",
          .n_rows = 1, .ebx1 = 0x10800 },
        { .name = "json/unknown-key",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"colour\": \"red\", \"cpuid\": [" ENTRY0 "]}",
          .n_rows = 1 },
        { .name = "json/newer-schema", .text = "{\"schema\": \"cpuidd.guest/9\", \"cpuid\": []}",
          .error = "9" },
        { .name = "json/other-schema", .text = "{\"schema\": \"libvirt/1\", \"cpuid\": []}",
          .error = "is JSON of no known kind" },
        { .name = "json/no-cpuid", .text = "{\"schema\": \"cpuidd.guest/1\"}",
          .error = "'cpuid' is missing" },
        { .name = "json/unknown-capability",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [], \"capabilities\": [\"mwait\"]}",
          .error = "'capabilities': " },
        { .name = "json/unknown-places",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [" ENTRY0 "], \"unknown\": [\"0x14\", \"0x7.1-\"]}",
          .n_rows = 1 },
        { .name = "json/unknown-is-no-place",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [], \"unknown\": [\"0x14\", \"rtm\"]}",
          .error = "'unknown': 'rtm' is no run of places" },
        { .name = "json/unknown-is-no-list",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [], \"unknown\": \"0x14\"}",
          .error = "'unknown'" },
        { .name = "json/unknown-of-a-host",
          .text = "{\"schema\": \"cpuidd.host/1\", \"supported\": [], \"unknown\": [\"0x23-0x20\"]}",
          .error = "'unknown': '0x23-0x20' is no run of places" },
        { .name = "json/cut-off", .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [",
          .error = "line 1" },
        { .name = "json/register-is-no-number",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [{\"leaf\": \"0x7\", \"eax\": 0, \"ebx\": \"fast\", " REST "]}",
          .error = "leaf 0x7" },
        { .name = "json/two-documents",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": []} {}", .error = "more text after the end" },
        { .name = "json/comment",
          .text = "{\"schema\": \"cpuidd.guest/1\", /* one */ \"cpuid\": []}", .error = "line 1, column" },
        { .name = "json/octal",
          .text = "{\"schema\": \"cpuidd.guest/1\", \"cpuid\": [{\"leaf\": 010}]}",
          .error = "begins with 0" },
        { .name = "recording/cut-off", .text = "cpuidd-recording 1\nsupported 0x0 0 0 0x1 0x0 0x0 0x0\n",
          .error = "end" },
        { .name = "empty", .text = "", .error = "is empty" },
        { .name = "blank", .text = " \n \n", .error = "is empty" },
        { .name = "no-known-form", .text = "hello\n", .error = "has no known form" },
        { .name = "form-by-name", .text = ROW0 ROW1, .form = "cpuid", .n_rows = 2, .ebx1 = 0x10800 },
        { .name = "wrong-form-by-name", .text = ROW0, .form = "guest", .error = "line 1" },
        { .name = "unknown-form", .text = ROW0, .form = "xml", .error = "expected one of: recording, host, guest" },
        /* clang-format on */
};

static void test_guest_form(const void *data) {
        const GuestCase *c = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = form_read(c->text, strlen(c->text), c->form, &error);
        const Leaf *one;

        if (c->error) {
                g_assert_null(guest);
                g_assert_nonnull(error);
                g_test_message("%s", error->message);
                g_assert_nonnull(strstr(error->message, c->error));
                g_assert_null(strchr(error->message, '\n'));
                return;
        }

        g_assert_no_error(error);
        g_assert_cmpuint(leaf_table_size(guest->table), ==, c->n_rows);
        one = leaf_table_find(guest->table, 1, 0);
        if (one)
                g_assert_cmphex(one->registers[REGISTER_EBX], ==, c->ebx1);
        if (c->unknown) {
                g_autofree char *unknown = form_unknown(guest);

                g_test_message("%s", unknown);
                g_assert_true(g_str_has_prefix(unknown, c->unknown));
        }
}

static void test_binary(void) {
        static const char bytes[] = "\x7f"
                                    "ELF\0\1\2\3";
        g_autoptr(GError) error = NULL;

        g_assert_null(form_read(bytes, sizeof(bytes), NULL, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "is not text"));
}

/* Each has a zero byte in a line that would be good up to it. */
static void test_zero_bytes(void) {
        static const struct {
                const char *form;
                const char text[96];
        } cases[] = {
                /* clang-format off */
                { "cpuid", "CPU 0:\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\0 5\n" },
                { "kcpuid", "Basic Leafs :\n0x00000001: EAX=0x1, EBX=0x2, ECX=0x3, EDX=0x4\0 5\n" },
                { "xen", "\nRaw policy: 1 leaves, 0 MSRs\0 x\n" },
                { "xen-features", "\nHost 12345678:12345678:12345678:12345678\0:1\n" },
                { "kvm", "\n00000001 00000000 0 00000001 00000002 00000003 00000004\0 5\n" },
                /* clang-format on */
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;

                g_assert_null(
                        form_read(cases[i].text, sizeof(cases[i].text), cases[i].form, &error));
                g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
                g_test_message("%s", error->message);
                g_assert_nonnull(strstr(error->message, "line 2, column "));
                g_assert_nonnull(strstr(error->message, ": expected text, found '?"));
        }
}

static const char two_cpus[] = "CPU 0:\n" ROW0 ROW1 ROW7 "CPU 1:\n" ROW0 ROW1 ROW7;

static void test_cuts(void) {
        form_assert_cuts(two_cpus, strlen(two_cpus), "cpuid", 1);
}

/* As text comes from Windows */
static void test_encodings(void) {
        static const char *const encodings[] = { "UTF-8", "UTF-16LE", "UTF-16BE" };
        static const char with_mark[] = "\xef\xbb\xbf" ROW0 ROW1;

        for (size_t i = 0; i < G_N_ELEMENTS(encodings); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(Guest) guest = NULL;
                g_autofree char *text = NULL;
                size_t n_text;

                text = g_convert(with_mark, -1, encodings[i], "UTF-8", NULL, &n_text, &error);
                g_assert_no_error(error);
                guest = form_read(text, n_text, NULL, &error);
                g_assert_no_error(error);
                g_assert_cmpuint(leaf_table_size(guest->table), ==, 2);
                form_assert_cuts(text, n_text, NULL, 1);
        }
}

static void test_half_a_letter(void) {
        g_autoptr(GError) error = NULL;

        g_assert_null(form_read("\xff\xfe"
                                "a\0b",
                                5, NULL, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "begins as text in UTF-16 and is none to its end"));
}

static void test_unknown(void) {
        g_autoptr(Guest) guest = form_guest(two_cpus, NULL, NULL);
        g_autofree char *unknown = form_unknown(guest);

        g_assert_cmpstr(unknown, ==, "0x2-0x6 0x80000000-0xbfffffff");
}

typedef struct CpuCase {
        const char *name;
        const char *text;
        int64_t cpu;
        const char *warnings; /* all of them */
        const char *error;
        uint32_t ebx1;
} CpuCase;

#define ROW1_APIC \
        "   0x00000001 0x00: eax=0x000506f1 ebx=0x02010800 ecx=0x00000201 edx=0x0183fbff\n"
#define ROW1_STEP \
        "   0x00000001 0x00: eax=0x000506f2 ebx=0x00010800 ecx=0x00000201 edx=0x0183fbff\n"

static const CpuCase cpu_cases[] = {
        /* clang-format off */
        { .name = "the-first", .text = "CPU 2:\n" ROW0 ROW1 "CPU 3:\n" ROW0 ROW1_APIC, .cpu = -1,
          .warnings = "", .ebx1 = 0x10800 },
        { .name = "by-number", .text = "CPU 2:\n" ROW0 ROW1 "CPU 3:\n" ROW0 ROW1_APIC, .cpu = 3,
          .warnings = "", .ebx1 = 0x2010800 },
        { .name = "no-such-number", .text = "CPU 2:\n" ROW0 ROW1 "CPU 3:\n" ROW0 ROW1, .cpu = 0,
          .error = "has no CPU 0, expected one of: 2-3" },
        { .name = "mixed-steppings", .text = "CPU 0:\n" ROW0 ROW1 "CPU 1:\n" ROW0 ROW1_STEP, .cpu = -1,
          .warnings = "CPU 0 is taken, and CPU 1 answers otherwise: 0x1.0:eax[3:0] stepping",
          .ebx1 = 0x10800 },
        { .name = "cut-off-in-the-second", .text = "CPU 0:\n" ROW0 ROW1 ROW7 "CPU 1:\n" ROW0 ROW1, .cpu = -1,
          .warnings = "", .ebx1 = 0x10800 },
        { .name = "cut-off-in-the-first", .text = "CPU 0:\n" ROW0 ROW1 "CPU 1:\n" ROW0 ROW1 ROW7, .cpu = -1,
          .warnings = "", .ebx1 = 0x10800 },
        { .name = "cut-off-and-mixed", .text = "CPU 0:\n" ROW0 ROW1 "CPU 1:\n" ROW0 ROW1_STEP ROW7, .cpu = -1,
          .warnings = "CPU 0 is taken, and CPU 1 answers otherwise: 0x1.0:eax[3:0] stepping",
          .ebx1 = 0x10800 },
        { .name = "one-without-leaves", .text = "CPU 0:\nCPU 1:\n" ROW0 ROW1 "CPU 2:\n", .cpu = -1,
          .warnings = "there is no leaf of CPUs 0,2", .ebx1 = 0x10800 },
        { .name = "no-leaf-at-all", .text = "CPU 0:\nCPU 1:\n", .cpu = -1, .error = "has no leaf of any CPU" },
        { .name = "two-without-numbers", .text = "CPU:\n" ROW0 ROW1 "CPU:\n" ROW0 ROW1_APIC, .cpu = 1,
          .warnings = "", .ebx1 = 0x2010800 },
        /* clang-format on */
};

static void test_cpu(const void *data) {
        const CpuCase *c = data;
        FormatOptions options = { .form = "cpuid", .cpu = c->cpu };
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        g_autofree char *warnings = NULL;

        if (!format_read_guest(c->text, strlen(c->text), &options, &input, &error)) {
                g_assert_cmpstr(error->message, ==, c->error);
                return;
        }

        g_assert_null(c->error);
        g_assert_cmphex(form_register(input.guest, 1, 0, REGISTER_EBX), ==, c->ebx1);
        g_ptr_array_add(input.warnings, NULL);
        warnings = g_strjoinv("\n", (char **) input.warnings->pdata);
        g_assert_cmpstr(warnings, ==, c->warnings);
}

/* A host's CPUs that answer otherwise are its kinds. */
static void test_kinds(void) {
        static const char text[] =
                "CPU 0:\n" ROW0 ROW1 ROW7 "CPU 1:\n" ROW0 ROW1_APIC ROW7 "CPU 2:\n" ROW0 ROW1
                "0x00000007 0x00: eax=0x0 ebx=0x3 ecx=0x0 edx=0x0\n";
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        const Kinds *kinds;

        format_read_host(text, strlen(text), &options, &input, &error);
        g_assert_no_error(error);
        kinds = host_kinds(input.host);
        g_assert_cmpuint(kinds_size(kinds), ==, 2);
        g_assert_cmpstr(kinds_at(kinds, 0)->cpus, ==, "0-1");
        g_assert_cmpstr(kinds_at(kinds, 1)->cpus, ==, "2");
}

/* What got lost of one CPU makes no kind, and is unknown of the host: it may have been one. */
static void test_kinds_cut_off(void) {
        static const char *const texts[] = {
                "CPU 0:\n" ROW0 ROW1 ROW7 "CPU 1:\n" ROW0 ROW1,
                "CPU 0:\n" ROW0 ROW1 "CPU 1:\n" ROW0 ROW1 ROW7,
        };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                FormatOptions options = FORMAT_OPTIONS_DEFAULT, of_one = { .cpu = 0 };
                g_auto(FormatInput) input = {}, alone = {};
                g_autoptr(GError) error = NULL;

                format_read_host(texts[i], strlen(texts[i]), &options, &input, &error);
                g_assert_no_error(error);
                g_assert_cmpuint(kinds_size(host_kinds(input.host)), ==, 0);
                g_assert_cmphex(unknown_mask(host_unknown(input.host), 7, 0, REGISTER_EBX), ==,
                                UINT32_MAX);

                format_read_host(texts[i], strlen(texts[i]), &of_one, &alone, &error);
                g_assert_no_error(error);
                g_assert_cmphex(unknown_mask(host_unknown(alone.host), 7, 0, REGISTER_EBX), ==,
                                i == 0 ? 0 : UINT32_MAX);
        }
}

/* A range without leaves has a base that says so, often with what is in another leaf. */
static void test_no_range(void) {
        static const char text[] =
                ROW0 ROW1 ROW7 "0x80000000 0x00: eax=0x7 ebx=0x1 ecx=0x2 edx=0x3\n";
        g_autoptr(Guest) guest = form_guest(text, NULL, NULL);
        g_autofree char *rows = form_rows(guest), *unknown = form_unknown(guest);

        g_assert_cmpstr(rows, ==, "0x0.0 0x1.0 0x7.0");
        g_assert_null(strstr(unknown, "0x80000000"));
}

/* A maximum that is not told, and is 0 for that, hides nothing. */
static void test_unknown_maximum(void) {
        static const Leaf base = { 0, 0, 0, { 0, 0x756e6547, 0x6c65746e, 0x49656e69 } },
                          features = { 7, 0, 0, { 0, 1, 0, 0 } };
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);

        for (unsigned i = 0; i < 2; i++) {
                g_autoptr(Dump) dump = dump_new();
                g_autoptr(Guest) guest = NULL;
                g_autofree char *rows = NULL;

                g_assert_true(dump_begin_cpu(dump, 0, 0, NULL));
                g_assert_true(dump_add_row(dump, &base, DUMP_INDEX_NO, 0, NULL));
                g_assert_true(dump_add_row(dump, &features, DUMP_INDEX_YES, 0, NULL));
                unknown_add_bits(i == 0 ? dump->unknown : dump_cpu_unknown(dump), 0, 0,
                                 REGISTER_EAX, UINT32_MAX);
                guest = dump_to_guest(dump, -1, warnings, NULL);
                rows = form_rows(guest);
                g_assert_cmpstr(rows, ==, "0x0.0 0x7.0");
        }
}

static void test_too_many_rows(void) {
        g_autoptr(GString) text = g_string_new("CPU:\n");
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i <= LEAF_TABLE_MAX; i++)
                g_string_append_printf(text, "0x00000004 0x%02x: eax=0x1 ebx=0x1 ecx=0x1 edx=0x1\n",
                                       i);

        g_assert_null(form_read(text->str, text->len, NULL, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "line 258: more than 256 rows"));
}

/* A guest's table alone is a host of which nothing else is known. */
static void test_bare_host(void) {
        g_autoptr(GError) error = NULL;
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        const Host *host;
        int64_t value;

        format_read_host(ROW0 ROW1, strlen(ROW0 ROW1), &options, &input, &error);
        g_assert_no_error(error);
        host = input.host;
        g_assert_cmpstr(host_info(host)->vendor, ==, "GenuineIntel");
        g_assert_null(host_table(host, HOST_HARDWARE));
        g_assert_false(host_get_extension(host, "KVM_CAP_X86_DISABLE_EXITS", &value));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(guest_cases); i++) {
                g_autofree char *path = g_strdup_printf("/formats/%s", guest_cases[i].name);

                g_test_add_data_func(path, &guest_cases[i], test_guest_form);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(cpu_cases); i++) {
                g_autofree char *path = g_strdup_printf("/formats/cpu/%s", cpu_cases[i].name);

                g_test_add_data_func(path, &cpu_cases[i], test_cpu);
        }

        g_test_add_func("/formats/cuts", test_cuts);
        g_test_add_func("/formats/encodings", test_encodings);
        g_test_add_func("/formats/half-a-letter", test_half_a_letter);
        g_test_add_func("/formats/zero-bytes", test_zero_bytes);
        g_test_add_func("/formats/unknown", test_unknown);
        g_test_add_func("/formats/kinds", test_kinds);
        g_test_add_func("/formats/kinds-cut-off", test_kinds_cut_off);
        g_test_add_func("/formats/no-range", test_no_range);
        g_test_add_func("/formats/unknown-maximum", test_unknown_maximum);
        g_test_add_func("/formats/binary", test_binary);
        g_test_add_func("/formats/too-many-rows", test_too_many_rows);
        g_test_add_func("/formats/bare-host", test_bare_host);

        return g_test_run();
}
