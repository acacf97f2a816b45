/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A trial's texts, line by line: words with a blank between, the first of them a keyword. Nothing is
 * allocated: the text may be as large as the process that reads it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

#define TRIAL_REQUEST_MAGIC "cpuidd-trial 1"
#define TRIAL_EVIDENCE_MAGIC "cpuidd-evidence 1"

#define TRIAL_LINE_MAX 255
#define TRIAL_LINE_WORDS 12

typedef struct TrialLine {
        const char *at; /* behind the line */
        const char *end;
        unsigned number;
        char text[TRIAL_LINE_MAX + 1];
        const char *words[TRIAL_LINE_WORDS + 1]; /* ended by NULL */
        size_t n_words;
} TrialLine;

/* Reads the first line, which has to be @magic. All errors are POLICY_ERROR_RECORDING with the
 * line's number. */
bool trial_line_begin(TrialLine *line, const char *text, size_t n_text, const char *magic,
                      GError **error);
/* A text that ends without 'end' is refused: there is always a next line. */
bool trial_line_next(TrialLine *line, GError **error);
/* The line is 'end': nothing may be behind it */
bool trial_line_finish(TrialLine *line, GError **error);

/* Always false: "line 7: expected 'msr INDEX VALUE'" */
bool trial_line_refuse(const TrialLine *line, GError **error, const char *expected);

bool trial_line_is(const TrialLine *line, const char *keyword, size_t n_words);
bool trial_line_number(const TrialLine *line, size_t word, uint64_t max, uint64_t *ret);
bool trial_line_register(const TrialLine *line, size_t word, Register *ret);
/* Seven numbers from word 1 on, and nothing else */
bool trial_line_row(const TrialLine *line, Leaf *ret);

/* The other way round: "KEYWORD 0x7 0 1 0x2 0x0 0x0 0x0" */
void trial_line_append_row(GString *text, const char *keyword, const Leaf *row);
