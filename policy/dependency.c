/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Goes through what the field table says of fields and other fields. What a guest contradicts
 * itself in is found once, when it is made, so that a guest that does not costs nothing at each
 * check. Which of that is told depends on the offer: KVM's own answer can contradict itself, and
 * who was given it is not to be told off for it. */

#include "policy/dependency.h"

#include <string.h>

#include "policy/guest.h"
#include "policy/message.h"
#include "policy/offer.h"
#include "policy/place.h"
#include "policy/verdict.h"

static void add(GArray **all, ContradictionKind kind, const Field *field, const Field *other) {
        Contradiction contradiction = {
                .kind = kind,
                .field = field_index(field),
                .other = other ? (int16_t) field_index(other) : FIELD_NONE,
        };

        if (!*all)
                *all = g_array_new(FALSE, FALSE, sizeof(Contradiction));
        g_array_append_val(*all, contradiction);
}

static bool is_unmet(const FieldNeed *need, const uint32_t *word, const uint32_t *may_be) {
        bool is_there = word[need->word] & need->mask, is_met;

        is_met = may_be[need->needed_word] & need->needed_mask;
        return is_there & !is_met;
}

static void find_needs(const Words *words, GArray **all) {
        const uint32_t *may_be = words->word;
        uint32_t with_untold[N_FIELD_WORDS];
        bool is_any = false;

        if (words->untold) {
                for (size_t i = 0; i < N_FIELD_WORDS; i++)
                        with_untold[i] = words->word[i] | words->untold[i];
                may_be = with_untold;
        }

        /* Without a branch: nearly every guest has what its fields need. */
        for (size_t i = 0; i < N_FIELD_NEEDS; i++)
                is_any |= is_unmet(&field_needs[i], words->word, may_be);

        for (size_t i = 0; is_any && i < N_FIELD_NEEDS; i++)
                if (is_unmet(&field_needs[i], words->word, may_be))
                        add(all, CONTRADICTION_NEEDS, &field_table[field_needs[i].field],
                            &field_table[field_needs[i].needed]);
}

/* A guest in whose register no copy is set has been given none, and repeats nothing. */
static bool repeats_anything(const Words *words, int word) {
        uint32_t copies = 0;

        for (size_t i = 0; i < N_FIELD_COPIES; i++)
                if (field_table[field_copies[i]].word == word)
                        copies |= field_mask(&field_table[field_copies[i]]);

        return (words->word[word] & copies) != 0;
}

static void find_copies(const LeafTable *table, const Words *words, GArray **all) {
        uint8_t vendor = vendor_of_table(table);
        int word = FIELD_NONE;
        bool repeats = false;

        for (size_t i = 0; i < N_FIELD_COPIES; i++) {
                const Field *field = &field_table[field_copies[i]],
                            *original = &field_table[field->copy];

                if ((field->vendors && !(field->vendors & vendor)) || !words_tell(words, field) ||
                    !words_tell(words, original))
                        continue;

                if (field->word != word) {
                        word = field->word;
                        repeats = repeats_anything(words, word);
                }
                if (repeats && words_get(words, field) != words_get(words, original))
                        add(all, CONTRADICTION_COPY, field, original);
        }
}

typedef struct Span {
        uint64_t start;
        uint64_t end; /* the same where nothing is there */
} Span;

static Span span_of(const Words *words, const Field *field) {
        Span span = {};

        if (field->when != FIELD_NONE &&
            words_get(words, &field_table[field->when]) <= field->when_above)
                return span;
        if (!words_tell(words, field) || !words_tell(words, &field_table[field->span]))
                return span;

        span.start = words_get(words, field);
        span.end = span.start + words_get(words, &field_table[field->span]);
        return span;
}

static bool starts_early(const Field *field, Span span) {
        return span.start < span.end && span.start < field->span_start;
}

static bool spans_overlap(Span first, Span second) {
        return first.start < first.end && second.start < second.end && first.start < second.end &&
                second.start < first.end;
}

static void find_spans(const Words *words, GArray **all) {
        Span spans[N_FIELD_SPANS + 1];

        for (size_t i = 0; i < N_FIELD_SPANS; i++)
                spans[i] = span_of(words, &field_table[field_spans[i]]);

        for (size_t i = 0; i < N_FIELD_SPANS; i++) {
                const Field *field = &field_table[field_spans[i]];

                if (starts_early(field, spans[i]))
                        add(all, CONTRADICTION_START, field, NULL);

                for (size_t j = 0; j < N_FIELD_SPANS; j++)
                        if (spans_overlap(spans[i], spans[j]) &&
                            (spans[j].start < spans[i].start ||
                             (spans[j].start == spans[i].start && j < i)))
                                add(all, CONTRADICTION_SPAN, field, &field_table[field_spans[j]]);
        }
}

static bool is_zero(const Leaf *row) {
        return (row->registers[REGISTER_EAX] | row->registers[REGISTER_EBX] |
                row->registers[REGISTER_ECX] | row->registers[REGISTER_EDX]) == 0;
}

/* The highest leaf of the basic range answers for leaves that are in none (Intel SDM 2A, CPUID),
 * and dumps of all there is have it there. */
static bool is_echo(const LeafTable *table, const Leaf *row) {
        const Leaf *basic = leaf_table_find(table, 0, 0);

        for (size_t i = 0; basic && i < leaf_table_size(table); i++) {
                const Leaf *highest = leaf_table_at(table, i);

                if (highest->leaf == basic->registers[REGISTER_EAX] &&
                    memcmp(highest->registers, row->registers, sizeof(row->registers)) == 0)
                        return true;
        }

        return false;
}

static const Field *maximum_of(const Words *words, uint32_t leaf) {
        FieldInterface interface;
        uint32_t base;

        if (!words_locate(words, words_range_base(leaf), &interface, &base))
                return NULL;

        for (size_t i = 0; i < N_FIELDS; i++)
                if ((field_table[i].flags & FIELD_MAXIMUM_LEAF) &&
                    field_table[i].interface == interface && field_table[i].leaf == base)
                        return &field_table[i];

        return NULL;
}

/* Of each range the first one, in the order of the table */
static void find_above(const LeafTable *table, const Words *words, GArray **all) {
        for (size_t i = 0; words->has_above && i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                const Field *maximum = maximum_of(words, row->leaf);
                Contradiction *last;

                if (!maximum || !words_tell(words, maximum) ||
                    row->leaf == words_range_base(row->leaf) || is_zero(row) ||
                    !words_is_above(table, row->leaf) || is_echo(table, row))
                        continue;

                add(all, CONTRADICTION_ABOVE, maximum, NULL);
                last = &g_array_index(*all, Contradiction, (*all)->len - 1);
                last->leaf = row->leaf;
                last->subleaf = row->subleaf;
        }
}

GArray *contradictions_find(const LeafTable *table, const Words *words) {
        GArray *all = NULL;

        find_needs(words, &all);
        find_copies(table, words, &all);
        find_spans(words, &all);
        find_above(table, words, &all);
        return all;
}

static bool is_dynamic(const Offer *offer, const Field *field) {
        return (offer->dynamic[field->word] & field_mask(field)) != 0;
}

/* Whether the offer has the leaf above its own maximum, too: as KVM listed it, or of a capability
 * (what KVM emulates need not be in the processor's range) */
static bool offers_above(const Offer *offer, const Contradiction *contradiction) {
        const Field *maximum = &field_table[contradiction->field];
        const LeafTable *table = host_table(offer->host, HOST_SUPPORTED);
        const Leaf *row = leaf_table_find(table, contradiction->leaf, contradiction->subleaf);
        FieldInterface interface;
        uint32_t leaf;
        int group;

        if (row && !is_zero(row) && words_is_above(table, row->leaf))
                return true;
        if (!words_locate(offer->words, contradiction->leaf, &interface, &leaf) ||
            leaf <= words_get(offer->words, maximum))
                return false;

        group = field_group_find(interface, leaf, contradiction->subleaf);
        for (Register reg = 0; group >= 0 && reg < N_REGISTERS; reg++)
                if (offer->words->word[group * N_REGISTERS + reg])
                        return true;

        return false;
}

/* Whether the offer contradicts itself in the same way, or KVM keeps the guest from it */
static bool is_excused(const Offer *offer, const Guest *guest, const Contradiction *contradiction) {
        const Field *field = &field_table[contradiction->field],
                    *other = contradiction->other == FIELD_NONE ?
                NULL :
                &field_table[contradiction->other];

        if (is_dynamic(offer, field) || (other && is_dynamic(offer, other)))
                return true;

        switch ((ContradictionKind) contradiction->kind) {
        case CONTRADICTION_NEEDS:
                return words_get(offer->words, field) && !words_get(offer->words, other);
        case CONTRADICTION_COPY:
                return words_get(offer->words, field) == words_get(guest->words, field) &&
                        words_get(offer->words, other) == words_get(guest->words, other);
        case CONTRADICTION_START:
                return starts_early(field, span_of(offer->words, field));
        case CONTRADICTION_SPAN:
                return spans_overlap(span_of(offer->words, field), span_of(offer->words, other));
        case CONTRADICTION_ABOVE:
                return offers_above(offer, contradiction);
        }

        g_assert_not_reached();
}

static bool is_told(const GPtrArray *findings, const Field *field) {
        for (size_t i = 0; i < findings->len; i++) {
                const Finding *finding = g_ptr_array_index(findings, i);

                if (finding->row == field &&
                    (finding->severity > SEVERITY_NOTE || finding->cause == CAUSE_GUEST))
                        return true;
        }

        return false;
}

/* "XSAVE (0x1.0:ecx[26])" */
static char *name_with_place(const Guest *guest, const Field *field) {
        g_autofree char *label = message_label(field),
                        *place = place_format(
                                words_leaf(guest->words, field->interface, field->leaf),
                                field->subleaf, field->reg, field->high, field->low);

        return g_strdup_printf("%s (%s)", label, place);
}

static char *say_copy(const Guest *guest, const Field *field, const Field *original) {
        g_autofree char *copy = name_with_place(guest, field),
                        *first = name_with_place(guest, original),
                        *vendors = vendors_to_string(field->vendors);
        bool has_copy = words_get(guest->words, field) > words_get(guest->words, original);

        return g_strdup_printf("the guest has %s but not %s, which %s%s%s", has_copy ? copy : first,
                               has_copy ? first : copy, has_copy ? "it repeats" : "repeats it",
                               field->vendors ? " on processors of " : "", vendors);
}

static char *say_start(const Guest *guest, const Field *field) {
        g_autofree char *name = name_with_place(guest, field);

        return g_strdup_printf("the guest's %s is %u, upon what the first %u bytes are for", name,
                               words_get(guest->words, field), field->span_start);
}

static char *say_span(const Guest *guest, const Field *field, const Field *other) {
        g_autofree char *name = name_with_place(guest, field),
                        *other_name = name_with_place(guest, other);
        Span mine = span_of(guest->words, field), theirs = span_of(guest->words, other);

        return g_strdup_printf("the guest's %s puts something at %" G_GUINT64_FORMAT
                               " that %s has at %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                               ": the one overwrites the other",
                               name, mine.start, other_name, theirs.start, theirs.end - 1);
}

static char *say_above(const Guest *guest, const Contradiction *contradiction) {
        g_autofree char *name = name_with_place(guest, &field_table[contradiction->field]);
        const Leaf *base = leaf_table_find(guest->table, words_range_base(contradiction->leaf), 0);
        FieldInterface interface;
        uint32_t leaf;
        const FieldLeaf *known = NULL;

        if (words_locate(guest->words, contradiction->leaf, &interface, &leaf))
                known = field_leaf_find(interface, leaf);

        return g_strdup_printf("the guest's %s is 0x%x, but 0x%x.%u%s%s%s is filled, which the "
                               "guest does not see",
                               name, base->registers[REGISTER_EAX], contradiction->leaf,
                               contradiction->subleaf, known ? " (" : "", known ? known->title : "",
                               known ? ")" : "");
}

/* Whether it is one more need of the field that is told of first */
static bool is_needed_too(const Offer *offer, const Guest *guest, size_t first, size_t i) {
        const Contradiction *head = &g_array_index(guest->contradictions, Contradiction, first),
                            *other = &g_array_index(guest->contradictions, Contradiction, i);

        return other->field == head->field && other->kind == CONTRADICTION_NEEDS &&
                !is_excused(offer, guest, other);
}

/* All that the field needs and does not have, from its first contradiction on */
static char *say_needs(const Offer *offer, const Guest *guest, size_t first) {
        const GArray *all = guest->contradictions;
        int16_t field = g_array_index(all, Contradiction, first).field;
        g_autofree char *name = name_with_place(guest, &field_table[field]);
        GString *text = g_string_new("the guest has ");
        const char *joint = " but not ";

        g_string_append(text, name);
        for (size_t i = first; i < all->len; i++) {
                const Contradiction *contradiction = &g_array_index(all, Contradiction, i);
                g_autofree char *needed = NULL;

                if (!is_needed_too(offer, guest, first, i))
                        continue;

                needed = name_with_place(guest, &field_table[contradiction->other]);
                g_string_append_printf(text, "%s%s", joint, needed);
                joint = " nor ";
        }

        g_string_append(text, ", without which it cannot be used");
        return g_string_free(text, FALSE);
}

static char *say(const Offer *offer, const Guest *guest, size_t i) {
        const Contradiction *contradiction =
                &g_array_index(guest->contradictions, Contradiction, i);
        const Field *field = &field_table[contradiction->field];

        switch ((ContradictionKind) contradiction->kind) {
        case CONTRADICTION_NEEDS:
                return say_needs(offer, guest, i);
        case CONTRADICTION_COPY:
                return say_copy(guest, field, &field_table[contradiction->other]);
        case CONTRADICTION_START:
                return say_start(guest, field);
        case CONTRADICTION_SPAN:
                return say_span(guest, field, &field_table[contradiction->other]);
        case CONTRADICTION_ABOVE:
                return say_above(guest, contradiction);
        }

        g_assert_not_reached();
}

/* What KVM lists without looking at what else there is, guests are given as it is. */
static Severity severity_of(const Offer *offer, const Guest *guest, size_t first) {
        const GArray *all = guest->contradictions;
        const Contradiction *head = &g_array_index(all, Contradiction, first);

        if (head->kind != CONTRADICTION_NEEDS)
                return SEVERITY_WARNING;

        for (size_t i = first; i < all->len; i++)
                if (is_needed_too(offer, guest, first, i) &&
                    g_array_index(all, Contradiction, i).other != field_table[head->field].within)
                        return SEVERITY_WARNING;

        return SEVERITY_NOTE;
}

static bool is_to_be_told(const Offer *offer, const Guest *guest, const GPtrArray *findings,
                          const Contradiction *contradiction) {
        bool needs = contradiction->kind == CONTRADICTION_NEEDS;

        if (is_excused(offer, guest, contradiction) ||
            is_told(findings, &field_table[contradiction->field]))
                return false;

        /* Of two that do not go together either may be the one that is wrong. */
        return needs || contradiction->other == FIELD_NONE ||
                !is_told(findings, &field_table[contradiction->other]);
}

static Finding *finding_at(const Offer *offer, const Guest *guest, const Field *field) {
        Finding *finding = g_new0(Finding, 1);

        finding->leaf = words_leaf(guest->words, field->interface, field->leaf);
        finding->subleaf = field->subleaf;
        finding->reg = field->reg;
        finding->low = field->low;
        finding->high = field->high;
        finding->row = field;
        finding->field = field->name;
        finding->rule = field->rule;
        finding->cause = CAUSE_GUEST;
        finding->guest = words_get(guest->words, field);
        finding->host = words_get(offer->words, field);
        return finding;
}

void dependency_judge(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings) {
        const GArray *all = guest->contradictions;

        for (size_t i = 0; all && i < all->len; i++) {
                const Contradiction *contradiction = &g_array_index(all, Contradiction, i);
                Finding *finding;

                if (!is_to_be_told(offer, guest, findings, contradiction))
                        continue;

                finding = finding_at(offer, guest, &field_table[contradiction->field]);
                finding->severity = severity_of(offer, guest, i);
                if (strict && finding->severity == SEVERITY_WARNING)
                        finding->severity = SEVERITY_ERROR;
                finding->message = say(offer, guest, i);
                g_ptr_array_add(findings, finding);
        }
}
