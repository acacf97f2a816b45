/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is read back, against what the tables and the profile tell of it. */

#include "policy/contradict.h"

#include <string.h>

#include "policy/report-text.h"

typedef struct Adding {
        Contradictions *contradictions;
        const ContradictCase *one;
        ContradictCase *judged; /* the same, where the check may be asked */
        const Capability *capability;
        bool is_on;
} Adding;

static void add_forced(const ReadbackPlace *place, void *userdata) {
        Adding *adding = userdata;

        if (!contradictions_have(adding->contradictions, CONTRADICTION_FORCED, place) &&
            contradict_is_told(adding->one, place))
                contradictions_add(adding->contradictions, CONTRADICTION_FORCED, place,
                                   contradiction_say_forced(place, adding->is_on));
}

static void add_left(const ReadbackPlace *place, void *userdata) {
        Adding *adding = userdata;

        if (!contradictions_have(adding->contradictions, CONTRADICTION_DELTA, place))
                contradictions_add(adding->contradictions, CONTRADICTION_DELTA, place,
                                   contradiction_say_left(place, adding->capability));
}

/* The row of a group where it was set and read back as its own; NULL where what KVM looks up there
 * is another's */
static const Leaf *own_row(const LeafTable *table, const Words *located, const FieldGroup *group) {
        uint32_t leaf = words_leaf(located, group->interface, group->leaf);
        const Leaf *row = leaf_table_find(table, leaf, group->subleaf);
        const FieldLeaf *known = field_leaf_find(group->interface, group->leaf);

        if (!row || row->subleaf != group->subleaf ||
            (known && known->indexed && !(row->flags & LEAF_FLAG_INDEXED)))
                return NULL;

        return row;
}

static void walk_wrong(Adding *adding, size_t word, uint32_t wrong, const Leaf *set,
                       const Leaf *back, ReadbackFunc func) {
        const FieldGroup *group = &field_groups[word / N_REGISTERS];
        Register reg = word % N_REGISTERS;
        ReadbackPlace at = { .leaf = words_leaf(adding->one->located, group->interface,
                                                group->leaf),
                             .subleaf = group->subleaf,
                             .reg = reg,
                             .word = word };

        if (wrong)
                readback_walk_register(adding->one->located, &at, wrong, set->registers[reg],
                                       back->registers[reg], func, adding);
}

static void check_forced(Contradictions *contradictions, const ContradictCase *one, size_t group) {
        const Expectation *expectation = one->expectation;
        const Leaf *set = own_row(one->evidence->set, one->located, &field_groups[group]);
        const Leaf *back = own_row(one->evidence->back, one->located, &field_groups[group]);
        Adding adding = { .contradictions = contradictions, .one = one };

        if (!set || !back)
                return;

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                size_t word = group * N_REGISTERS + reg;
                uint32_t sure = ~(expectation->offer->dynamic[word] | expectation->removed[word]);

                adding.is_on = true;
                if (expectation->on)
                        walk_wrong(&adding, word,
                                   expectation->on->word[word] & ~back->registers[reg] & sure, set,
                                   back, add_forced);
                adding.is_on = false;
                if (expectation->off)
                        walk_wrong(&adding, word,
                                   expectation->off->word[word] & back->registers[reg] & sure, set,
                                   back, add_forced);
        }
}

static void check_removed(Contradictions *contradictions, const ContradictCase *one,
                          const Capability *capability) {
        Adding adding = { .contradictions = contradictions, .one = one, .capability = capability };

        for (size_t i = 0; i < capability->n_operations; i++) {
                const CapabilityOperation *operation = &capability->operations[i];
                const FieldGroup *group = &field_groups[operation->word / N_REGISTERS];
                Register reg = operation->word % N_REGISTERS;
                const Leaf *set = own_row(one->evidence->set, one->located, group),
                           *back = own_row(one->evidence->back, one->located, group);
                uint32_t mask =
                        (UINT32_MAX >> (31 - operation->high)) & (UINT32_MAX << operation->low);

                if (operation->kind == CAPABILITY_REMOVE && set && back)
                        walk_wrong(&adding, operation->word,
                                   mask & set->registers[reg] & back->registers[reg], set, back,
                                   add_left);
        }
}

void contradictions_add_promised(Contradictions *contradictions, const ContradictCase *one) {
        const Offer *offer = one->expectation->offer;

        if (!one->evidence->set || !one->evidence->back)
                return;

        for (size_t i = 0; i < one->expectation->n_forced; i++)
                check_forced(contradictions, one, one->expectation->forced[i]);

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if ((offer->effective & (UINT64_C(1) << i)) && capability_table[i].is_shown)
                        check_removed(contradictions, one, &capability_table[i]);
}

/* The host lacks it, as the check says */
static bool is_agreed(const Adding *adding, const ReadbackPlace *place) {
        return (place->back & ~place->set) == 0 && !contradict_is_supported(adding->judged, place);
}

/* Of a row that is dropped one place speaks for all. */
static void add_rewritten(const ReadbackPlace *place, void *userdata) {
        Adding *adding = userdata;
        uint32_t *seen = adding->contradictions->seen[CONTRADICTION_REWRITTEN];

        if (contradictions_have(adding->contradictions, CONTRADICTION_REWRITTEN, place) ||
            contradictions_have(adding->contradictions, CONTRADICTION_FORCED, place) ||
            contradictions_have(adding->contradictions, CONTRADICTION_DELTA, place) ||
            !contradict_is_told(adding->one, place) ||
            expectation_why(adding->one->expectation, place, NULL) != EXPECTATION_NOT ||
            is_agreed(adding, place))
                return;

        contradictions_add(
                adding->contradictions, CONTRADICTION_REWRITTEN, place,
                contradiction_say_rewritten(place, adding->one->expectation->on != NULL));
        if (place->is_dropped && place->word != FIELD_NONE)
                memset(&seen[place->word / N_REGISTERS * N_REGISTERS], 0xff,
                       N_REGISTERS * sizeof(*seen));
}

void contradictions_add_rewritten(Contradictions *contradictions, ContradictCase *one) {
        Adding adding = { .contradictions = contradictions, .one = one, .judged = one };

        if (one->evidence->set && one->evidence->back)
                readback_walk(one->evidence->set, one->evidence->back, one->located, true,
                              add_rewritten, &adding);
}

static void add_delta(const ReadbackPlace *place, void *userdata) {
        Adding *adding = userdata;

        if (contradictions_have(adding->contradictions, CONTRADICTION_DELTA, place) ||
            expectation_why(adding->one->expectation, place, NULL) != EXPECTATION_NOT)
                return;

        contradictions_add(adding->contradictions, CONTRADICTION_DELTA, place,
                           contradiction_say_delta(place, adding->capability));
}

void contradictions_add_delta(Contradictions *contradictions, const ContradictCase *one,
                              const Capability *capability, const TrialEvidence *without) {
        Adding adding = { .contradictions = contradictions, .one = one, .capability = capability };

        if (without->back && one->evidence->back)
                readback_walk(without->back, one->evidence->back, one->located, true, add_delta,
                              &adding);
}
