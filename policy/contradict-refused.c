/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What KVM refuses, against what the check says of the same guest. */

#include "policy/contradict.h"

#include "policy/control.h"
#include "policy/judge.h"
#include "policy/msr.h"
#include "policy/report-text.h"

typedef struct AddCulprit {
        Contradictions *contradictions;
        ContradictCase *one;
        int code;
} AddCulprit;

static void add_culprit(const ReadbackPlace *place, void *userdata) {
        AddCulprit *adding = userdata;

        if (contradictions_have(adding->contradictions, CONTRADICTION_REFUSED, place) ||
            !contradict_is_supported(adding->one, place))
                return;

        contradictions_add(adding->contradictions, CONTRADICTION_REFUSED, place,
                           contradiction_say_culprit(place, adding->code));
}

static void add_culprits(Contradictions *contradictions, ContradictCase *one) {
        const GArray *culprits = one->evidence->culprits;

        for (guint i = 0; i < culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(culprits, TrialCulprit, i);
                AddCulprit adding = { contradictions, one, culprit->code };

                readback_walk_culprit(contradict_guest(one)->table, one->evidence->back,
                                      one->located, culprit, add_culprit, &adding);
        }
}

/* Nothing is left of the table, so that no place of it is to blame. */
static void add_untaken(Contradictions *contradictions, ContradictCase *one) {
        const Guest *guest = contradict_guest(one);
        const Leaf *first =
                leaf_table_size(guest->table) > 0 ? leaf_table_at(guest->table, 0) : NULL;
        ReadbackPlace place = { .leaf = first ? first->leaf : 0,
                                .subleaf = first ? first->subleaf : 0,
                                .high = 31,
                                .word = FIELD_NONE,
                                .set = first ? first->registers[REGISTER_EAX] : 0 };

        if (one->evidence->set || one->evidence->set_code == 0 ||
            contradictions_have(contradictions, CONTRADICTION_REFUSED, &place))
                return;

        if (!one->findings)
                one->findings = judge(one->expectation->offer, guest, false);
        for (guint i = 0; i < one->findings->len; i++)
                if (((const Finding *) g_ptr_array_index(one->findings, i))->severity ==
                    SEVERITY_ERROR)
                        return;

        contradictions_add(contradictions, CONTRADICTION_REFUSED, &place,
                           contradiction_say_untaken(one->evidence->set_code));
}

static void add_msrs(Contradictions *contradictions, ContradictCase *one) {
        const GArray *answers = one->evidence->msrs;

        for (guint i = 0; i < answers->len; i++) {
                const TrialMsrAnswer *answer = &g_array_index(answers, TrialMsrAnswer, i);
                int group = field_group_find(FIELD_INTERFACE_MSR, answer->index, 0);
                ReadbackPlace place = {
                        .leaf = answer->index, .reg = FINDING_MSR, .high = 63, .word = FIELD_NONE
                };
                uint64_t set = 0;

                if (answer->code == 0 || group < 0 ||
                    !msr_is_judged(one->expectation->offer, contradict_guest(one),
                                   &field_groups[group]) ||
                    !guest_get_msr(contradict_guest(one), answer->index, &set) ||
                    contradictions_have(contradictions, CONTRADICTION_REFUSED, &place) ||
                    !contradict_is_supported(one, &place))
                        continue;

                contradictions_add(contradictions, CONTRADICTION_REFUSED, &place,
                                   contradiction_say_msr(answer, set))
                        ->set = set;
        }
}

/* The place of a field in the table; with what was set and read back */
static ReadbackPlace place_of(const ContradictCase *one, const Field *field) {
        ReadbackPlace place = {
                .leaf = words_leaf(one->located, field->interface, field->leaf),
                .subleaf = field->subleaf,
                .reg = field->reg,
                .low = field->low,
                .high = field->high,
                .word = field->word,
                .row = field,
        };
        const Leaf *set = one->evidence->set ?
                leaf_table_find(one->evidence->set, place.leaf, place.subleaf) :
                NULL;
        const Leaf *back = one->evidence->back ?
                leaf_table_find(one->evidence->back, place.leaf, place.subleaf) :
                NULL;

        place.set = set ? (set->registers[field->reg] & field_mask(field)) >> field->low : 0;
        place.back = back ? (back->registers[field->reg] & field_mask(field)) >> field->low : 0;
        return place;
}

static bool has_needs(const Words *words, const Field *field) {
        for (size_t i = 0; field->needs && field->needs[i] != FIELD_NONE; i++)
                if (words_get(words, &field_table[field->needs[i]]) == 0)
                        return false;

        return true;
}

/* KVM need not back a feature without what that needs, nor one that it has taken away. */
static void add_control(Contradictions *contradictions, ContradictCase *one,
                        const TrialControlAnswer *answer) {
        const Control *control = &control_table[answer->control];

        for (size_t i = 0; control->fields[i] != FIELD_NONE; i++) {
                const Field *field = &field_table[control->fields[i]];
                ReadbackPlace place = place_of(one, field);

                if (place.set == 0 || place.back == 0 ||
                    contradictions_have(contradictions, CONTRADICTION_REFUSED, &place) ||
                    !has_needs(contradict_guest(one)->words, field) ||
                    !contradict_is_supported(one, &place))
                        continue;

                contradictions_add(contradictions, CONTRADICTION_REFUSED, &place,
                                   contradiction_say_control(field, answer));
                return;
        }
}

static void add_refusal(Contradictions *contradictions, const ContradictCase *one,
                        const TrialRefusal *refusal) {
        ReadbackPlace place = { .leaf = capability_index(refusal->capability),
                                .reg = FINDING_CAPABILITY,
                                .word = FIELD_NONE,
                                .set = 1 };
        ReportContradiction *added;

        if (refusal->code == 0 ||
            host_has(one->expectation->offer->host, refusal->capability) != KNOWN_YES ||
            contradictions_have(contradictions, CONTRADICTION_REFUSED, &place))
                return;

        added = contradictions_add(contradictions, CONTRADICTION_REFUSED, &place,
                                   contradiction_say_refusal(refusal));
        added->field = refusal->capability->name;
}

void contradictions_add_refused(Contradictions *contradictions, ContradictCase *one) {
        const TrialEvidence *evidence = one->evidence;

        for (guint i = 0; i < evidence->refusals->len; i++)
                add_refusal(contradictions, one,
                            &g_array_index(evidence->refusals, TrialRefusal, i));

        add_culprits(contradictions, one);
        add_untaken(contradictions, one);
        add_msrs(contradictions, one);

        for (guint i = 0; i < evidence->controls->len; i++) {
                const TrialControlAnswer *answer =
                        &g_array_index(evidence->controls, TrialControlAnswer, i);

                if (answer->code != 0)
                        add_control(contradictions, one, answer);
        }
}

void contradictions_add_failure(Contradictions *contradictions, const TrialEvidence *evidence,
                                const Capability *capability) {
        ReadbackPlace place = { .leaf = capability_index(capability),
                                .reg = FINDING_CAPABILITY,
                                .word = FIELD_NONE,
                                .set = 1 };

        if (contradictions_have(contradictions, CONTRADICTION_REFUSED, &place))
                return;

        contradictions_add(contradictions, CONTRADICTION_REFUSED, &place,
                           contradiction_say_failure(evidence, capability))
                ->field = capability->name;
}
