/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables as they come, and their canonical form */

#include "policy/error.h"
#include "tests/unit/support.h"

static void test_find_first(void) {
        g_autoptr(LeafTable) table = leaf_table_new();
        Leaf rows[] = {
                { 7, 1, LEAF_FLAG_INDEXED, { 1, 0, 0, 0 } },
                { 7, 0, LEAF_FLAG_INDEXED, { 2, 0, 0, 0 } },
                { 7, 0, LEAF_FLAG_INDEXED, { 3, 0, 0, 0 } },
                { 1, 0, 0, { 4, 0, 0, 0 } },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                leaf_table_add(table, &rows[i]);

        g_assert_cmpuint(leaf_table_find(table, 7, 0)->registers[0], ==, 2);
        g_assert_cmpuint(leaf_table_find(table, 7, 1)->registers[0], ==, 1);
        g_assert_null(leaf_table_find(table, 7, 2));
        g_assert_cmpuint(leaf_table_find(table, 1, 77)->registers[0], ==, 4);

        leaf_table_sort(table);
        g_assert_cmpuint(leaf_table_at(table, 0)->leaf, ==, 1);
        g_assert_cmpuint(leaf_table_at(table, 1)->registers[0], ==, 2);
        g_assert_cmpuint(leaf_table_at(table, 3)->registers[0], ==, 1);
}

static void test_words_of_wrong_size(void) {
        g_autofree uint32_t *words = g_new0(uint32_t, 257 * LEAF_N_WORDS);
        g_autoptr(GError) half = NULL, many = NULL;
        g_autoptr(LeafTable) full = NULL, empty = NULL;

        g_assert_null(leaf_table_new_from_words(words, 8, &half));
        g_assert_error(half, POLICY_ERROR, POLICY_ERROR_TABLE);
        g_assert_nonnull(strstr(half->message, "8 words"));

        g_assert_null(leaf_table_new_from_words(words, 257 * LEAF_N_WORDS, &many));
        g_assert_error(many, POLICY_ERROR, POLICY_ERROR_TABLE);
        g_assert_nonnull(strstr(many->message, "257 rows"));

        full = leaf_table_new_from_words(words, 256 * LEAF_N_WORDS, NULL);
        g_assert_cmpuint(leaf_table_size(full), ==, 256);
        empty = leaf_table_new_from_words(NULL, 0, NULL);
        g_assert_cmpuint(leaf_table_size(empty), ==, 0);
}

static uint32_t word_at(const Words *words, const char *name) {
        const Field *field = field_find(name);

        g_assert_nonnull(field);
        return words_get(words, field);
}

/* A row without the index flag answers for every sub-leaf, before all that come behind it. */
static void test_no_index_flag(void) {
        g_autoptr(LeafTable) table = leaf_table_new();
        Leaf all = { 0xd, 0, 0, { 0x7, 0x340, 0x340, 0 } };
        Leaf second = { 0xd, 2, LEAF_FLAG_INDEXED, { 0x100, 0x240, 0, 0 } };
        g_autoptr(Words) words = NULL;

        leaf_table_add(table, &all);
        leaf_table_add(table, &second);
        words = words_new(table, N_FIELD_INTERFACES);
        g_assert_cmpuint(word_at(words, "xsave_2_size"), ==, 0x7);
        g_assert_cmpuint(word_at(words, "xsaveopt"), ==, 1);
}

static void test_order_and_zero_rows(void) {
        TestRow one[N_TEST_ROWS] = { LEAF(0, 0, .eax = 7), LEAF(1, 0, .ecx = 1), LEAF(3, 0),
                                     LEAF(7, 0, .ebx = 9) };
        TestRow other[N_TEST_ROWS] = { LEAF(7, 0, .ebx = 9), LEAF(1, 0, .ecx = 1),
                                       LEAF(0, 0, .eax = 7) };
        g_autoptr(LeafTable) first = test_table(one), second = test_table(other);
        g_autoptr(Words) left = words_new(first, N_FIELD_INTERFACES),
                         right = words_new(second, N_FIELD_INTERFACES);

        g_assert_cmpmem(left->word, sizeof(left->word), right->word, sizeof(right->word));
        g_assert_cmpuint(left->n_extra + right->n_extra, ==, 0);
}

static void test_ranges(void) {
        TestRow rows[N_TEST_ROWS] = {
                LEAF(0, 0, .eax = 7),
                LEAF(0x24, 0, .ebx = 1), /* above the maximum */
                LEAF(0x80000000, 0, .eax = 0x80000001),
                LEAF(0x80000008, 0, .eax = 46), /* above it too */
                LEAF(0x80860000, 0, .eax = 1),  /* a range that Intel answers with noise */
                LEAF(0xc0000000, 0, .eax = 7),  /* not inside its own range */
                LEAF(0xc0000001, 0, .edx = 0xffff),
        };
        g_autoptr(LeafTable) table = test_table(rows);
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);

        g_assert_cmpuint(word_at(words, "maxphyaddr"), ==, 0);
        g_assert_cmpuint(word_at(words, "max_basic_leaf"), ==, 7);
        g_assert_cmpuint(words->n_extra, ==, 0);
        for (size_t i = 0; i < N_FIELD_WORDS; i++)
                if (i / N_REGISTERS < N_FIELD_GROUPS &&
                    field_groups[i / N_REGISTERS].leaf >= 0xc0000000)
                        g_assert_cmphex(words->word[i], ==, 0);
}

/* A zero row is as good as none for the row that tells a range's maximum or an interface too. */
static void test_zero_base(void) {
        TestRow rows[N_TEST_ROWS] = {
                LEAF(0, 0),          LEAF(7, 0, .ebx = BIT(5)),
                LEAF(0x40000000, 0), LEAF(0x40000001, 0, .eax = 0x31237648),
                LEAF(0x80000000, 0), LEAF(0x80000008, 0, .eax = 46),
        };
        g_autoptr(LeafTable) table = test_table(rows);
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);

        g_assert_cmpuint(word_at(words, "avx2"), ==, 1);
        g_assert_cmpuint(word_at(words, "maxphyaddr"), ==, 46);
        g_assert_cmphex(words->base[FIELD_INTERFACE_HYPERV], ==, 0);
        g_assert_cmphex(words->base[FIELD_INTERFACE_KVM], ==, 0x40000000);
}

/* Hyper-V's leaves at the base move KVM's behind them; both are found by what they say of
 * themselves. */
static void test_moved_interface(void) {
        TestRow rows[N_TEST_ROWS] = {
                LEAF(0x40000000, 0, .eax = 0x40000005, .ebx = 0x756e694c),
                LEAF(0x40000001, 0, .eax = 0x31237648),
                LEAF(0x40000003, 0, .eax = 0x2),
                LEAF(0x40000100, 0, .eax = 0x40000101, .ebx = 0x4b4d564b, .ecx = 0x564b4d56,
                     .edx = 0x4d),
                LEAF(0x40000101, 0, .eax = 0x80),
        };
        g_autoptr(LeafTable) table = test_table(rows);
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);

        g_assert_cmphex(words->base[FIELD_INTERFACE_HYPERV], ==, 0x40000000);
        g_assert_cmphex(words->base[FIELD_INTERFACE_KVM], ==, 0x40000100);
        g_assert_cmpuint(word_at(words, "kvm_pv_unhalt"), ==, 1);
        g_assert_cmpuint(word_at(words, "kvm_clocksource"), ==, 0);
        g_assert_cmphex(words_leaf(words, FIELD_INTERFACE_KVM, 0x40000001), ==, 0x40000101);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/leaf/find-first", test_find_first);
        g_test_add_func("/leaf/words-of-wrong-size", test_words_of_wrong_size);
        g_test_add_func("/leaf/no-index-flag", test_no_index_flag);
        g_test_add_func("/leaf/order-and-zero-rows", test_order_and_zero_rows);
        g_test_add_func("/leaf/ranges", test_ranges);
        g_test_add_func("/leaf/zero-base", test_zero_base);
        g_test_add_func("/leaf/moved-interface", test_moved_interface);
        return g_test_run();
}
