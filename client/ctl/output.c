/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a command has to say is gathered here and written when the command has succeeded, so that
 * nothing of a half answer is on standard output. All that people read goes through
 * text_printable(): the names of guests and hosts are anybody's. */

#include "client/ctl/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/cpuidd.h"

#define RESET "\033[0m"

struct Output {
        GString *text;
        unsigned width;
        unsigned column;
        bool has_color;
        bool ends_blank; /* what was added last, or nothing was yet */
};

Output *output_new(unsigned width, bool has_color) {
        Output *output = g_new0(Output, 1);

        output->text = g_string_new(NULL);
        output->width = width;
        output->has_color = has_color;
        return output;
}

Output *output_free(Output *output) {
        if (!output)
                return NULL;

        g_string_free(output->text, TRUE);
        g_free(output);
        return NULL;
}

unsigned output_width(const Output *output) {
        return output->width;
}

unsigned text_width(const char *text) {
        g_autofree char *printable = text_printable(text);

        return g_utf8_strlen(printable, -1);
}

char *text_printable(const char *text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_autoptr(GString) printable = g_string_new(NULL);
        bool is_utf8 = g_get_charset(NULL);

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (c == '\n' || c == '\t')
                        g_string_append_c(printable, ' ');
                else if (!g_unichar_isprint(c) || (c > 0x7f && !is_utf8))
                        g_string_append_c(printable, '?');
                else
                        g_string_append_unichar(printable, c);
        }

        return g_string_free(g_steal_pointer(&printable), FALSE);
}

void output_add(Output *output, Style style, const char *text) {
        static const char *const codes[] = {
                [STYLE_PLAIN] = "",
                [STYLE_BOLD] = "\033[1m",
                [STYLE_DIM] = "\033[2m",
                [STYLE_GOOD] = "\033[32m",
                [STYLE_DOUBTFUL] = "\033[33m",
                [STYLE_BAD] = "\033[1;31m",
        };
        g_autofree char *printable = text_printable(text);
        bool is_colored = output->has_color && style != STYLE_PLAIN && *printable;

        g_string_append_printf(output->text, "%s%s%s", is_colored ? codes[style] : "", printable,
                               is_colored ? RESET : "");
        output->column += g_utf8_strlen(printable, -1);
        output->ends_blank = g_str_has_suffix(printable, " ");
}

void output_addf(Output *output, Style style, const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        output_add(output, style, text);
}

void output_column(Output *output, unsigned column) {
        unsigned n = output->column < column ? column - output->column : output->column > 0;

        g_string_append_printf(output->text, "%*s", (int) n, "");
        output->column += n;
        output->ends_blank = true;
}

void output_word(Output *output, Style style, unsigned indent, const char *word) {
        if (output->column >= indent && output->column > 0 && !output->ends_blank) {
                if (output->column + 1 + text_width(word) > output->width)
                        output_end_line(output);
                else
                        output_add(output, STYLE_PLAIN, " ");
        }

        if (output->column < indent)
                output_column(output, indent);
        output_add(output, style, word);
}

void output_wrap(Output *output, Style style, unsigned indent, const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (size_t i = 0; lines[i]; i++) {
                g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);

                if (i > 0)
                        output_end_line(output);
                for (size_t j = 0; words[j]; j++)
                        if (*words[j])
                                output_word(output, style, indent, words[j]);
        }
}

void output_end_line(Output *output) {
        g_string_append_c(output->text, '\n');
        output->column = 0;
}

void output_document(Output *output, const char *text) {
        g_string_append(output->text, text);
        if (!g_str_has_suffix(text, "\n"))
                g_string_append_c(output->text, '\n');
}

bool output_flush(Output *output, GError **error) {
        bool is_written = fputs(output->text->str, stdout) >= 0 && fflush(stdout) == 0;

        if (!is_written)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_FAILED,
                            "standard output cannot be written: %s", g_strerror(errno));
        g_string_truncate(output->text, 0);
        return is_written;
}
