/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kcpuid's output of older and newer versions: what of it is zero and what is unknown */

#include <string.h>

#include "tests/unit/form-support.h"

#define REGISTERS(_eax, _ebx, _ecx, _edx) \
        "EAX=0x" _eax ", EBX=0x" _ebx ", ECX=0x" _ecx ", EDX=0x" _edx "\n"
#define ZERO "00000000"
#define BASIC "Basic Leafs :\n================\n"
#define STANDARD "Standard Leafs :\n================\n"
#define EXTENDED                                         \
        "Extended Leafs :\n================\n"           \
        "0x80000000: " REGISTERS("80000001", ZERO, ZERO, \
                                 ZERO) "0x80000001: " REGISTERS(ZERO, ZERO, ZERO, "2c100800")
#define LEAF0(_max) "0x00000000: " REGISTERS(_max, "756e6547", "6c65746e", "49656e69")
#define LEAF1 "0x00000001: " REGISTERS("000506f1", "00010800", "00000201", "0183fbff")
#define LEAF0_CENTAUR "0x00000000: " REGISTERS("00000001", "746e6543", "736c7561", "48727561")
#define LEAF1_HYPERVISOR "0x00000001: " REGISTERS("000506f1", "00010800", "80000201", "0183fbff")
#define LEAF7                                           \
        "0x00000007: subleafs:\n"                       \
        "  0: " REGISTERS("00000001", "00000001", ZERO, \
                          "20000000") "  1: " REGISTERS("00000010", ZERO, ZERO, ZERO)
#define LEAFB                                                 \
        "0x0000000b: subleafs:\n"                             \
        "  0: " REGISTERS("00000001", "00000002", "00000100", \
                          ZERO) "  1: " REGISTERS("00000004", "00000008", "00000201", ZERO)
#define LEAFD                                                                                 \
        "0x0000000d: subleafs:\n"                                                             \
        "  0: " REGISTERS("00000207", "00000988", "00000988", ZERO) "  1: " REGISTERS(        \
                "0000000f", "00000988", ZERO,                                                 \
                ZERO) "  2: " REGISTERS("00000100", "00000240", ZERO,                         \
                                        ZERO) "  9: " REGISTERS("00000008", "00000980", ZERO, \
                                                                ZERO)
#define LEAF10_LISTED                                                                             \
        "0x00000010: subleafs:\n"                                                                 \
        "  0: " REGISTERS(ZERO, "0000000e", ZERO, ZERO) " 10: " REGISTERS("00000001", ZERO, ZERO, \
                                                                          ZERO)
#define LEAF10_ALONE "0x00000010: " REGISTERS(ZERO, "0000000e", ZERO, ZERO)
#define LEAF23 "0x00000023: subleafs:\n  0: " REGISTERS("0000003b", ZERO, ZERO, ZERO)

typedef struct KcpuidCase {
        const char *name;
        const char *text;
        const char *rows;
        const char *unknown;
} KcpuidCase;

static const KcpuidCase cases[] = {
        /* clang-format off */
        { .name = "older", .text = BASIC LEAF0("0000000d") LEAF1 LEAF7 LEAFB LEAFD EXTENDED,
          .rows = "0x0.0 0x1.0 0x7.0 0x7.1 0xb.0 0xb.1 0xd.0 0xd.1 0xd.2 0xd.9 0x80000000.0 0x80000001.0",
          .unknown = "0xb.2-" },
        { .name = "newer-with-a-range-more",
          .text = STANDARD LEAF0_CENTAUR LEAF1 EXTENDED "Centaur Leafs :\n================\n"
                  "0xc0000000: " REGISTERS("c0000001", ZERO, ZERO, ZERO)
                  "0xc0000001: " REGISTERS(ZERO, ZERO, ZERO, "00003fcc"),
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0xc0000000.0 0xc0000001.0", .unknown = "" },
        { .name = "last-basic-leaf-is-zero", .text = BASIC LEAF0("00000016") LEAF1 EXTENDED,
          .rows = "0x0.0 0x1.0 0x16.0 0x80000000.0 0x80000001.0", .unknown = "" },
        { .name = "sub-leaves-listed", .text = BASIC LEAF0("00000010") LEAF1 LEAF10_LISTED EXTENDED,
          .rows = "0x0.0 0x1.0 0x10.0 0x10.10 0x80000000.0 0x80000001.0", .unknown = "" },
        { .name = "sub-leaves-not-known", .text = BASIC LEAF0("00000010") LEAF1 LEAF10_ALONE EXTENDED,
          .rows = "0x0.0 0x1.0 0x10.0 0x80000000.0 0x80000001.0", .unknown = "0x10.1 0x10.2 0x10.3" },
        { .name = "sub-leaves-not-asked-for", .text = STANDARD LEAF0("00000023") LEAF1 LEAF23 EXTENDED,
          .rows = "0x0.0 0x1.0 0x23.0 0x80000000.0 0x80000001.0", .unknown = "0x23.4 0x23.5" },
        { .name = "a-hypervisor", .text = BASIC LEAF0("00000001") LEAF1_HYPERVISOR EXTENDED,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0", .unknown = "0x40000000-0x4fffffff" },
        { .name = "no-extended-range", .text = BASIC LEAF0("00000002") LEAF1,
          .rows = "0x0.0 0x1.0", .unknown = "0x2 0x80000000-0xbfffffff" },
        { .name = "ends-in-a-list", .text = BASIC LEAF0("0000000d") LEAF1 LEAF7 LEAFD,
          .rows = "0x0.0 0x1.0 0x7.0 0x7.1 0xd.0 0xd.1 0xd.2 0xd.9",
          .unknown = "0xd.10- 0x80000000-0xbfffffff" },
        { .name = "ends-before-a-list", .text = BASIC LEAF0("00000007") LEAF1 "0x00000007: subleafs:\n",
          .rows = "0x0.0 0x1.0", .unknown = "0x2-0x7 0x80000000-0xbfffffff" },
        { .name = "one-leaf-with-its-names",
          .text = "0x00000007: subleafs:\n  0: " REGISTERS(ZERO, "00000001", ZERO, ZERO)
                  "\tfsgsbase             - FSGSBASE\n\t3dnow                - a name with a digit\n",
          .rows = "0x7.0", .unknown = "0x7.1- 0x0-0x6 0x8-0x3fffffff 0x40000000-0x4fffffff "
                                     "0x80000000-0xbfffffff 0xc0000000-0xffffffff" },
        { .name = "carriage-returns-and-indents",
          .text = "  0x00000000: EAX=0x00000001, EBX=0x1, ECX=0x2, EDX=0x3\r\n" LEAF1 EXTENDED,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0", .unknown = "" },
        /* clang-format on */
};

static void test_case(const void *data) {
        const KcpuidCase *c = data;
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, &warnings);
        g_autofree char *rows = form_rows(guest);
        g_autofree char *unknown = form_unknown(guest);

        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
        g_assert_cmpstr(warnings, ==, "");
}

static void test_registers(void) {
        g_autoptr(Guest) guest = form_guest(cases[0].text, NULL, NULL);

        g_assert_cmphex(form_register(guest, 0, 0, REGISTER_EBX), ==, 0x756e6547);
        g_assert_cmphex(form_register(guest, 1, 0, REGISTER_EDX), ==, 0x0183fbff);
        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_ECX), ==, 0);
        g_assert_cmphex(form_register(guest, 0xd, 9, REGISTER_EBX), ==, 0x980);
}

static const struct {
        const char *name;
        const char *text;
        const char *message;
} refusals[] = {
        /* clang-format off */
        { "no-row-at-all", BASIC, "has no leaf" },
        { "sub-leaf-of-no-leaf", LEAF1 "  1: " REGISTERS(ZERO, ZERO, ZERO, ZERO),
          "line 2: sub-leaf 1 of no leaf, expected a line '0xLEAF: subleafs:' before it" },
        { "register-missing", "0x00000001: EAX=0x1, EBX=0x2, ECX=0x3\n", "line 1, column 38: expected a comma, found the end of the line" },
        { "registers-in-another-order", "0x00000001: EBX=0x2, EAX=0x1, ECX=0x3, EDX=0x4\n", "line 1, column 13: expected 'EAX=0x...', found 'EBX=0x2,'" },
        { "no-comma", "0x00000001: EAX=0x1 EBX=0x2, ECX=0x3, EDX=0x4\n", "line 1, column 20: expected a comma" },
        { "register-over-32-bits", "0x00000001: EAX=0x1, EBX=0x123456789, ECX=0x3, EDX=0x4\n", "line 1, column 22: expected 'EBX=0x...', found 'EBX=0x123456789,'" },
        { "no-number", LEAF1 "0xleaf: EAX=0x1, EBX=0x2, ECX=0x3, EDX=0x4\n", "line 2, column 1: expected '0xLEAF: EAX=0x..., EBX=0x..., ECX=0x..., EDX=0x...' or '0xLEAF: subleafs:'" },
        { "more-behind-a-row", "0x00000001: EAX=0x1, EBX=0x2, ECX=0x3, EDX=0x4 5\n", "line 1, column 47: expected the end of the line" },
        { "garbled-sub-leaf", "0x00000007: subleafs:\n  0: hello\n", "line 2, column 6: expected 'EAX=0x...', found 'hello'" },
        { "last-number-may-be-cut-off", "0x00000001: EAX=0x1, EBX=0x2, ECX=0x3, EDX=0x4", "line 1, column 40: expected 'EDX=0x...' with 8 digits where the file ends" },
        { "damaged-leaf", LEAF1 "x00000007: EAX=0x1, EBX=0x2, ECX=0x3, EDX=0x4\n", "line 2, column 1: expected '0xLEAF: EAX=0x" },
        { "a-row-twice-that-differs", LEAF1 LEAF1_HYPERVISOR,
          "line 2: leaf 0x1 sub-leaf 0 again, with other values than in line 1" },
        /* clang-format on */
};

static void test_refusals(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
                g_test_message("%s", refusals[i].name);
                form_assert_refused(refusals[i].text, "kcpuid", refusals[i].message);
        }
}

/* More than there can be, though each for itself is well formed */
static void test_too_many_rows(void) {
        g_autoptr(GString) text = g_string_new("0x00000004: subleafs:\n");

        for (unsigned i = 0; i <= LEAF_TABLE_MAX; i++)
                g_string_append_printf(text, " %2u: " REGISTERS("1", "1", "1", "1"), i);
        form_assert_refused(text->str, NULL, "line 258: more than 256 rows");
}

static void test_huge_subleaf(void) {
        g_autoptr(Guest) guest = form_guest(
                "0x00000004: subleafs:\n99999999999999999999: " REGISTERS("1", "1", "1", "1"), NULL,
                NULL);
        g_autofree char *rows = form_rows(guest);

        g_assert_cmpstr(rows, ==, "0x4.4294967295");
}

static void test_cuts(void) {
        static const char whole[] =
                BASIC LEAF0("00000023") LEAF1 LEAF7 LEAFB LEAFD LEAF10_LISTED LEAF23 EXTENDED;

        form_assert_cuts(whole, strlen(whole), "kcpuid", 1);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                form_assert_cuts(cases[i].text, strlen(cases[i].text), "kcpuid", 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-kcpuid/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }

        g_test_add_func("/form-kcpuid/registers", test_registers);
        g_test_add_func("/form-kcpuid/refusals", test_refusals);
        g_test_add_func("/form-kcpuid/too-many-rows", test_too_many_rows);
        g_test_add_func("/form-kcpuid/huge-sub-leaf", test_huge_subleaf);
        g_test_add_func("/form-kcpuid/cuts", test_cuts);
        return g_test_run();
}
