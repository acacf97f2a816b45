/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How strictly JSON is read, and where it is said to be wrong */

#include "client/formats/json.h"

#include <string.h>

#include "client/formats/format.h"

#define LINE64 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["

typedef struct JsonCase {
        const char *name;
        const char *text;
        const char *shown; /* the roots, one a line */
        const char *error; /* or how the refusal begins */
} JsonCase;

static const JsonCase any_cases[] = {
        /* clang-format off */
        { .name = "object", .text = "{\"a\": 1}", .shown = "{\"a\":1}" },
        { .name = "list", .text = " [1, {\"a\": []}]\n", .shown = "[1,{\"a\":[]}]" },
        { .name = "numbers-over-31-bits", .text = "[2147483656, 4294967295, 9223372036854775807]",
          .shown = "[2147483656,4294967295,9223372036854775807]" },
        { .name = "words", .text = "[true, null, -1]", .shown = "[true,null,-1]" },
        { .name = "number-over-63-bits", .text = "[\n9223372036854775808]",
          .error = "line 2, column 1: a number that is too large" },
        { .name = "number-of-many-digits", .text = "[100000000000000000000000000000]",
          .error = "line 1, column 2: a number that is too large" },
        { .name = "octal", .text = "[1,\n 010]", .error = "line 2, column 2: a number that begins with 0" },
        { .name = "comment", .text = "[1, /* one */ 2]",
          .error = "line 1, column 5: a character that JSON does not have here" },
        { .name = "nothing", .text = "", .error = "line 1, column 1: expected a JSON object or list" },
        { .name = "a-number-alone", .text = "1", .error = "line 1, column 1: expected a JSON object or list" },
        { .name = "a-text-alone", .text = "\"a\"", .error = "line 1, column 1: expected a JSON object or list" },
        { .name = "cut-off", .text = "[1,\n2", .error = "line 2, column 2: the text ends inside" },
        { .name = "cut-off-in-a-text", .text = "[\"a", .error = "line 1, column 2: a text that does not end" },
        { .name = "wrong-bracket", .text = "[1,\n{\"a\": 1]", .error = "line 2, column" },
        { .name = "comma-at-the-end", .text = "[1, 2,]", .error = "line 1, column" },
        { .name = "nested-64-deep", .text = LINE64 "[", .error = "line 1, column 65: nested too deep" },
        { .name = "two-documents", .text = "[1]\n[2]", .error = "line 2, column 1: more text after the end" },
        { .name = "not-utf8", .text = "[\"\xff\"]", .error = "is not UTF-8" },
        /* clang-format on */
};

static const JsonCase many_cases[] = {
        /* clang-format off */
        { .name = "one", .text = "{}", .shown = "{}" },
        { .name = "blanks-between", .text = "{\"a\": 1}\n\n [2] {}\r\n", .shown = "{\"a\":1}\n[2]\n{}" },
        { .name = "nothing-between", .text = "{}{}", .shown = "{}\n{}" },
        { .name = "numbers-of-64-bits", .text = "[18446744073709551552]", .shown = "[-64]" },
        { .name = "number-over-64-bits", .text = "[18446744073709551616]",
          .error = "line 1, column 2: a number that is too large" },
        { .name = "comma-between", .text = "{},\n{}", .error = "line 1, column 3: expected a JSON object or list" },
        { .name = "words-between", .text = "{}\nhello {}", .error = "line 2, column 1: expected a JSON object or list" },
        { .name = "only-blanks", .text = " \n", .error = "line 2, column 1: expected a JSON object or list" },
        { .name = "second-cut-off", .text = "{}\n{\"a\": 1", .error = "line 2, column 8: the text ends inside" },
        { .name = "second-is-wrong", .text = "{}\n\n  {\"a\" 1}", .error = "line 3, column 6: " },
        { .name = "wrong-in-its-second-line", .text = "{}\n\n  {\"a\": [1,\n1 2]}", .error = "line 4, column 1: " },
        /* clang-format on */
};

/* Text of exactly its size, so that who reads beyond it is found out */
static char *exact_text(const JsonCase *c) {
        return g_memdup2(c->text, MAX(strlen(c->text), 1));
}

static void assert_error(const JsonCase *c, const GError *error) {
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_test_message("%s", error->message);
        g_assert_nonnull(c->error);
        g_assert_true(g_str_has_prefix(error->message, c->error));
}

static void test_any(const void *data) {
        const JsonCase *c = data;
        g_autofree char *exact = exact_text(c), *shown = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) root = json_parse_any(exact, strlen(c->text), &error);

        if (!root) {
                assert_error(c, error);
                return;
        }

        shown = json_to_string(root, FALSE);
        g_assert_cmpstr(shown, ==, c->shown);
}

static void test_many(const void *data) {
        const JsonCase *c = data;
        g_autofree char *exact = exact_text(c);
        g_autoptr(GString) shown = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) roots = json_parse_many(exact, strlen(c->text), &error);

        if (!roots) {
                assert_error(c, error);
                return;
        }

        for (size_t i = 0; i < roots->len; i++) {
                g_autofree char *text = json_to_string(roots->pdata[i], FALSE);

                g_string_append_printf(shown, "%s%s", i > 0 ? "\n" : "", text);
        }
        g_assert_cmpstr(shown->str, ==, c->shown);
}

static void test_too_many(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i < 5000; i++)
                g_string_append(text, "{}\n");

        g_assert_null(json_parse_many(text->str, text->len, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_nonnull(strstr(error->message, "more than 4096 JSON documents"));
}

static void test_has_member(void) {
        static const struct {
                const char *text;
                bool has;
        } cases[] = {
                { "{\"a\": 1}", true },
                { " [{\"b\": {\"a\" : 1}}]", true },
                { "{\"b\": \"a\"}", false },
                { "{\"b\": \"a\", \"a\":", true },
                { "{\"a", false },
                { "{\"a\"", false },
                { "hello \"a\": 1", false },
                { "", false },
                { "   ", false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                size_t n = strlen(cases[i].text);
                g_autofree char *exact = g_memdup2(cases[i].text, MAX(n, 1));

                g_assert_true(json_has_member(exact, n, "a") == cases[i].has);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(any_cases); i++) {
                g_autofree char *path = g_strdup_printf("/json/any/%s", any_cases[i].name);

                g_test_add_data_func(path, &any_cases[i], test_any);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(many_cases); i++) {
                g_autofree char *path = g_strdup_printf("/json/many/%s", many_cases[i].name);

                g_test_add_data_func(path, &many_cases[i], test_many);
        }

        g_test_add_func("/json/too-many-documents", test_too_many);
        g_test_add_func("/json/has-member", test_has_member);

        return g_test_run();
}
