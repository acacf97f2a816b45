/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists for people what was not checked. Leaves are gone through in stretches in which nothing
 * changes, each with its sub-leaves likewise; what no rule could have judged joins what stands
 * beside it, so that a list stays short. */

#include "policy/coverage.h"

#include <string.h>

#include "policy/msr.h"

/* More spans than this of one leaf are taken for the whole of it: nobody would read them. */
#define LEAF_SPANS_MAX 64

/* Whose silence is listed */
typedef struct Side {
        const Guest *guest;
        const Offer *offer; /* NULL: the guest's */
        const Words *words;
        const Words *located; /* in which interfaces are where @unknown has them */
        const Unknown *unknown;
        const LeafTable *table;
        uint32_t place[N_FIELD_GROUPS]; /* where each group's leaf is */
} Side;

/* Bits of the registers of a (leaf, sub-leaf) */
typedef struct Bits {
        uint32_t silent[N_REGISTERS]; /* the source does not tell these ... */
        uint32_t untold[N_REGISTERS]; /* ... and nothing else makes them known */
        uint32_t judged[N_REGISTERS]; /* some rule could judge these ... */
        uint32_t needed[N_REGISTERS]; /* ... and with this guest does */
} Bits;

typedef enum State {
        STATE_TOLD,
        STATE_IDLE, /* whether it is told or not matters to no rule */
        STATE_PART, /* some of what matters is not told */
        STATE_WHOLE,
} State;

/* The spans that are found, and whether the last one goes on */
typedef struct Runs {
        GArray *spans; /* UnknownSpan */
        bool is_open;
} Runs;

static bool tells_rate(const Side *side, const Field *field) {
        if (side->offer || side->guest->tsc_khz != 0)
                return false;

        for (size_t i = 0; i < N_FIELD_TELLS; i++)
                if (i != FIELD_TELLS_VIRTUAL && field_telling[i] == (int) field_index(field))
                        return true;

        return false;
}

static bool can_be_judged(const Side *side, const Field *field) {
        return field_decides(field) || tells_rate(side, field);
}

/* Whether the guest has something there that could break, whatever the host's side is */
static bool is_at_stake(const Side *side, const Field *field) {
        const Words *words = side->guest->words;
        uint32_t value = words_get(words, field);

        if (!side->offer)
                return true;
        if (!words_tell(words, field) ||
            (field->when != FIELD_NONE &&
             words_get(words, &field_table[field->when]) <= field->when_above))
                return false;

        switch (field->rule) {
        case FIELD_RULE_INVERTED:
                return value != field_mask(field) >> field->low;
        case FIELD_RULE_AT_LEAST:
                return true;
        case FIELD_RULE_EQUAL:
                return value != 0 ||
                        (field->when != FIELD_NONE && !(field->flags & FIELD_ZERO_UNUSED));
        default:
                return value != 0;
        }
}

static void judge_word(const Side *side, size_t word, Register reg, Bits *ret) {
        const FieldWord *rows = &field_words[word];
        uint32_t judged = rows->n_fields == 0 ? UINT32_MAX : 0, needed = 0;
        uint32_t value = side->guest->words->word[word];

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++) {
                const Field *field = &field_table[i];

                if (!can_be_judged(side, field))
                        continue;
                judged |= field_mask(field) | ~rows->known;
                if (is_at_stake(side, field))
                        needed |= field_mask(field);
        }

        ret->judged[reg] |= judged;
        ret->needed[reg] |= needed | (~rows->known & judged & (side->offer ? value : UINT32_MAX));
        ret->untold[reg] |= words_untold(side->words, word);
}

static bool leaf_can_be_judged(const Side *side, uint32_t leaf) {
        for (size_t i = 0; i < N_FIELDS; i++)
                if (field_table[i].word != FIELD_NONE &&
                    field_table[i].interface != FIELD_INTERFACE_MSR &&
                    side->place[field_table[i].word / N_REGISTERS] == leaf &&
                    can_be_judged(side, &field_table[i]))
                        return true;

        return false;
}

static bool is_group_at(const Side *side, size_t group, uint32_t leaf) {
        return field_groups[group].interface != FIELD_INTERFACE_MSR && side->place[group] == leaf;
}

/* Whether a leaf without rows is one that a guest can see. Where no maximum is told, none behind
 * all those that have rows is listed: that the maximum is not told is. */
static bool is_in_reach(const Side *side, uint32_t leaf) {
        uint32_t base = words_range_base(leaf),
                 bytes = leaf >= 0x40000000 && leaf < 0x50000000 ? 0xff : 0xffff;
        const Leaf *row = leaf_table_find(side->table, base, 0);

        if (row && (row->registers[REGISTER_EAX] | row->registers[REGISTER_EBX]) &&
            unknown_mask(side->unknown, base, 0, REGISTER_EAX) == 0)
                return words_see(side->table, side->unknown, leaf);

        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].interface != FIELD_INTERFACE_MSR && side->place[i] > leaf &&
                    side->place[i] - base <= bytes)
                        return true;

        return false;
}

/* A place without rows of its own */
static void look_at_rest(const Side *side, uint32_t leaf, uint32_t subleaf, Bits *ret) {
        uint32_t known[N_REGISTERS];
        FieldInterface interface;
        uint32_t number;

        if (!words_locate(side->located, leaf, &interface, &number))
                interface = FIELD_INTERFACE_CPU;
        field_wildcard_masks(interface, leaf, subleaf, known);

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                const Words *words = side->guest->words;
                bool is_needed = !side->offer || words_extra(words, leaf, subleaf, reg);

                ret->untold[reg] = ret->silent[reg];
                ret->judged[reg] = known[reg] == 0 ? UINT32_MAX : 0;
                ret->needed[reg] = is_needed ? ret->judged[reg] : 0;
        }
}

static Bits look_at(const Side *side, uint32_t leaf, uint32_t subleaf) {
        Bits bits = {};
        bool has_rows = false;

        for (size_t i = 0; i < N_FIELD_GROUPS; i++) {
                if (!is_group_at(side, i, leaf) || field_groups[i].subleaf != subleaf)
                        continue;
                has_rows = true;
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        judge_word(side, i * N_REGISTERS + reg, reg, &bits);
        }

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                bits.silent[reg] = unknown_mask(side->unknown, leaf, subleaf, reg);
        if (!has_rows)
                look_at_rest(side, leaf, subleaf, &bits);
        return bits;
}

/* @ret_masks: what is to be listed of it */
static State classify(const Bits *bits, uint32_t ret_masks[N_REGISTERS]) {
        bool is_hit = false, is_whole = true;

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t hit = bits->untold[reg] & bits->needed[reg];

                is_hit |= hit != 0;
                is_whole &= bits->silent[reg] == UINT32_MAX || bits->judged[reg] == 0;
                ret_masks[reg] = hit && bits->silent[reg] == UINT32_MAX ? UINT32_MAX : hit;
        }

        if (is_hit && is_whole)
                memset(ret_masks, 0xff, N_REGISTERS * sizeof(*ret_masks));
        return is_hit ? (is_whole ? STATE_WHOLE : STATE_PART) :
                        (is_whole ? STATE_IDLE : STATE_TOLD);
}

static UnknownSpan *last_of(const Runs *runs) {
        return &g_array_index(runs->spans, UnknownSpan, runs->spans->len - 1);
}

/* Breakpoints: sorted, each once */
static int compare_numbers(const void *a, const void *b) {
        uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return (left > right) - (left < right);
}

static void sort_breaks(GArray *breaks) {
        size_t n = 0;

        g_array_sort(breaks, compare_numbers);
        for (size_t i = 0; i < breaks->len; i++)
                if (i == 0 ||
                    g_array_index(breaks, uint32_t, i) != g_array_index(breaks, uint32_t, n - 1))
                        g_array_index(breaks, uint32_t, n++) = g_array_index(breaks, uint32_t, i);
        g_array_set_size(breaks, n);
}

static void add_break(GArray *breaks, uint32_t number) {
        g_array_append_val(breaks, number);
}

/* Before @first and behind @last something else may begin. */
static void add_breaks(GArray *breaks, uint32_t first, uint32_t last) {
        add_break(breaks, first);
        if (last < UINT32_MAX)
                add_break(breaks, last + 1);
}

static uint32_t break_end(const GArray *breaks, size_t i) {
        return i + 1 < breaks->len ? g_array_index(breaks, uint32_t, i + 1) - 1 : UINT32_MAX;
}

/* The highest sub-leaf that can be there */
static uint32_t last_subleaf(const Side *side, uint32_t leaf) {
        uint32_t last = UINT32_MAX;

        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                const FieldLeaf *known;

                if (field->word == FIELD_NONE ||
                    !is_group_at(side, field->word / N_REGISTERS, leaf))
                        continue;
                known = field_leaf_find(field->interface, field->leaf);
                if (known && !known->indexed)
                        return 0;
                if ((field->flags & FIELD_MAXIMUM_SUBLEAF) && words_tell(side->words, field))
                        last = words_get(side->words, field);
        }

        return last;
}

static GArray *subleaf_breaks(const Side *side, uint32_t leaf, size_t *ret_n_spans) {
        GArray *breaks = g_array_new(FALSE, FALSE, sizeof(uint32_t));

        *ret_n_spans = 0;
        add_break(breaks, 0);
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (is_group_at(side, i, leaf))
                        add_breaks(breaks, field_groups[i].subleaf, field_groups[i].subleaf);
        for (size_t i = 0; i < unknown_size(side->unknown); i++) {
                const UnknownSpan *span = unknown_at(side->unknown, i);

                if (leaf < span->leaf || leaf > span->leaf_last)
                        continue;
                add_breaks(breaks, span->subleaf, span->subleaf_last);
                (*ret_n_spans)++;
        }
        for (size_t i = 0; side->offer && i < side->guest->words->n_extra; i++) {
                const ExtraWord *extra = &side->guest->words->extra[i];

                if (extra->leaf == leaf)
                        add_breaks(breaks, extra->subleaf, extra->subleaf);
        }

        sort_breaks(breaks);
        return breaks;
}

static void add_run(Runs *runs, State state, const UnknownSpan *span) {
        if (state == STATE_IDLE)
                return; /* goes on where it did */

        if (state == STATE_WHOLE && runs->is_open)
                last_of(runs)->subleaf_last = span->subleaf_last;
        else if (state != STATE_TOLD)
                g_array_append_vals(runs->spans, span, 1);
        runs->is_open = state == STATE_WHOLE;
}

/* Fills @ret with the spans of the leaves from @first to @last, which are alike */
static State look_at_leaf(const Side *side, uint32_t first, uint32_t last, GArray *ret) {
        bool has_rows = false, judged, is_first = true;
        size_t n_spans;
        g_autoptr(GArray) breaks = subleaf_breaks(side, first, &n_spans);
        uint32_t end = last_subleaf(side, first);
        Runs runs = { .spans = ret };

        if (n_spans == 0 || !words_see(side->table, side->unknown, first))
                return STATE_TOLD;
        for (size_t i = 0; i < N_FIELD_GROUPS && !has_rows; i++)
                has_rows = is_group_at(side, i, first);
        judged = has_rows ? leaf_can_be_judged(side, first) : is_in_reach(side, first);
        if (!judged)
                return STATE_IDLE;

        for (size_t i = 0; i < breaks->len && g_array_index(breaks, uint32_t, i) <= end; i++) {
                UnknownSpan span = {
                        first, last, g_array_index(breaks, uint32_t, i), break_end(breaks, i), {}
                };
                Bits bits = look_at(side, first, span.subleaf);
                State state = classify(&bits, span.masks);

                if (n_spans > LEAF_SPANS_MAX && state == STATE_PART) {
                        memset(span.masks, 0xff, sizeof(span.masks));
                        state = STATE_WHOLE;
                }
                if (is_first && state == STATE_WHOLE)
                        span.subleaf = 0;
                is_first &= state == STATE_IDLE;
                add_run(&runs, state, &span);
        }

        if (runs.is_open)
                last_of(&runs)->subleaf_last = UINT32_MAX;
        if (ret->len == 0)
                return is_first ? STATE_IDLE : STATE_TOLD;
        return ret->len == 1 && runs.is_open && last_of(&runs)->subleaf == 0 ? STATE_WHOLE :
                                                                               STATE_PART;
}

static GArray *leaf_breaks(const Side *side) {
        static const uint32_t ranges[] = { 0, 0x40000000, 0x50000000, 0x80000000, 0xc0000000 };
        GArray *breaks = g_array_new(FALSE, FALSE, sizeof(uint32_t));

        g_array_append_vals(breaks, ranges, G_N_ELEMENTS(ranges));
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].interface != FIELD_INTERFACE_MSR)
                        add_breaks(breaks, side->place[i], side->place[i]);
        for (size_t i = 0; i < unknown_size(side->unknown); i++) {
                const UnknownSpan *span = unknown_at(side->unknown, i);

                add_breaks(breaks, span->leaf, span->leaf_last);
        }
        for (size_t i = 0; side->offer && i < side->guest->words->n_extra; i++)
                add_breaks(breaks, side->guest->words->extra[i].leaf,
                           side->guest->words->extra[i].leaf);
        for (size_t i = 0; i < leaf_table_size(side->table); i++) {
                const Leaf *row = leaf_table_at(side->table, i);

                if (words_range_base(row->leaf) == row->leaf)
                        add_breaks(breaks, row->leaf, row->registers[REGISTER_EAX]);
        }

        sort_breaks(breaks);
        return breaks;
}

static void add_leaves(Runs *runs, State state, const GArray *spans) {
        if (state == STATE_WHOLE && runs->is_open)
                last_of(runs)->leaf_last = g_array_index(spans, UnknownSpan, 0).leaf_last;
        else if (state != STATE_TOLD)
                g_array_append_vals(runs->spans, spans->data, spans->len);
        runs->is_open = state == STATE_WHOLE;
}

static void look_at_side(const Side *side, GArray *ret) {
        g_autoptr(GArray) breaks = leaf_breaks(side);
        Runs runs = { .spans = ret };

        for (size_t i = 0; i < breaks->len; i++) {
                g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(UnknownSpan));
                uint32_t leaf = g_array_index(breaks, uint32_t, i);
                State state = look_at_leaf(side, leaf, break_end(breaks, i), spans);

                if (words_range_base(leaf) == leaf)
                        runs.is_open = false;
                if (state != STATE_IDLE)
                        add_leaves(&runs, state, spans);
        }
}

/* Bits of one half that are not told and have a rule; those without a meaning would make the list
 * long. */
static uint32_t unchecked_bits(const Side *side, size_t word) {
        const FieldWord *rows = &field_words[word];
        uint32_t mask = 0;

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++)
                if (can_be_judged(side, &field_table[i]) && is_at_stake(side, &field_table[i]))
                        mask |= field_mask(&field_table[i]);

        return mask & words_untold(side->words, word);
}

/* Of the MSRs that the guest gives */
static void look_at_msrs(const Side *side, Unknown *ret) {
        for (size_t i = 0; i < N_FIELD_GROUPS; i++) {
                const FieldGroup *group = &field_groups[i];
                uint64_t high;

                if (group->interface != FIELD_INTERFACE_MSR ||
                    !guest_has_msr(side->guest, group->leaf) || !msr_is_visible(side->guest, group))
                        continue;
                high = unchecked_bits(side, i * N_REGISTERS + REGISTER_EBX);
                unknown_add_msr(ret, group->leaf,
                                high << 32 | unchecked_bits(side, i * N_REGISTERS + REGISTER_EAX));
        }
}

static void find_places(Side *side) {
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                side->place[i] = words_place(side->located, side->unknown, &field_groups[i]);
}

/* What contains others comes before them. */
static int compare_spans(const void *a, const void *b) {
        const UnknownSpan *left = a, *right = b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        if (left->leaf_last != right->leaf_last)
                return left->leaf_last > right->leaf_last ? -1 : 1;
        if (left->subleaf != right->subleaf)
                return left->subleaf < right->subleaf ? -1 : 1;
        return (left->subleaf_last < right->subleaf_last) -
                (left->subleaf_last > right->subleaf_last);
}

Unknown *coverage_find(const Guest *guest, const Offer *offer) {
        Side mine = { .guest = guest,
                      .words = guest->words,
                      .located = guest->words,
                      .unknown = guest->unknown,
                      .table = guest->table },
             theirs = { .guest = guest, .offer = offer };
        g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(UnknownSpan));
        g_autoptr(Unknown) unchecked = unknown_new();

        if (guest->unknown) {
                find_places(&mine);
                look_at_side(&mine, spans);
                look_at_msrs(&mine, unchecked);
        }
        if (offer && host_unknown(offer->host)) {
                theirs.words = offer->words;
                theirs.located = host_words(offer->host, HOST_SUPPORTED);
                theirs.unknown = host_unknown(offer->host);
                theirs.table = host_common(offer->host);
                find_places(&theirs);
                look_at_side(&theirs, spans);
                look_at_msrs(&theirs, unchecked);
        }

        g_array_sort(spans, compare_spans);
        for (size_t i = 0; i < spans->len; i++)
                unknown_add(unchecked, &g_array_index(spans, UnknownSpan, i));
        return unknown_is_empty(unchecked) ? NULL : g_steal_pointer(&unchecked);
}
