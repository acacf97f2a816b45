/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One line of AIDA64's text: its parts, each exactly as it is written. What a number lacks or has
 * more is refused, here as "false"; who reads the line says what was expected. */

#include "client/formats/aida64-line.h"

#include <string.h>

#include <glib.h>

#define N_MSR_GROUPS 4

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

/* Exactly so many, and no more follow */
static bool read_digits(const char **p, unsigned n_digits, uint32_t *ret) {
        uint32_t value = 0;

        for (unsigned i = 0; i < n_digits; i++) {
                int digit = g_ascii_xdigit_value((*p)[i]);

                if (digit < 0)
                        return false;
                value = value << 4 | digit;
        }

        if (g_ascii_isalnum((*p)[n_digits]))
                return false;

        *p += n_digits;
        *ret = value;
        return true;
}

bool aida64_read_leaf(const char **p, uint32_t *ret) {
        const char *at = skip_blanks(*p);

        if (!g_str_has_prefix(at, "CPUID"))
                return false;
        at += strlen("CPUID");
        if (*at != ' ' && *at != '\t')
                return false;

        at = skip_blanks(at);
        if (!read_digits(&at, 8, ret) || !strchr(" \t:", *at))
                return false;

        *p = at + strspn(at, " \t:");
        return true;
}

bool aida64_is_leaf(const char *line) {
        uint32_t leaf;

        return aida64_read_leaf(&line, &leaf);
}

/* Behind the values is nothing, or a note. */
static bool is_note(const char **p) {
        *p = skip_blanks(*p);
        return !**p || **p == '[';
}

bool aida64_read_registers(const char **p, Leaf *row) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                if (reg > 0) {
                        const char *at = skip_blanks(*p);

                        if (*at == '-')
                                at = skip_blanks(at + 1);
                        else if (at == *p)
                                return false;
                        *p = at;
                }
                if (!read_digits(p, 8, &row->registers[reg]))
                        return false;
        }

        return is_note(p);
}

bool aida64_read_subleaf(const char **p, bool *ret_has, uint32_t *ret) {
        const char *at = strstr(*p, "[SL ");
        uint64_t value;
        char *end;

        *ret_has = at != NULL;
        if (!at)
                return true;

        *p = at;
        at += strlen("[SL ");
        value = g_ascii_strtoull(at, &end, 16);
        if (!g_ascii_isxdigit(*at) || *end != ']' || value > UINT32_MAX)
                return false;

        *ret = value;
        return true;
}

bool aida64_read_index(const char **p, uint32_t *ret) {
        const char *at = skip_blanks(*p);

        if (!g_str_has_prefix(at, "MSR "))
                return false;

        at = skip_blanks(at + strlen("MSR "));
        if (!read_digits(&at, 8, ret) || *at != ':')
                return false;

        *p = skip_blanks(at + 1);
        return true;
}

bool aida64_read_msr_value(const char **p, uint64_t *ret) {
        uint64_t value = 0;

        for (unsigned i = 0; i < N_MSR_GROUPS; i++) {
                uint32_t group;

                if (i > 0 && *(*p)++ != '-') {
                        (*p)--;
                        return false;
                }
                if (!read_digits(p, 4, &group))
                        return false;
                value = value << 16 | group;
        }

        *ret = value;
        return is_note(p);
}
