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

#define RULE_DASHES 80

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

/* Up to the next blank, without what no terminal should get */
static char *quote_found(const char *at, const char *end) {
        GString *text;

        if (at >= end)
                return g_strdup("the end of the line");

        text = g_string_new("'");
        for (size_t i = 0; at + i < end && (i == 0 || !g_ascii_isspace(at[i])); i++) {
                if (i == FOUND_CHARS) {
                        g_string_append(text, "...");
                        break;
                }
                g_string_append_c(text, g_ascii_isprint(at[i]) ? at[i] : '?');
        }
        g_string_append_c(text, '\'');
        return g_string_free(text, FALSE);
}

bool lines_set_error(const Lines *lines, const char *at, const char *expected, GError **error) {
        g_autofree char *found = quote_found(at, lines->line->str + lines->line->len);

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "line %u, column %zu: expected %s, found %s", lines->number,
                    (size_t) (at - lines->line->str) + 1, expected, found);
        return false;
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
