/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of a trial's texts. Strict, since both ends are of one build: whatever is not as it is
 * written here is a mistake, or somebody's attempt. */

#include "policy/trial-line.h"

#include <string.h>

#include "policy/error.h"
#include "policy/trial-text.h"

bool trial_line_refuse(const TrialLine *line, GError **error, const char *expected) {
        g_set_error(error, POLICY_ERROR, POLICY_ERROR_RECORDING, "line %u: expected %s",
                    line->number, expected);
        return false;
}

static bool split(TrialLine *line) {
        char *at = line->text;

        line->n_words = 0;
        while (line->n_words < TRIAL_LINE_WORDS) {
                size_t n = strcspn(at, " ");

                line->words[line->n_words++] = at;
                line->words[line->n_words] = NULL;
                if (at[n] == '\0')
                        return true;
                at[n] = '\0';
                at += n + 1;
        }

        return false;
}

bool trial_line_next(TrialLine *line, GError **error) {
        size_t n_rest = line->end - line->at, n;
        const char *newline = n_rest > 0 ? memchr(line->at, '\n', n_rest) : NULL;

        line->number++;
        if (!newline)
                return trial_line_refuse(line, error, "'end': the text was cut off");

        n = newline - line->at;
        if (n > TRIAL_LINE_MAX)
                return trial_line_refuse(line, error, "a line of at most 255 characters");
        if (memchr(line->at, '\0', n))
                return trial_line_refuse(line, error, "text, not binary");

        memcpy(line->text, line->at, n);
        line->text[n] = '\0';
        line->at = newline + 1;
        return split(line) || trial_line_refuse(line, error, "fewer words");
}

bool trial_line_begin(TrialLine *line, const char *text, size_t n_text, const char *magic,
                      GError **error) {
        size_t n_magic = strlen(magic);

        *line = (TrialLine){ .at = text, .end = text + n_text, .number = 1 };
        if (n_text > TRIAL_TEXT_MAX)
                return trial_line_refuse(line, error, "a text of at most 16 MiB");

        if (n_text <= n_magic || memcmp(text, magic, n_magic) != 0 || text[n_magic] != '\n') {
                g_autofree char *expected = g_strdup_printf("'%s'", magic);

                return trial_line_refuse(line, error, expected);
        }

        line->at += n_magic + 1;
        return true;
}

bool trial_line_finish(TrialLine *line, GError **error) {
        if (line->at == line->end)
                return true;

        line->number++;
        return trial_line_refuse(line, error, "nothing behind 'end'");
}

bool trial_line_is(const TrialLine *line, const char *keyword, size_t n_words) {
        return line->n_words == n_words && strcmp(line->words[0], keyword) == 0;
}

bool trial_line_number(const TrialLine *line, size_t word, uint64_t max, uint64_t *ret) {
        const char *text = word < line->n_words ? line->words[word] : "";
        bool is_hex = g_str_has_prefix(text, "0x");
        guint64 value;

        if (!g_ascii_string_to_unsigned(is_hex ? text + 2 : text, is_hex ? 16 : 10, 0, max, &value,
                                        NULL))
                return false;

        *ret = value;
        return true;
}

bool trial_line_register(const TrialLine *line, size_t word, Register *ret) {
        for (Register reg = 0; word < line->n_words && reg < N_REGISTERS; reg++)
                if (strcmp(line->words[word], register_to_string(reg)) == 0) {
                        *ret = reg;
                        return true;
                }

        return false;
}

bool trial_line_row(const TrialLine *line, Leaf *ret) {
        uint32_t row[LEAF_N_WORDS];
        uint64_t value;

        if (line->n_words != LEAF_N_WORDS + 1)
                return false;

        for (size_t i = 0; i < LEAF_N_WORDS; i++) {
                if (!trial_line_number(line, i + 1, UINT32_MAX, &value))
                        return false;
                row[i] = value;
        }

        memcpy(ret, row, sizeof(*ret));
        return true;
}

void trial_line_append_row(GString *text, const char *keyword, const Leaf *row) {
        g_string_append_printf(text, "%s 0x%x %u %u 0x%x 0x%x 0x%x 0x%x\n", keyword, row->leaf,
                               row->subleaf, row->flags, row->registers[REGISTER_EAX],
                               row->registers[REGISTER_EBX], row->registers[REGISTER_ECX],
                               row->registers[REGISTER_EDX]);
}
