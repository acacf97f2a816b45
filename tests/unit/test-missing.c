/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a table of CPUID lacks */

#include "policy/enumerate.h"
#include "tests/unit/enumerate.h"

typedef struct MissingCase {
        const char *name;
        Leaf rows[N_ROWS];
        size_t n_rows;
        bool is_zero;
        bool has_no_ends;
        const char *expect;
} MissingCase;

#define EXTENDED ROW(0x80000000, 0, 0x80000000)

#define GUEST1 ROW(1, 0, 1, 0, 0x80000000)

static const MissingCase missing_cases[] = {
        {
                .name = "nothing",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1), EXTENDED },
                .n_rows = 3,
                .expect = "",
        },
        {
                .name = "no-table",
                .expect =
                        "0x0-0x3fffffff 0x40000000-0x4fffffff 0x80000000-0xbfffffff 0xc0000000-0xffffffff",
        },
        {
                .name = "cut-off-before-the-extended-range",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1) },
                .n_rows = 2,
                .expect = "0x80000000-0xbfffffff",
        },
        {
                .name = "no-extended-range-at-all",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1), ROW(0x80000000, 0) },
                .n_rows = 3,
                .expect = "",
        },
        {
                .name = "leaves-below-the-maximum",
                .rows = { ROW(0, 0, 6), ROW(1, 0, 1), ROW(5, 0, 1), EXTENDED },
                .n_rows = 4,
                .expect = "0x2-0x4 0x6",
        },
        {
                .name = "leaves-below-the-maximum-that-are-zero-but-for-the-last",
                .rows = { ROW(0, 0, 6), ROW(1, 0, 1), ROW(5, 0, 1), EXTENDED },
                .n_rows = 4,
                .is_zero = true,
                .expect = "0x6",
        },
        {
                .name = "no-leaf-0-and-what-is-missing-would-be-zero",
                .rows = { ROW(1, 0, 1), SUBROW(7, 0, 1), EXTENDED },
                .n_rows = 3,
                .is_zero = true,
                .expect = "0x0 0x2-0x6 0x8-0x3fffffff 0x7.1 0xc0000000-0xffffffff",
        },
        {
                .name = "no-leaf-0",
                .rows = { ROW(1, 0, 1), EXTENDED },
                .n_rows = 2,
                .expect = "0x0 0x2-0x3fffffff 0xc0000000-0xffffffff",
        },
        {
                .name = "sub-leaves-up-to-a-maximum",
                .rows = { ROW(0, 0, 7), ROW(1, 0, 1), ROW(2, 0), ROW(3, 0), ROW(4, 0), ROW(5, 0),
                          ROW(6, 0), SUBROW(7, 0, 2), SUBROW(7, 2), EXTENDED },
                .n_rows = 10,
                .expect = "0x7.1",
        },
        {
                .name = "sub-leaves-without-the-one-that-tells",
                .rows = { ROW(0, 0, 0xd), SUBROW(0xd, 1, 1), EXTENDED },
                .n_rows = 3,
                .expect = "0x1-0xc 0xd.0 0xd.2- 0x40000000-0x4fffffff",
        },
        {
                .name = "a-sub-leaf-alone",
                .rows = { ROW(0, 0, 0xb), SUBROW(0xb, 2, 1), EXTENDED },
                .n_rows = 3,
                .expect = "0x1-0xa 0xb.0 0xb.1 0xb.3- 0x40000000-0x4fffffff",
        },
        {
                .name = "sub-leaves-by-xcr0",
                .rows = { ROW(0, 0, 0xd), SUBROW(0xd, 0, 7), SUBROW(0xd, 1, 0, 0, 0x100),
                          EXTENDED },
                .n_rows = 4,
                .expect = "0x1-0xc 0xd.2 0xd.8 0x40000000-0x4fffffff",
        },
        {
                .name = "a-list-without-its-end",
                .rows = { ROW(0, 0, 4), ROW(1, 0), ROW(2, 0), ROW(3, 0), SUBROW(4, 0, 0x121),
                          SUBROW(4, 1, 0x122), EXTENDED },
                .n_rows = 7,
                .expect = "0x4.2-",
        },
        {
                .name = "a-list-with-its-end",
                .rows = { ROW(0, 0, 4), ROW(1, 0), ROW(2, 0), ROW(3, 0), SUBROW(4, 0, 0x121),
                          SUBROW(4, 1, 0), EXTENDED },
                .n_rows = 7,
                .expect = "",
        },
        {
                .name = "a-list-whose-end-is-zero",
                .rows = { ROW(0, 0, 5), ROW(1, 0, 1), SUBROW(4, 0, 0x121), SUBROW(4, 1, 0x122),
                          ROW(5, 0, 1), EXTENDED },
                .n_rows = 6,
                .is_zero = true,
                .expect = "",
        },
        {
                .name = "a-list-before-other-leaves-whose-end-is-left-out",
                .rows = { ROW(0, 0, 5), ROW(1, 0), ROW(2, 0), ROW(3, 0), SUBROW(4, 0, 0x121),
                          SUBROW(4, 1, 0x122), ROW(5, 0, 1), EXTENDED },
                .n_rows = 8,
                .has_no_ends = true,
                .expect = "",
        },
        {
                .name = "a-list-that-stands-last-and-has-no-end",
                .rows = { ROW(0, 0, 4), ROW(1, 0), ROW(2, 0), ROW(3, 0), SUBROW(4, 0, 0x121) },
                .n_rows = 5,
                .has_no_ends = true,
                .expect = "0x4.1- 0x80000000-0xbfffffff",
        },
        {
                .name = "a-hypervisor",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), EXTENDED },
                .n_rows = 3,
                .expect = "0x40000000-0x4fffffff",
        },
        {
                .name = "a-hypervisor-s-leaves-that-are-missing",
                .rows = { ROW(0, 0, 1), GUEST1, ROW(0x40000000, 0, 0x40000003),
                          ROW(0x40000002, 0, 1), EXTENDED },
                .n_rows = 5,
                .expect = "0x40000001 0x40000003",
        },
        {
                .name = "cut-off-within-a-hypervisor-s-leaves",
                .rows = { ROW(0, 0, 1), GUEST1, ROW(0x40000000, 0, 0x40000001) },
                .n_rows = 3,
                .expect = "0x40000001 0x40000100-0x4fffffff 0x80000000-0xbfffffff",
        },
        {
                .name = "a-second-hypervisor-that-there-is-not",
                .rows = { ROW(0, 0, 1), GUEST1, ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 1), ROW(0x40000100, 0), EXTENDED },
                .n_rows = 6,
                .expect = "",
        },
        {
                .name = "a-second-hypervisor-without-a-maximum",
                .rows = { ROW(0, 0, 1), GUEST1, ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 1), ROW(0x40000100, 0, 0, 0x4b4d564b), EXTENDED },
                .n_rows = 6,
                .expect = "0x40000101",
        },
        {
                .name = "centaur",
                .rows = { ROW(0, 0, 1, 0x746e6543, 0x736c7561, 0x48727561), ROW(1, 0, 1),
                          EXTENDED },
                .n_rows = 3,
                .expect = "0xc0000000-0xffffffff",
        },
        {
                .name = "an-empty-list",
                .rows = { ROW(0, 0, 4), ROW(1, 0), ROW(2, 0), ROW(3, 0), SUBROW(4, 0, 0),
                          EXTENDED },
                .n_rows = 6,
                .expect = "",
        },
        {
                .name = "a-last-list-that-may-have-been-cut-off",
                .rows = { ROW(0, 0, 4), ROW(1, 0), SUBROW(4, 0, 0x121) },
                .n_rows = 3,
                .is_zero = true,
                .expect = "0x4.1- 0x80000000-0xbfffffff",
        },
        {
                .name = "a-hypervisor-in-part",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000),
                          ROW(0x40000000, 0, 0x40000001, 0x4b4d564b), EXTENDED },
                .n_rows = 4,
                .expect = "0x40000001",
        },
        {
                .name = "a-hypervisor-without-a-maximum-in-part",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000),
                          ROW(0x40000000, 0, 0, 0x4b4d564b), EXTENDED },
                .n_rows = 4,
                .expect = "0x40000001",
        },
        {
                .name = "a-hypervisor-of-which-leaves-are-missing",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), ROW(0x40000000, 0, 0x40000003),
                          ROW(0x40000001, 0, 1), EXTENDED },
                .n_rows = 5,
                .expect = "0x40000002-0x40000003",
        },
        {
                .name = "a-hypervisor-behind-another",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 1), ROW(0x40000100, 0, 0, 0x4b4d564b), EXTENDED },
                .n_rows = 6,
                .expect = "0x40000101",
        },
        {
                .name = "cut-off-within-the-hypervisors",
                .rows = { ROW(0, 0, 1), ROW(1, 0, 1, 0, 0x80000000), ROW(0x40000000, 0, 0x40000001),
                          ROW(0x40000001, 0, 1) },
                .n_rows = 4,
                .expect = "0x40000100-0x4fffffff 0x80000000-0xbfffffff",
        },
        {
                .name = "transmeta",
                .rows = { ROW(0, 0, 1, 0x756e6547, 0x3638784d, 0x54656e69), ROW(1, 0, 1),
                          ROW(0x80860000, 0, 0x80860002), ROW(0x80860001, 0, 1), EXTENDED },
                .n_rows = 5,
                .expect = "0x80860002",
        },
};

static void test_missing(gconstpointer user_data) {
        const MissingCase *test = user_data;
        g_autoptr(LeafTable) table = leaf_table_new();
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;
        g_autofree char *joined = NULL;

        for (size_t i = 0; i < test->n_rows; i++)
                leaf_table_add(table, &test->rows[i]);
        enumerate_missing(table,
                          (test->is_zero ? ENUMERATE_MISSING_ZERO : 0) |
                                  (test->has_no_ends ? ENUMERATE_MISSING_ENDS : 0),
                          unknown);

        texts = unknown_to_texts(unknown);
        joined = g_strjoinv(" ", texts);
        g_assert_cmpstr(joined, ==, test->expect);
}

typedef struct SubleafCase {
        const char *name;
        Leaf rows[N_ROWS];
        size_t n_rows;
        uint32_t leaf;
        uint32_t first;
        const char *expect;
} SubleafCase;

static const SubleafCase subleaf_cases[] = {
        /* clang-format off */
        { .name = "no-row-at-all", .leaf = 7, .first = 1, .expect = "" },
        { .name = "not-divided", .rows = { ROW(5, 0, 1) }, .n_rows = 1, .leaf = 5, .first = 1,
          .expect = "" },
        { .name = "to-a-maximum", .rows = { SUBROW(7, 0, 3), SUBROW(7, 2, 1) }, .n_rows = 2,
          .leaf = 7, .first = 1, .expect = "0x7.1 0x7.3" },
        { .name = "to-a-maximum-from-the-third-on", .rows = { SUBROW(7, 0, 3) }, .n_rows = 1,
          .leaf = 7, .first = 3, .expect = "0x7.3" },
        { .name = "by-mask", .rows = { SUBROW(0x10, 0, 0, 0xe), SUBROW(0x10, 2, 1) }, .n_rows = 2,
          .leaf = 0x10, .first = 1, .expect = "0x10.1 0x10.3" },
        { .name = "xsave-with-nothing-but-0", .rows = { SUBROW(0xd, 0, 7) }, .n_rows = 1,
          .leaf = 0xd, .first = 1, .expect = "0xd.1 0xd.2-" },
        { .name = "xsave-above-31", .rows = { SUBROW(0xd, 0, 7, 0, 0, 0x40000000) }, .n_rows = 1,
          .leaf = 0xd, .first = 32, .expect = "0xd.62" },
        { .name = "a-list-that-goes-on", .rows = { SUBROW(0xb, 0, 1, 2, 0x100), SUBROW(0xb, 1, 4, 8, 0x201) },
          .n_rows = 2, .leaf = 0xb, .first = 2, .expect = "0xb.2-" },
        { .name = "a-list-whose-end-was-zero", .rows = { SUBROW(0xb, 0, 1, 2, 0x100) },
          .n_rows = 1, .leaf = 0xb, .first = 2, .expect = "" },
        { .name = "a-list-with-its-end", .rows = { SUBROW(0xb, 0, 1, 2, 0x100), SUBROW(0xb, 1, 0, 0, 1) },
          .n_rows = 2, .leaf = 0xb, .first = 2, .expect = "" },
        /* clang-format on */
};

static void test_subleaves(gconstpointer user_data) {
        const SubleafCase *test = user_data;
        g_autoptr(LeafTable) table = leaf_table_new();
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;
        g_autofree char *joined = NULL;

        for (size_t i = 0; i < test->n_rows; i++)
                leaf_table_add(table, &test->rows[i]);
        enumerate_missing_subleaves(table, test->leaf, test->first, unknown);

        texts = unknown_to_texts(unknown);
        joined = g_strjoinv(" ", texts);
        g_assert_cmpstr(joined, ==, test->expect);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(missing_cases); i++) {
                g_autofree char *path = g_strconcat("/missing/", missing_cases[i].name, NULL);

                g_test_add_data_func(path, &missing_cases[i], test_missing);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(subleaf_cases); i++) {
                g_autofree char *path = g_strconcat("/subleaves/", subleaf_cases[i].name, NULL);

                g_test_add_data_func(path, &subleaf_cases[i], test_subleaves);
        }
        return g_test_run();
}
