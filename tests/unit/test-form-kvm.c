/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* KVM's table, as bytes and as text */

#include <string.h>

#include "tests/unit/form-support.h"

/* Without the hypervisor bit */
#define LINE1 "00000001 00000000 0 000506f1 00000800 00000001 00000001\n"
#define LINE0 "00000000 00000000 0 00000007 756e6547 6c65746e 49656e69\n" LINE1
#define LINE7 "00000007 00000000 1 00000001 00000002 00000003 00000004\n"
#define LINE71 "00000007 00000001 1 00000005 00000006 00000007 00000008\n"
#define EXTENDED "80000000 00000000 0 80000000 00000000 00000000 00000000\n"

typedef struct TextCase {
        const char *name;
        const char *text;
        const char *rows; /* or NULL */
        const char *unknown;
        const char *error;
} TextCase;

static const TextCase text_cases[] = {
        { "whole", LINE0 LINE7 LINE71 EXTENDED, "0x0.0 0x1.0 0x7.0 0x7.1 0x80000000.0", "", NULL },
        { "cut-off", LINE0 LINE7 LINE71, "0x0.0 0x1.0 0x7.0 0x7.1", "0x80000000-0xbfffffff", NULL },
        { "empty-lines-and-comments", "\n# function index\n" LINE0 "\n" EXTENDED,
          "0x0.0 0x1.0 0x80000000.0", "0x2-0x7", NULL },
        { "a-digit-short", LINE0 "00000007 00000000 1 00000001 00000002 00000003 0000000\n", NULL,
          NULL, "line 3, column 48: expected 'FUNCTION INDEX" },
        { "a-word-short", LINE0 "00000007 00000000 1 00000001 00000002 00000003\n", NULL, NULL,
          "line 3, column 47: expected 'FUNCTION INDEX" },
        { "a-word-more", LINE0 "00000007 00000000 1 00000001 00000002 00000003 00000004 5\n", NULL,
          NULL, "line 3, column 57: expected 'FUNCTION INDEX" },
        { "the-same-row-with-other-values",
          LINE0 LINE7 "00000007 00000000 1 00000001 00000002 00000003 00000005\n", NULL, NULL,
          "line 4: leaf 0x7 sub-leaf 0 again, with other values than in line 3" },
};

static void test_text(const void *data) {
        const TextCase *c = data;
        g_autoptr(Guest) guest = NULL;
        g_autofree char *rows = NULL, *unknown = NULL;

        if (c->error) {
                form_assert_refused(c->text, NULL, c->error);
                return;
        }

        guest = form_guest(c->text, NULL, NULL);
        rows = form_rows(guest);
        unknown = form_unknown(guest);
        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
        form_assert_cuts(c->text, strlen(c->text), "kvm", 1);
}

/* A struct kvm_cpuid2 of these rows */
static GByteArray *bytes_new(const Leaf *rows, uint32_t n_rows) {
        static const uint32_t zeroes[3];
        GByteArray *bytes = g_byte_array_new();
        uint32_t n = GUINT32_TO_LE(n_rows);

        g_byte_array_append(bytes, (const uint8_t *) &n, 4);
        g_byte_array_append(bytes, (const uint8_t *) zeroes, 4);
        for (size_t i = 0; i < n_rows; i++) {
                uint32_t words[LEAF_N_WORDS];

                memcpy(words, &rows[i], sizeof(words));
                for (size_t j = 0; j < LEAF_N_WORDS; j++)
                        words[j] = GUINT32_TO_LE(words[j]);
                g_byte_array_append(bytes, (const uint8_t *) words, sizeof(words));
                g_byte_array_append(bytes, (const uint8_t *) zeroes, sizeof(zeroes));
        }

        return bytes;
}

static void test_bytes(void) {
        static const Leaf rows[] = { { 0, 0, 0, { 7, 1, 2, 3 } }, { 7, 0, 1, { 0, 4, 5, 6 } } };
        g_autoptr(GByteArray) bytes = bytes_new(rows, G_N_ELEMENTS(rows));
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = form_read((const char *) bytes->data, bytes->len, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpmem(leaf_table_words(guest->table), sizeof(rows), rows, sizeof(rows));
        g_assert_null(guest->unknown);

        g_assert_null(form_read((const char *) bytes->data, bytes->len - 1, "kvm", &error));
        g_assert_cmpstr(error->message, ==,
                        "is a struct kvm_cpuid2 of 2 entries and 87 bytes, expected 88");
}

static void test_bytes_twice(void) {
        static const Leaf rows[] = { { 0, 0, 0, { 7, 1, 2, 3 } }, { 0, 0, 0, { 7, 1, 2, 4 } } };
        g_autoptr(GByteArray) bytes = bytes_new(rows, G_N_ELEMENTS(rows));
        g_autoptr(GError) error = NULL;

        g_assert_null(form_read((const char *) bytes->data, bytes->len, NULL, &error));
        g_assert_cmpstr(error->message, ==,
                        "entry 2: leaf 0x0 sub-leaf 0 is there twice, with other values");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(text_cases); i++) {
                g_autofree char *path = g_strdup_printf("/kvm/text/%s", text_cases[i].name);

                g_test_add_data_func(path, &text_cases[i], test_text);
        }
        g_test_add_func("/kvm/bytes", test_bytes);
        g_test_add_func("/kvm/bytes-twice", test_bytes_twice);
        return g_test_run();
}
