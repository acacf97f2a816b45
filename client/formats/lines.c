/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One line of a text after the other. Texts of other systems end lines with a carriage return,
 * too: it is a trailing blank. */

#include "client/formats/lines.h"

#include <string.h>

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
