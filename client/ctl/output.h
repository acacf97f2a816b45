/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text for people: colours, columns, lines that end where the terminal does */

#include <stdbool.h>

#include <glib.h>

typedef enum Style {
        STYLE_PLAIN,
        STYLE_BOLD,
        STYLE_DIM,
        STYLE_GOOD,
        STYLE_DOUBTFUL,
        STYLE_BAD,
} Style;

typedef struct Output Output;

Output *output_new(unsigned width, bool has_color);
Output *output_free(Output *output);

unsigned output_width(const Output *output);

/* Where the line is: nothing is broken over lines */
void output_add(Output *output, Style style, const char *text);
void output_addf(Output *output, Style style, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Blanks up to @column, at least one if the line is there already */
void output_column(Output *output, unsigned column);

/* A word behind the others; where the line is full, in the next one from column @indent on */
void output_word(Output *output, Style style, unsigned indent, const char *word);

/* All words of a text. A newline in it begins a line. */
void output_wrap(Output *output, Style style, unsigned indent, const char *text);

void output_end_line(Output *output);

/* As it is, with a newline: for JSON and other text that is not for people */
void output_document(Output *output, const char *text);

/* Writes to standard output what there is, and forgets it. CPUIDD_ERROR_FAILED. */
bool output_flush(Output *output, GError **error);

/* How many columns the text takes */
unsigned text_width(const char *text);

/* In one line, and without what would change the terminal: names come out of files */
char *text_printable(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_free)
