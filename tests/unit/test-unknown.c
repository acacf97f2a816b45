/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a table's source does not tell, as text and as words */

#include "policy/unknown.h"

#include "policy/error.h"

typedef struct TextCase {
        const char *text;
        const char *again; /* how it is written; NULL: it is refused */
} TextCase;

static const TextCase text_cases[] = {
        { "0x14", "0x14" },
        { "14", "0x14" },
        { "0x20-0x23", "0x20-0x23" },
        { "0x40000000-0x4fffffff", "0x40000000-0x4fffffff" },
        { "0x7.1", "0x7.1" },
        { "0x7.1-", "0x7.1-" },
        { "0x7.0-", "0x7" },
        { "0xd.2-62", "0xd.2-62" },
        { "0x1.0:ecx", "0x1.0:ecx" },
        { "0x1.0:ECX[27]", "0x1.0:ecx[27]" },
        { "0x6.0:edx[31:16]", "0x6.0:edx[31:16]" },
        { "0x7.1-2:eax[3]", "0x7.1-2:eax[3]" },
        { "0x4.0-:ecx", "0x4.0-:ecx" },
        { "msr 0x10a", "msr 0x10a" },
        { "MSR 10AH[bit 5]", "msr 0x10a[5]" },
        { "msr 0x10a[63:32]", "msr 0x10a[63:32]" },
        { "msr 0x10a[64]", NULL },
        { "msr", NULL },
        { "msr 0x10a-0x10b", NULL },
        { "", NULL },
        { "rtm", NULL },
        { "0x23-0x20", NULL },
        { "0x7.3-1", NULL },
        { "0x20-", NULL },
        { "0x7.", NULL },
        { "0x7.1-2-3", NULL },
        { "0x7:ebx", NULL },
        { "0x7.0:ebx[32]", NULL },
        { "0x7.0:", NULL },
        { "0x7.0:ebx[1] ebx[2]", NULL },
        { "0x100000000", NULL },
        { "-1", NULL },
};

static void test_text(const void *data) {
        const TextCase *test = data;
        g_autoptr(Unknown) unknown = unknown_new();
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) texts = NULL;

        if (!unknown_add_text(unknown, test->text, &error)) {
                g_assert_null(test->again);
                g_assert_error(error, POLICY_ERROR, POLICY_ERROR_PLACE);
                return;
        }

        texts = unknown_to_texts(unknown);
        g_assert_cmpuint(g_strv_length(texts), ==, 1);
        g_assert_cmpstr(texts[0], ==, test->again);
}

static void test_bits_apart(void) {
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;
        g_autofree char *joined = NULL;

        unknown_add_bits(unknown, 1, 0, REGISTER_ECX, 0x80000006);
        unknown_add_bits(unknown, 1, 0, REGISTER_EDX, 1);
        unknown_add_bits(unknown, 1, 0, REGISTER_EDX, 0);
        texts = unknown_to_texts(unknown);
        joined = g_strjoinv(" ", texts);

        g_assert_cmpuint(unknown_size(unknown), ==, 1);
        g_assert_cmpstr(joined, ==, "0x1.0:ecx[2:1] 0x1.0:ecx[31] 0x1.0:edx[0]");
}

/* By index, whenever they came, and bounded */
static void test_msrs(void) {
        g_autoptr(Unknown) unknown = unknown_new(), copy = NULL;
        g_autofree char *joined = NULL;
        g_auto(GStrv) texts = NULL;

        g_assert_true(unknown_is_empty(NULL));
        g_assert_true(unknown_is_empty(unknown));
        unknown_add_msr(unknown, 0x48b, 0);
        g_assert_true(unknown_is_empty(unknown));
        unknown_add_msr(unknown, 0x48b, UINT64_MAX);
        unknown_add_msr(unknown, 0x10a, UINT64_C(1) << 63 | 6);
        unknown_add_msr(unknown, 0x10a, 1);
        g_assert_false(unknown_is_empty(unknown));
        g_assert_cmpuint(unknown_size(unknown), ==, 0);
        g_assert_cmphex(unknown_msr_mask(unknown, 0x10a), ==, UINT64_C(1) << 63 | 7);
        g_assert_cmphex(unknown_msr_mask(unknown, 0x10b), ==, 0);
        g_assert_cmphex(unknown_msr_mask(NULL, 0x10a), ==, 0);

        copy = unknown_copy(unknown);
        unknown_add_bits(copy, 1, 0, REGISTER_ECX, 1);
        unknown_add_all(copy, unknown);
        texts = unknown_to_texts(copy);
        joined = g_strjoinv(", ", texts);
        g_assert_cmpstr(joined, ==, "0x1.0:ecx[0], msr 0x10a[2:0], msr 0x10a[63], msr 0x48b");

        for (uint32_t i = 0; i < 2 * UNKNOWN_MAX; i++)
                unknown_add_msr(copy, 0x10000 + i, 1);
        g_assert_cmpuint(unknown_n_msrs(copy), ==, UNKNOWN_MAX);
        unknown_add_msr(copy, 0x345, 1);
        g_assert_cmphex(unknown_msr_mask(copy, 0x345), ==, 1);
}

static void test_mask(void) {
        g_autoptr(Unknown) unknown = unknown_new();

        g_assert_cmphex(unknown_mask(NULL, 7, 1, REGISTER_EAX), ==, 0);
        unknown_add_subleaves(unknown, 7, 1, UINT32_MAX);
        unknown_add_bits(unknown, 7, 0, REGISTER_EBX, 2);
        unknown_add_leaves(unknown, 0x14, 0x17);

        g_assert_cmphex(unknown_mask(unknown, 7, 0, REGISTER_EAX), ==, 0);
        g_assert_cmphex(unknown_mask(unknown, 7, 0, REGISTER_EBX), ==, 2);
        g_assert_cmphex(unknown_mask(unknown, 7, 1, REGISTER_EBX), ==, UINT32_MAX);
        g_assert_cmphex(unknown_mask(unknown, 0x13, 0, REGISTER_EBX), ==, 0);
        g_assert_cmphex(unknown_mask(unknown, 0x17, 9, REGISTER_EBX), ==, UINT32_MAX);
        g_assert_cmphex(unknown_mask(unknown, 0x18, 0, REGISTER_EBX), ==, 0);
}

static void test_words(void) {
        static const uint32_t reversed[UNKNOWN_SPAN_WORDS] = { 2, 1, 0, 0, 1, 1, 1, 1 };
        g_autoptr(Unknown) unknown = unknown_new(), again = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) texts = NULL;

        unknown_add_leaves(unknown, 0x14, 0x17);
        unknown_add_bits(unknown, 7, 0, REGISTER_EBX, 2);
        again = unknown_new_from_words(unknown_words(unknown), 2 * UNKNOWN_SPAN_WORDS, &error);
        g_assert_no_error(error);
        texts = unknown_to_texts(again);
        g_assert_cmpstr(texts[0], ==, "0x14-0x17");
        g_assert_cmpstr(texts[1], ==, "0x7.0:ebx[1]");

        g_assert_null(unknown_new_from_words(reversed, 7, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TABLE);
        g_clear_error(&error);
        g_assert_null(unknown_new_from_words(reversed, UNKNOWN_SPAN_WORDS, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TABLE);
}

static void test_too_many(void) {
        g_autoptr(Unknown) unknown = unknown_new();

        for (uint32_t i = 0; i <= UNKNOWN_MAX; i++)
                unknown_add_bits(unknown, i, 0, REGISTER_EAX, 1);

        g_assert_cmpuint(unknown_size(unknown), ==, 1);
        g_assert_cmphex(unknown_mask(unknown, 0, 0, REGISTER_EDX), ==, UINT32_MAX);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(text_cases); i++) {
                g_autofree char *path = g_strdup_printf("/unknown/text/%zu", i);

                g_test_add_data_func(path, &text_cases[i], test_text);
        }
        g_test_add_func("/unknown/bits-apart", test_bits_apart);
        g_test_add_func("/unknown/msrs", test_msrs);
        g_test_add_func("/unknown/mask", test_mask);
        g_test_add_func("/unknown/words", test_words);
        g_test_add_func("/unknown/too-many", test_too_many);
        return g_test_run();
}
