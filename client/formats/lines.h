/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines of a text, for the forms that are made of them */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "client/formats/dump.h"

typedef struct Lines {
        const char *next;
        const char *end;
        GString *line;
        unsigned number; /* of the line that was read last, from 1 on */
        bool is_cut;     /* it is the last one, and has no newline: something may be missing */
} Lines;

void lines_init(Lines *lines, const char *text, size_t n_text);
void lines_done(Lines *lines);

/* Without its end and trailing blanks; NULL where there is none. Good until the next call, and
 * may be changed by the caller. Zero bytes end a line for C's functions, not here. */
char *lines_next(Lines *lines);

/* Whether it holds a zero byte, which no line of text does */
bool lines_has_zero(const Lines *lines);

/* FORMAT_ERROR_CONTENT: "line 3, column 7: expected @expected, found '...'". @at: in the line that
 * was read last. Always false. */
bool lines_set_error(const Lines *lines, const char *at, const char *expected, GError **error);

/* FORMAT_ERROR_CONTENT where it holds a zero byte: C's functions would read a part of it. */
bool lines_check(const Lines *lines, GError **error);

/* What a terminal shows around a program's output, and no number of a register: a shell's prompt,
 * with or without a command, or a comment */
bool line_is_prompt(const char *line);
/* Four numbers of eight hex digits, joined by dashes, stand somewhere in it. */
bool line_has_registers(const char *line);
/* Of a line that is passed over though it is none of the form's: "line 1 is passed over: '...'" */
void lines_warn_passed(const Lines *lines, Dump *dump);

/* The same where a register does not stand, or not whole: @name, or NULL where nothing more was to
 * come */
bool lines_set_error_register(const Lines *lines, const char *at, const char *name, GError **error);

/* Whether some line of the first 64 KiB is one; for who looks for a form */
bool lines_some(const char *text, size_t n_text, bool (*is_one)(const char *line));

/* The line of dashes behind which libcpuid's tests say what they expect to be found out */
bool line_is_rule(const char *line);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lines, lines_done)
