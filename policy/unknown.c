/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Spans of leaves and sub-leaves, and bits of MSRs, that a table's source is silent about: as forms
 * of files, the JSON of guests and the wire have them. What they mean for a check is compiled in words.c; what was not checked because of them is in coverage.c. */

#include "policy/unknown.h"

#include <string.h>

#include "policy/error.h"
#include "policy/place.h"

struct Unknown {
        GArray *spans; /* UnknownSpan */
        GArray *msrs;  /* UnknownMsr, by index */
};

Unknown *unknown_new(void) {
        Unknown *unknown = g_new0(Unknown, 1);

        unknown->spans = g_array_new(FALSE, FALSE, sizeof(UnknownSpan));
        unknown->msrs = g_array_new(FALSE, FALSE, sizeof(UnknownMsr));
        return unknown;
}

Unknown *unknown_copy(const Unknown *unknown) {
        Unknown *copy = unknown_new();

        g_array_append_vals(copy->spans, unknown->spans->data, unknown->spans->len);
        g_array_append_vals(copy->msrs, unknown->msrs->data, unknown->msrs->len);
        return copy;
}

Unknown *unknown_free(Unknown *unknown) {
        if (!unknown)
                return NULL;

        g_array_unref(unknown->spans);
        g_array_unref(unknown->msrs);
        g_free(unknown);
        return NULL;
}

static bool span_is_empty(const UnknownSpan *span) {
        static const uint32_t nothing[N_REGISTERS];

        return memcmp(span->masks, nothing, sizeof(nothing)) == 0 || span->leaf > span->leaf_last ||
                span->subleaf > span->subleaf_last;
}

static bool span_contains(const UnknownSpan *span, const UnknownSpan *other) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (other->masks[reg] & ~span->masks[reg])
                        return false;

        return other->leaf >= span->leaf && other->leaf_last <= span->leaf_last &&
                other->subleaf >= span->subleaf && other->subleaf_last <= span->subleaf_last;
}

/* Registers of one place come one after the other. */
static bool span_merge(UnknownSpan *span, const UnknownSpan *other) {
        if (span->leaf != other->leaf || span->leaf_last != other->leaf_last ||
            span->subleaf != other->subleaf || span->subleaf_last != other->subleaf_last)
                return false;

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                span->masks[reg] |= other->masks[reg];
        return true;
}

void unknown_add(Unknown *unknown, const UnknownSpan *span) {
        static const UnknownSpan everything = {
                .leaf_last = UINT32_MAX,
                .subleaf_last = UINT32_MAX,
                .masks = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
        };
        size_t n = unknown->spans->len;

        if (span_is_empty(span))
                return;
        for (size_t i = 0; i < n; i++)
                if (span_contains(unknown_at(unknown, i), span))
                        return;
        if (n > 0 && span_merge(&g_array_index(unknown->spans, UnknownSpan, n - 1), span))
                return;

        if (n >= UNKNOWN_MAX) {
                g_array_set_size(unknown->spans, 0);
                span = &everything;
        }
        g_array_append_vals(unknown->spans, span, 1);
}

void unknown_add_leaves(Unknown *unknown, uint32_t first, uint32_t last) {
        const UnknownSpan span = {
                first, last, 0, UINT32_MAX, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX }
        };

        unknown_add(unknown, &span);
}

void unknown_add_subleaves(Unknown *unknown, uint32_t leaf, uint32_t first, uint32_t last) {
        const UnknownSpan span = {
                leaf, leaf, first, last, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX }
        };

        unknown_add(unknown, &span);
}

void unknown_add_bits(Unknown *unknown, uint32_t leaf, uint32_t subleaf, Register reg,
                      uint32_t mask) {
        UnknownSpan span = { leaf, leaf, subleaf, subleaf, {} };

        span.masks[reg] = mask;
        unknown_add(unknown, &span);
}

void unknown_add_msr(Unknown *unknown, uint32_t index, uint64_t mask) {
        UnknownMsr added = { index, mask };
        size_t i = 0;

        if (mask == 0)
                return;

        while (i < unknown->msrs->len && unknown_msr_at(unknown, i)->index < index)
                i++;
        if (i < unknown->msrs->len && unknown_msr_at(unknown, i)->index == index)
                g_array_index(unknown->msrs, UnknownMsr, i).mask |= mask;
        else if (unknown->msrs->len < UNKNOWN_MAX || field_leaf_find(FIELD_INTERFACE_MSR, index))
                g_array_insert_val(unknown->msrs, i, added);
}

void unknown_add_all(Unknown *unknown, const Unknown *other) {
        for (size_t i = 0; i < unknown_size(other); i++)
                unknown_add(unknown, unknown_at(other, i));
        for (size_t i = 0; i < unknown_n_msrs(other); i++)
                unknown_add_msr(unknown, unknown_msr_at(other, i)->index,
                                unknown_msr_at(other, i)->mask);
}

bool unknown_is_empty(const Unknown *unknown) {
        return unknown_size(unknown) == 0 && unknown_n_msrs(unknown) == 0;
}

size_t unknown_size(const Unknown *unknown) {
        return unknown ? unknown->spans->len : 0;
}

const UnknownSpan *unknown_at(const Unknown *unknown, size_t i) {
        return &g_array_index(unknown->spans, UnknownSpan, i);
}

size_t unknown_n_msrs(const Unknown *unknown) {
        return unknown ? unknown->msrs->len : 0;
}

const UnknownMsr *unknown_msr_at(const Unknown *unknown, size_t i) {
        return &g_array_index(unknown->msrs, UnknownMsr, i);
}

uint64_t unknown_msr_mask(const Unknown *unknown, uint32_t index) {
        for (size_t i = 0; i < unknown_n_msrs(unknown); i++)
                if (unknown_msr_at(unknown, i)->index == index)
                        return unknown_msr_at(unknown, i)->mask;

        return 0;
}

uint32_t unknown_mask(const Unknown *unknown, uint32_t leaf, uint32_t subleaf, Register reg) {
        uint32_t mask = 0;

        for (size_t i = 0; i < unknown_size(unknown); i++) {
                const UnknownSpan *span = unknown_at(unknown, i);

                if (leaf >= span->leaf && leaf <= span->leaf_last && subleaf >= span->subleaf &&
                    subleaf <= span->subleaf_last)
                        mask |= span->masks[reg];
        }

        return mask;
}

static bool is_whole(const UnknownSpan *span) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (span->masks[reg] != UINT32_MAX)
                        return false;

        return true;
}

/* Registers are told of with their sub-leaves, even if those are all. */
static char *format_start(const UnknownSpan *span) {
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_printf(text, "0x%x", span->leaf);
        if (span->leaf_last != span->leaf)
                g_string_append_printf(text, "-0x%x", span->leaf_last);
        if (span->subleaf == 0 && span->subleaf_last == UINT32_MAX && is_whole(span))
                return g_strdup(text->str);

        g_string_append_printf(text, ".%u", span->subleaf);
        if (span->subleaf_last == UINT32_MAX)
                g_string_append_c(text, '-');
        else if (span->subleaf_last != span->subleaf)
                g_string_append_printf(text, "-%u", span->subleaf_last);
        return g_strdup(text->str);
}

/* Each run of bits is a text of its own. */
static void add_bits(GPtrArray *texts, const char *start, Register reg, uint32_t mask) {
        const char *name = register_to_string(reg);

        while (mask) {
                unsigned low = __builtin_ctz(mask), high = low;

                while (high < 31 && (mask & (UINT32_C(2) << high)))
                        high++;
                mask &= ~((UINT32_MAX >> (31 - (high - low))) << low);

                if (low == 0 && high == 31)
                        g_ptr_array_add(texts, g_strdup_printf("%s:%s", start, name));
                else if (low == high)
                        g_ptr_array_add(texts, g_strdup_printf("%s:%s[%u]", start, name, low));
                else
                        g_ptr_array_add(texts,
                                        g_strdup_printf("%s:%s[%u:%u]", start, name, high, low));
        }
}

static void add_texts(GPtrArray *texts, const UnknownSpan *span) {
        g_autofree char *start = format_start(span);

        if (is_whole(span)) {
                g_ptr_array_add(texts, g_steal_pointer(&start));
                return;
        }

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                add_bits(texts, start, reg, span->masks[reg]);
}

/* Likewise */
static void add_msr_texts(GPtrArray *texts, const UnknownMsr *msr) {
        for (unsigned low = 0; low < 64; low++) {
                unsigned high = low;

                if (!(msr->mask >> low & 1))
                        continue;
                while (high < 63 && msr->mask >> (high + 1) & 1)
                        high++;
                g_ptr_array_add(texts, place_format_msr(msr->index, high, low));
                low = high;
        }
}

char **unknown_to_texts(const Unknown *unknown) {
        GPtrArray *texts = g_ptr_array_new();

        for (size_t i = 0; i < unknown_size(unknown); i++)
                add_texts(texts, unknown_at(unknown, i));
        for (size_t i = 0; i < unknown_n_msrs(unknown); i++)
                add_msr_texts(texts, unknown_msr_at(unknown, i));

        g_ptr_array_add(texts, NULL);
        return (char **) g_ptr_array_free(texts, FALSE);
}

/* "A", "A-B" and, where the end may be open, "A-" */
static bool parse_run(const char *text, unsigned base, bool may_be_open, uint32_t *ret_first,
                      uint32_t *ret_last) {
        g_auto(GStrv) ends = g_strsplit(text, "-", 3);
        unsigned n = g_strv_length(ends);
        uint64_t values[2] = {};

        if (n < 1 || n > 2)
                return false;

        for (unsigned i = 0; i < n; i++) {
                const char *digits =
                        base == 16 && g_str_has_prefix(ends[i], "0x") ? ends[i] + 2 : ends[i];

                if (i == 1 && may_be_open && !*digits)
                        values[i] = UINT32_MAX;
                else if (!g_ascii_string_to_unsigned(digits, base, 0, UINT32_MAX, &values[i], NULL))
                        return false;
        }

        *ret_first = values[0];
        *ret_last = n == 2 ? values[1] : values[0];
        return *ret_first <= *ret_last;
}

/* "ecx", "ecx[27]", "edx[31:16]": as in a place */
static bool parse_register(const char *text, UnknownSpan *span) {
        g_autofree char *place = g_strdup_printf("0x0.0:%s", text);
        Place at;

        if (!place_parse(place, &at, NULL) || !at.has_register)
                return false;

        memset(span->masks, 0, sizeof(span->masks));
        span->masks[at.reg] = (UINT32_MAX >> (31 - (at.high - at.low))) << at.low;
        return true;
}

bool unknown_span_parse(const char *text, UnknownSpan *ret, GError **error) {
        UnknownSpan span = { .subleaf_last = UINT32_MAX,
                             .masks = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } };
        g_auto(GStrv) parts = g_strsplit(text, ":", 2);
        g_auto(GStrv) leaves = g_strsplit(parts[0] ?: "", ".", 2);

        if (leaves[0] && parse_run(leaves[0], 16, false, &span.leaf, &span.leaf_last) &&
            (!leaves[1] || parse_run(leaves[1], 10, true, &span.subleaf, &span.subleaf_last)) &&
            (!parts[1] || (leaves[1] && parse_register(parts[1], &span)))) {
                *ret = span;
                return true;
        }

        g_set_error(error, POLICY_ERROR, POLICY_ERROR_PLACE,
                    "'%s' is no run of places in CPUID: expected one such as 0x14, 0x20-0x23, "
                    "0x7.1-, 0xd.2-62, 0x1.0:ecx[27] or msr 0x10a[5]",
                    text);
        return false;
}

bool unknown_add_text(Unknown *unknown, const char *text, GError **error) {
        UnknownSpan span;
        Place place;

        if (g_ascii_strncasecmp(text, "msr", 3) == 0) {
                if (!place_parse(text, &place, error))
                        return false;

                unknown_add_msr(unknown, place.leaf,
                                (UINT64_MAX >> (63 - (place.high - place.low))) << place.low);
                return true;
        }

        if (!unknown_span_parse(text, &span, error))
                return false;

        unknown_add(unknown, &span);
        return true;
}

Unknown *unknown_new_from_words(const uint32_t *words, size_t n_words, GError **error) {
        g_autoptr(Unknown) unknown = unknown_new();

        if (n_words % UNKNOWN_SPAN_WORDS != 0 || n_words / UNKNOWN_SPAN_WORDS > UNKNOWN_MAX) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            "%zu words of what is unknown: expected %zu each (first and last leaf, "
                            "first and last sub-leaf, eax, ebx, ecx, edx), at most %d times",
                            n_words, UNKNOWN_SPAN_WORDS, UNKNOWN_MAX);
                return NULL;
        }

        for (size_t i = 0; i < n_words; i += UNKNOWN_SPAN_WORDS) {
                UnknownSpan span;

                memcpy(&span, words + i, sizeof(span));
                if (span.leaf > span.leaf_last || span.subleaf > span.subleaf_last) {
                        g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                                    "what is unknown, run %zu: ends before it starts",
                                    i / UNKNOWN_SPAN_WORDS + 1);
                        return NULL;
                }
                unknown_add(unknown, &span);
        }

        return g_steal_pointer(&unknown);
}

const uint32_t *unknown_words(const Unknown *unknown) {
        return (const uint32_t *) unknown->spans->data;
}
