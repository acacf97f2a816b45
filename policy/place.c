/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Places in CPUID, written in one way and read in all the ways that manuals, kernels and people
 * write them. */

#include "policy/place.h"

#include <string.h>

#include "policy/error.h"

char *place_format(uint32_t leaf, uint32_t subleaf, Register reg, unsigned high, unsigned low) {
        if (low == 0 && high == 31)
                return g_strdup_printf("0x%x.%u:%s", leaf, subleaf, register_to_string(reg));
        if (low == high)
                return g_strdup_printf("0x%x.%u:%s[%u]", leaf, subleaf, register_to_string(reg),
                                       low);
        return g_strdup_printf("0x%x.%u:%s[%u:%u]", leaf, subleaf, register_to_string(reg), high,
                               low);
}

char *place_format_msr(uint32_t index, unsigned high, unsigned low) {
        if (low == 0 && high == 63)
                return g_strdup_printf("msr 0x%x", index);
        if (low == high)
                return g_strdup_printf("msr 0x%x[%u]", index, low);
        return g_strdup_printf("msr 0x%x[%u:%u]", index, high, low);
}

/* The text in lower case, with everything that only decorates it turned into blanks: "7 0 ebx 6"
 * is left of all spellings. Words that name what follows ("cpuid", "eax=", "ecx=", "bit", "h"
 * behind digits) are dropped by next_token(). */
static char *simplify(const char *text) {
        char *simple = g_ascii_strdown(text, -1);

        for (char *c = simple; *c; c++)
                if (strchr(".:,()[]=\t", *c))
                        *c = ' ';

        return g_strstrip(simple);
}

static bool is_register(const char *token, Register *ret) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (strcmp(token, register_to_string(reg)) == 0) {
                        *ret = reg;
                        return true;
                }

        return false;
}

static bool parse_number(const char *token, unsigned base, uint32_t max, uint32_t *ret) {
        size_t n = strlen(token);
        g_autofree char *digits = NULL;
        guint64 value;

        if (g_str_has_prefix(token, "0x")) {
                base = 16;
                digits = g_strdup(token + 2);
        } else if (n > 1 && token[n - 1] == 'h') {
                base = 16;
                digits = g_strndup(token, n - 1);
        } else
                digits = g_strdup(token);

        if (!g_ascii_string_to_unsigned(digits, base, 0, max, &value, NULL))
                return false;

        *ret = value;
        return true;
}

/* "cpuid" and, in the SDM's notation, the names of the input registers say nothing:
 * CPUID.(EAX=07H,ECX=0):EBX[bit 6] */
static GStrv drop_decoration(GStrv tokens) {
        GStrv out = g_new0(char *, g_strv_length(tokens) + 1);
        size_t n = 0;

        for (size_t i = 0; tokens[i]; i++) {
                bool is_input = tokens[i + 1] && n < 2 &&
                        ((n == 0 && strcmp(tokens[i], "eax") == 0) ||
                         (n == 1 && strcmp(tokens[i], "ecx") == 0)) &&
                        g_ascii_isdigit(tokens[i + 1][0]) && tokens[i + 2];

                if (tokens[i][0] == '\0' || is_input || g_str_equal(tokens[i], "cpuid") ||
                    g_str_equal(tokens[i], "leaf") || g_str_equal(tokens[i], "bit") ||
                    g_str_equal(tokens[i], "bits") || g_str_equal(tokens[i], "subleaf"))
                        continue;

                out[n++] = g_strdup(tokens[i]);
        }

        return out;
}

/* BIT or HIGH LOW, at the end of the place */
static bool parse_bits(GStrv tokens, unsigned last, Place *place) {
        uint32_t value;

        if (!tokens[0])
                return true;

        if (!parse_number(tokens[0], 10, last, &value))
                return false;
        place->high = place->low = value;
        place->has_bits = true;
        if (!tokens[1])
                return true;

        if (!parse_number(tokens[1], 10, last, &value))
                return false;
        place->low = MIN(place->high, value);
        place->high = MAX(place->high, value);
        return tokens[2] == NULL;
}

static bool parse_msr(GStrv tokens, Place *ret) {
        Place place = { .high = 63, .is_msr = true };

        if (!tokens[0] || !parse_number(tokens[0], 16, UINT32_MAX, &place.leaf) ||
            !parse_bits(tokens + 1, 63, &place))
                return false;

        *ret = place;
        return true;
}

static bool parse_tokens(GStrv tokens, Place *ret) {
        Place place = { .high = 31 };
        size_t i = 0;

        if (tokens[i] && g_str_equal(tokens[i], "msr"))
                return parse_msr(tokens + 1, ret);
        if (!tokens[i] || !parse_number(tokens[i++], 16, UINT32_MAX, &place.leaf))
                return false;

        if (tokens[i] && !is_register(tokens[i], &place.reg)) {
                if (!parse_number(tokens[i++], 10, UINT32_MAX, &place.subleaf))
                        return false;
                place.has_subleaf = true;
        }

        if (tokens[i]) {
                if (!is_register(tokens[i++], &place.reg))
                        return false;
                place.has_register = true;
                place.has_subleaf = true;
        }

        if (!parse_bits(tokens + i, 31, &place))
                return false;

        *ret = place;
        return true;
}

bool place_parse(const char *text, Place *ret, GError **error) {
        g_autofree char *simple = simplify(text);
        g_auto(GStrv) split = g_strsplit(simple, " ", 64);
        g_auto(GStrv) tokens = drop_decoration(split);

        if (!parse_tokens(tokens, ret)) {
                g_set_error(
                        error, POLICY_ERROR, POLICY_ERROR_PLACE,
                        "'%s' is no place in CPUID: expected LEAF.SUBLEAF:REGISTER[BIT] such as "
                        "0x7.0:ebx[6]",
                        text);
                return false;
        }

        return true;
}
