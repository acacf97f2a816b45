/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list of contradictions. What is not told of a guest or of a host is no claim, so nothing
 * contradicts it. */

#include "policy/contradict.h"

#include "policy/judge.h"

static void contradiction_free(void *userdata) {
        ReportContradiction *contradiction = userdata;

        g_free(contradiction->message);
        g_free(contradiction);
}

Contradictions *contradictions_new(void) {
        Contradictions *contradictions = g_new0(Contradictions, 1);

        contradictions->list = g_ptr_array_new_with_free_func(contradiction_free);
        return contradictions;
}

Contradictions *contradictions_free(Contradictions *contradictions) {
        if (!contradictions)
                return NULL;

        g_clear_pointer(&contradictions->list, g_ptr_array_unref);
        g_free(contradictions);
        return NULL;
}

void contradict_case_done(ContradictCase *one) {
        g_clear_pointer(&one->findings, g_ptr_array_unref);
        one->made = guest_free(one->made);
}

bool contradictions_have(const Contradictions *contradictions, ReportContradictionKind kind,
                         const ReadbackPlace *place) {
        for (guint i = 0; place->word == FIELD_NONE && i < contradictions->list->len; i++) {
                const ReportContradiction *other = g_ptr_array_index(contradictions->list, i);

                if (other->kind == kind && other->leaf == place->leaf &&
                    other->subleaf == place->subleaf && other->reg == place->reg &&
                    other->low <= place->high && place->low <= other->high)
                        return true;
        }

        return place->word != FIELD_NONE &&
                (contradictions->seen[kind][place->word] &
                 ((UINT32_MAX >> (31 - place->high)) & (UINT32_MAX << place->low)));
}

ReportContradiction *contradictions_add(Contradictions *contradictions,
                                        ReportContradictionKind kind, const ReadbackPlace *place,
                                        char *message) {
        ReportContradiction *contradiction = g_new0(ReportContradiction, 1);

        contradiction->leaf = place->leaf;
        contradiction->subleaf = place->subleaf;
        contradiction->reg = place->reg;
        contradiction->low = place->low;
        contradiction->high = place->high;
        contradiction->kind = kind;
        contradiction->row = place->row;
        contradiction->field = place->row ? place->row->name : "";
        contradiction->set = place->set;
        contradiction->back = place->back;
        contradiction->message = message;
        g_ptr_array_add(contradictions->list, contradiction);
        if (place->word != FIELD_NONE)
                contradictions->seen[kind][place->word] |=
                        (UINT32_MAX >> (31 - place->high)) & (UINT32_MAX << place->low);
        return contradiction;
}

bool contradict_is_told(const ContradictCase *one, const ReadbackPlace *place) {
        const Guest *guest = one->guest;
        uint32_t mask = (UINT32_MAX >> (31 - place->high)) & (UINT32_MAX << place->low);

        if (place->word != FIELD_NONE)
                return !((words_untold(one->expectation->offer->words, place->word) |
                          (guest ? words_untold(guest->words, place->word) : 0)) &
                         mask);
        return !((unknown_mask(host_unknown(one->expectation->offer->host), place->leaf,
                               place->subleaf, place->reg) |
                  (guest ? unknown_mask(guest->unknown, place->leaf, place->subleaf, place->reg) :
                           0)) &
                 mask);
}

const Guest *contradict_guest(ContradictCase *one) {
        if (!one->guest)
                one->guest = one->made = one->make_guest(one->userdata);

        return one->guest;
}

/* A MSR is whole; a run of bits may be a part of what is told, and the other way round. */
static bool is_at(const Finding *finding, const ReadbackPlace *place) {
        return finding->reg == place->reg && finding->leaf == place->leaf &&
                (place->reg == FINDING_MSR ||
                 (finding->subleaf == place->subleaf && finding->low <= place->high &&
                  place->low <= finding->high));
}

bool contradict_is_supported(ContradictCase *one, const ReadbackPlace *place) {
        const Guest *guest = contradict_guest(one);

        if (place->reg < N_REGISTERS && !contradict_is_told(one, place))
                return false;

        if (!one->findings)
                one->findings = judge(one->expectation->offer, guest, false);
        for (guint i = 0; i < one->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(one->findings, i);

                if (finding->severity == SEVERITY_ERROR && is_at(finding, place))
                        return false;
        }

        return true;
}

static int compare(const void *a, const void *b) {
        const ReportContradiction *left = *(const ReportContradiction *const *) a,
                                  *right = *(const ReportContradiction *const *) b;
        int order = finding_place_compare(
                (FindingPlace){ left->leaf, left->subleaf, left->reg, left->low },
                (FindingPlace){ right->leaf, right->subleaf, right->reg, right->low });

        return order != 0 ? order : (left->kind > right->kind) - (left->kind < right->kind);
}

/* A capability's number was only for the order. */
GPtrArray *contradictions_steal(Contradictions *contradictions) {
        GPtrArray *list = g_steal_pointer(&contradictions->list);

        g_ptr_array_sort(list, compare);
        for (guint i = 0; i < list->len; i++) {
                ReportContradiction *contradiction = g_ptr_array_index(list, i);

                if (contradiction->reg == FINDING_CAPABILITY)
                        contradiction->leaf = 0;
        }

        return list;
}
