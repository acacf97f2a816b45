/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One line of a text after the other. Texts of other systems end lines with a carriage return,
 * too: it is a trailing blank. */

#include "client/formats/lines.h"

#include <string.h>

#include "client/formats/format.h"

/* Where a form is looked for */
#define LOOK_BYTES (64 * 1024)

/* Of what was found; more helps nobody */
#define FOUND_CHARS 16

#define PASSED_CHARS 60
#define PASSED_MAX 4

#define RULE_DASHES 80

/* As all forms of lines write a register */
#define REGISTER_DIGITS 8

#define PROMPT_ENDS "$#%"

void lines_init(Lines *lines, const char *text, size_t n_text) {
        *lines = (Lines){ .next = text, .end = text + n_text, .line = g_string_new(NULL) };
}

void lines_done(Lines *lines) {
        if (lines->line)
                g_string_free(lines->line, TRUE);
        lines->line = NULL;
}

char *lines_next(Lines *lines) {
        const char *stop;

        if (lines->next >= lines->end)
                return NULL;

        stop = memchr(lines->next, '\n', lines->end - lines->next);
        lines->is_cut = !stop;
        lines->number++;
        g_string_truncate(lines->line, 0);
        g_string_append_len(lines->line, lines->next, (stop ?: lines->end) - lines->next);
        while (lines->line->len > 0 && g_ascii_isspace(lines->line->str[lines->line->len - 1]))
                g_string_truncate(lines->line, lines->line->len - 1);

        lines->next = stop ? stop + 1 : lines->end;
        return lines->line->str;
}

bool lines_has_zero(const Lines *lines) {
        return memchr(lines->line->str, 0, lines->line->len) != NULL;
}

/* Without what no terminal should get */
static char *quote(const char *at, size_t n, size_t n_max) {
        GString *text = g_string_new("'");

        for (size_t i = 0; i < MIN(n, n_max); i++)
                g_string_append_c(text, g_ascii_isprint(at[i]) ? at[i] : '?');
        g_string_append(text, n > n_max ? "...'" : "'");
        return g_string_free(text, FALSE);
}

/* Up to the next blank */
static char *quote_found(const char *at, const char *end) {
        size_t n = 1;

        if (at >= end)
                return g_strdup("the end of the line");

        while (at + n < end && !g_ascii_isspace(at[n]))
                n++;
        return quote(at, n, FOUND_CHARS);
}

bool lines_set_error(const Lines *lines, const char *at, const char *expected, GError **error) {
        g_autofree char *found = quote_found(at, lines->line->str + lines->line->len);

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "line %u, column %zu: expected %s, found %s", lines->number,
                    (size_t) (at - lines->line->str) + 1, expected, found);
        return false;
}

bool lines_set_error_register(const Lines *lines, const char *at, const char *name,
                              GError **error) {
        g_autofree char *expected = NULL;

        if (!name)
                return lines_set_error(lines, at, "the end of the line", error);

        expected = g_strdup_printf("'%s=0x...'%s", name,
                                   lines->is_cut ? " with 8 digits where the file ends" : "");
        return lines_set_error(lines, at, expected, error);
}

bool lines_check(const Lines *lines, GError **error) {
        return !lines_has_zero(lines) ||
                lines_set_error(lines, lines->line->str + strlen(lines->line->str), "text", error);
}

bool line_is_prompt(const char *line) {
        size_t n_digits = 0;

        if (strstr(line, "=0x"))
                return false;
        for (const char *p = line; *p; p++) {
                n_digits = g_ascii_isxdigit(*p) ? n_digits + 1 : 0;
                if (n_digits == REGISTER_DIGITS)
                        return false;
        }

        for (const char *p = strpbrk(line, PROMPT_ENDS); p; p = strpbrk(p + 1, PROMPT_ENDS))
                if (p[1] == '\0' || p[1] == ' ')
                        return true;
        return false;
}

bool line_has_registers(const char *line) {
        unsigned n_digits = 0, n_numbers = 0;

        for (; *line; line++) {
                if (g_ascii_isxdigit(*line)) {
                        n_numbers += ++n_digits == REGISTER_DIGITS;
                        if (n_numbers == N_REGISTERS)
                                return true;
                        continue;
                }
                if (*line != '-' || n_digits < REGISTER_DIGITS)
                        n_numbers = 0;
                n_digits = 0;
        }

        return false;
}

void lines_warn_passed(const Lines *lines, Dump *dump) {
        g_autofree char *found = NULL;

        /* The first ones show what the file is. */
        if (dump->warnings->len >= PASSED_MAX)
                return;

        found = quote(lines->line->str, lines->line->len, PASSED_CHARS);
        dump_warn(dump, "line %u is passed over: %s", lines->number, found);
}

bool lines_some(const char *text, size_t n_text, bool (*is_one)(const char *line)) {
        g_auto(Lines) lines = {};
        const char *line;

        lines_init(&lines, text, MIN(n_text, LOOK_BYTES));
        while ((line = lines_next(&lines)))
                if (is_one(line))
                        return true;

        return false;
}

bool line_is_rule(const char *line) {
        return strspn(line, "-") >= RULE_DASHES;
}
