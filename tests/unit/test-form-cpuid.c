/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the program cpuid writes, and what becomes of it in mail: which rows there are, and what is
 * unknown for not being there */

#include <string.h>

#include "tests/unit/form-support.h"

#define ROW(_leaf, _subleaf, _eax, _ebx, _ecx, _edx)                                              \
        "   0x" _leaf " 0x" _subleaf ": eax=0x" _eax " ebx=0x" _ebx " ecx=0x" _ecx " edx=0x" _edx \
        "\n"
#define ZERO "00000000"
#define NONE(_leaf, _subleaf) ROW(_leaf, _subleaf, ZERO, ZERO, ZERO, ZERO)
#define LEAF0(_max) ROW(ZERO, "00", _max, "68747541", "444d4163", "69746e65")
#define LEAF1 ROW("00000001", "00", "000506f1", "00010800", "00000201", "0183fbff")
#define LEAF1_GUEST ROW("00000001", "00", "000506f1", "00010800", "80000201", "0183fbff")
#define EXTENDED ROW("80000000", "00", "80000000", ZERO, ZERO, ZERO)
#define NO_OTHER_RANGES NONE("80860000", "00") NONE("c0000000", "00")

/* The ends of lists are written, but not of 0x8000001d's. */
static const char guest[] = "CPU:\n" LEAF0("0000000b") LEAF1_GUEST NONE("00000002", "00") NONE(
        "00000003", "00") ROW("00000004", "00", "00000121", ZERO, ZERO,
                              ZERO) NONE("00000004", "01") NONE("00000005", "00")
        NONE("00000006", "00") ROW("00000007", "00", "00000001", "00000001", ZERO, ZERO) NONE(
                "00000007", "01") NONE("00000008", "00") NONE("00000009", "00") NONE("0000000a",
                                                                                     "00")
                ROW("0000000b", "00", "00000001", "00000002", "00000100", ZERO) ROW(
                        "0000000b",
                        "01",
                        ZERO,
                        ZERO,
                        "00000001",
                        ZERO) NONE("20000000",
                                   "00") ROW("40000000", "00", "40000001", "4b4d564b", "564b4d56",
                                             "0000004d")
                        ROW("40000001", "00", "01007efb", ZERO, ZERO,
                            ZERO) NONE("40000100",
                                       "00") ROW("80000000", "00", "8000001e", ZERO, ZERO,
                                                 ZERO) ROW("80000001", "00", ZERO, ZERO, ZERO,
                                                           "2c100800") NONE("80000002", "00")
                                NONE("80000003", "00") NONE("80000004", "00") NONE(
                                        "80000005",
                                        "00") NONE("80000006",
                                                   "00") NONE("80000007",
                                                              "00") NONE("80000008",
                                                                         "00") NONE("80000009", "00")
                                        NONE("8000000a", "00") NONE("8000000b", "00") NONE(
                                                "8000000c",
                                                "00") NONE("8000000d",
                                                           "00") NONE("8000000e",
                                                                      "00") NONE("8000000f", "00")
                                                NONE("80000010", "00") NONE("80000011", "00") NONE(
                                                        "80000012",
                                                        "00") NONE("80000013",
                                                                   "00") NONE("80000014",
                                                                              "00") NONE("80000015",
                                                                                         "00")
                                                        NONE("80000016", "00") NONE(
                                                                "80000017",
                                                                "00") NONE("80000018",
                                                                           "00") NONE("80000019",
                                                                                      "00")
                                                                NONE("8000001a", "00") NONE(
                                                                        "8000001b",
                                                                        "00") NONE("8000001c", "00")
                                                                        ROW("8000001d", "00",
                                                                            "00000121",
                                                                            "01c0003f",
                                                                            "0000003f",
                                                                            ZERO) ROW("8000001d",
                                                                                      "01",
                                                                                      "00000143",
                                                                                      "01c0003f",
                                                                                      "000003ff",
                                                                                      ZERO)
                                                                                NONE("8000001e",
                                                                                     "00")
                                                                                        NO_OTHER_RANGES;

#define KVM "KVM CPUID Entries:\nFunction   Index Output\n"

static const char given_to_kvm[] =
        KVM ROW("40000000", "00", "40000001", "4b4d564b", "564b4d56",
                "0000004d") ROW("40000001", "00", "01007efb", ZERO, ZERO, ZERO) LEAF0("0000000d")
                LEAF1_GUEST ROW("00000004", "00", "00000121", ZERO, ZERO, ZERO)
                        ROW("00000007", "00", "00000002", "00000001", ZERO, ZERO)
                                ROW("0000000d", "00", "00000207", "00000988", "00000988", ZERO)
                                        ROW("0000000d", "02", "00000100", "00000240", ZERO, ZERO)
                                                EXTENDED;

typedef struct CpuidCase {
        const char *name;
        const char *text;
        const char *rows;
        const char *unknown;
} CpuidCase;

#define NO_LEAF_0 " 0x80000000-0xbfffffff 0xc0000000-0xffffffff"
#define REST_OF_ALL "0x40000000-0x4fffffff" NO_LEAF_0

static const CpuidCase cases[] = {
        /* clang-format off */
        { .name = "one-leaf", .text = "CPU:\n" LEAF1, .rows = "0x1.0",
          .unknown = "0x0 0x2-0x3fffffff" NO_LEAF_0 },
        { .name = "one-leaf-of-a-guest", .text = "CPU:\n" LEAF1_GUEST, .rows = "0x1.0",
          .unknown = "0x0 0x2-0x3fffffff " REST_OF_ALL },
        { .name = "one-sub-leaf",
          .text = "CPU:\n" ROW("0000000b", "01", "00000005", "00000002", "00000201", ZERO),
          .rows = "0xb.1", .unknown = "0x0-0xa 0xc-0x3fffffff 0xb.0 0xb.2- " REST_OF_ALL },
        { .name = "wide-sub-leaf",
          .text = LEAF0("00000004") LEAF1 NONE("00000002", "00") NONE("00000003", "00")
                  ROW("00000004", "00", "00000121", ZERO, ZERO, ZERO)
                  ROW("00000004", "100", "00000121", ZERO, ZERO, ZERO) EXTENDED,
          .rows = "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x4.256 0x80000000.0", .unknown = "" },
        { .name = "four-blanks-no-heading-and-folded",
          .text = "    0x00000000 0x00: eax=0x00000001 ebx=0x00000000 ecx=0x00000000\nedx=0x00000000\n"
                  "    0x00000001 0x00: eax=0x00000001 ebx=0x00000000 ecx=0x00000000\n  edx=0x00000002\n" EXTENDED,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "" },
        { .name = "above-the-maximum",
          .text = LEAF0("00000001") LEAF1 ROW("00000002", "00", "1", "2", "3", "4") EXTENDED
                  ROW("80000001", "00", "1", "2", "3", "4") NO_OTHER_RANGES,
          .rows = "0x0.0 0x1.0 0x80000000.0 0xc0000000.0", .unknown = "" },
        { .name = "a-cpu-that-is-gone-on-with",
          .text = "CPU 0:\n" LEAF0("00000001") "CPU 1:\n" LEAF0("00000001") LEAF1_GUEST "CPU 0:\n" LEAF1 EXTENDED,
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "" },
        { .name = "given-to-kvm", .text = given_to_kvm,
          .rows = "0x40000000.0 0x40000001.0 0x0.0 0x1.0 0x4.0 0x7.0 0xd.0 0xd.2 0x80000000.0",
          .unknown = "" },
        { .name = "given-to-kvm-and-cut-off",
          .text = KVM LEAF0("0000000d") LEAF1 ROW("0000000d", "00", "00000207", ZERO, ZERO, ZERO),
          .rows = "0x0.0 0x1.0 0xd.0", .unknown = "0xd.1- 0x80000000-0xbfffffff" },
        /* clang-format on */
};

static void test_case(const void *data) {
        const CpuidCase *c = data;
        g_autoptr(Guest) read = form_guest(c->text, NULL, NULL);
        g_autofree char *rows = form_rows(read);
        g_autofree char *unknown = form_unknown(read);

        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
}

/* As the program writes it nothing is missing. */
static void test_whole(void) {
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) read = form_guest(guest, NULL, &warnings);
        g_autofree char *unknown = form_unknown(read);

        g_assert_cmpstr(unknown, ==, "");
        g_assert_cmpstr(warnings, ==, "");
        g_assert_cmphex(form_register(read, 0x40000001, 0, REGISTER_EAX), ==, 0x01007efb);
}

static void test_refusals(void) {
        form_assert_refused("CPU:\n" LEAF1 "cpuid: unexpected input\n", "cpuid",
                            "line 3, column 1: expected '0xLEAF 0xSUBLEAF:");
        form_assert_refused("CPU 99999999999:\n" LEAF1, "cpuid",
                            "line 1, column 5: expected the number of a CPU, found '99999999999:'");
        form_assert_refused("CPU:\n0x00000001 0x00: eax=0x1 ecx=0x3 ebx=0x2 edx=0x4\n", "cpuid",
                            "line 2, column 26: expected 'ebx=0x...', found 'ecx=0x3'");
        form_assert_refused("CPU:\n0x00000001 0x00: eax=0x1 ebx=0x2\necx=0x3 edx=0x4\n", "cpuid",
                            "line 2, column 33: expected 'ecx=0x...', found the end of the line");
        form_assert_refused("CPU:\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3\n" LEAF1, "cpuid",
                            "line 3, column 4: expected 'edx=0x...', found '0x00000001'");
        form_assert_refused(
                "CPU:\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4", "cpuid",
                "line 2, column 42: expected 'edx=0x...' with 8 digits where the file ends");
        form_assert_refused("CPU:\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4 flags=1\n",
                            "cpuid", "line 2, column 50: expected the end of the line");
        form_assert_refused("CPU:\n0x00000001 0x00: eax=0x1 ebx=0x2 ecx=0x3\n\n", "cpuid",
                            "ends early: expected 'edx=0x...' behind line 3");
        form_assert_refused("$ # 0x00 0x00: eax=0x1 ebx=0x2 ecx=0x3 edx=0x4\n" LEAF1, "cpuid",
                            "line 1, column 1: expected '0xLEAF");
        form_assert_refused("# 00000001: 00 00 00 00\n" LEAF1, "cpuid",
                            "line 1, column 1: expected '0xLEAF");
}

/* A terminal's text around the program's */
static void test_shell(void) {
        static const char text[] =
                "$ cpuid -r\nCPU 0:\n" LEAF1 "# a comment \xfc\nCPU 1:\n" LEAF1 "user@host:~$ \n";
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) read = form_guest(text, NULL, &warnings);
        g_autofree char *rows = form_rows(read);

        g_assert_cmpstr(rows, ==, "0x1.0");
        g_assert_cmpstr(warnings, ==,
                        "line 1 is passed over: '$ cpuid -r'\n"
                        "line 4 is passed over: '# a comment ?'\n"
                        "line 7 is passed over: 'user@host:~$'");
        form_assert_cuts(text, strlen(text), "cpuid", 1);
}

/* Nobody reads a million warnings. */
static void test_many_comments(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) read = NULL;

        for (unsigned i = 0; i < 100; i++)
                g_string_append(text, "#\n");
        g_string_append(text, LEAF1);
        read = form_guest(text->str, NULL, &warnings);
        g_assert_true(g_str_has_suffix(warnings, "line 4 is passed over: '#'"));
}

/* Many headings of many CPUs take no longer than their number. */
static void test_many_headings(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(Guest) read = NULL;

        for (unsigned i = 0; i < 50 * DUMP_CPUS_MAX; i++)
                g_string_append_printf(text, "CPU %u:\n", i % DUMP_CPUS_MAX);
        g_string_append(text, LEAF1);
        read = form_guest(text->str, "cpuid", NULL);
        g_assert_cmpuint(leaf_table_size(read->table), ==, 1);

        g_string_append_printf(text, "CPU %u:\n", DUMP_CPUS_MAX);
        form_assert_refused(text->str, "cpuid", "more than 4096 CPUs");
}

static void test_cuts(void) {
        form_assert_cuts(guest, strlen(guest), "cpuid", 1);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                form_assert_cuts(cases[i].text, strlen(cases[i].text), "cpuid", 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-cpuid/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }

        g_test_add_func("/form-cpuid/whole", test_whole);
        g_test_add_func("/form-cpuid/refusals", test_refusals);
        g_test_add_func("/form-cpuid/many-headings", test_many_headings);
        g_test_add_func("/form-cpuid/shell", test_shell);
        g_test_add_func("/form-cpuid/many-comments", test_many_comments);
        g_test_add_func("/form-cpuid/cuts", test_cuts);
        return g_test_run();
}
