/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* KVM's answer of now against the one that was recorded. Whoever asked now was on any CPU, so what
 * depends on the CPU is no contradiction where one of them answers so. */

#include "policy/contradict.h"

#include "policy/report-text.h"

typedef struct Comparing {
        Contradictions *contradictions;
        const ContradictCase *one;
        const LeafTable *recorded;
        const char *view;
} Comparing;

/* Where the kinds of CPU are known, they say what it can be instead. */
static bool varies(const Host *host, const ReadbackPlace *place) {
        const Place *varying;
        size_t n;

        varying = host_varying(host, &n);
        for (size_t i = 0; kinds_size(host_kinds(host)) == 0 && i < n; i++)
                if (varying[i].leaf == place->leaf && varying[i].subleaf == place->subleaf &&
                    varying[i].reg == place->reg && varying[i].low <= place->high &&
                    place->low <= varying[i].high)
                        return true;

        return false;
}

/* Whether some kind of CPU answers so */
static bool is_of_some_kind(const Comparing *comparing, const ReadbackPlace *place) {
        const Kinds *kinds = host_kinds(comparing->one->expectation->offer->host);
        Place at = { .leaf = place->leaf,
                     .subleaf = place->subleaf,
                     .reg = place->reg,
                     .low = place->low,
                     .high = place->high };

        for (size_t i = 0; i < kinds_size(kinds); i++)
                if (kind_value(kinds_at(kinds, i), comparing->recorded, &at) == place->back)
                        return true;

        return false;
}

/* What each CPU has for itself, and what changes as it runs, is as on the CPU that was asked. */
static bool is_own(const Field *row) {
        return row && (row->rule == FIELD_RULE_TOPOLOGY || row->rule == FIELD_RULE_DYNAMIC);
}

static void add_answer(const ReadbackPlace *place, void *userdata) {
        Comparing *comparing = userdata;
        Contradictions *contradictions = comparing->contradictions;
        const Host *host = comparing->one->expectation->offer->host;
        uint32_t mask = (UINT32_MAX >> (31 - place->high)) & (UINT32_MAX << place->low);

        if (is_own(place->row) || varies(host, place) || is_of_some_kind(comparing, place) ||
            (unknown_mask(host_unknown(host), place->leaf, place->subleaf, place->reg) & mask) ||
            contradictions_have(contradictions, CONTRADICTION_ANSWER, place))
                return;

        contradictions_add(contradictions, CONTRADICTION_ANSWER, place,
                           contradiction_say_answer(place, comparing->view));
}

void contradictions_add_answer(Contradictions *contradictions, const ContradictCase *one) {
        const Offer *offer = one->expectation->offer;
        Comparing comparing = { contradictions, one, NULL, offer_view(offer) };

        if (!one->evidence->supported)
                return;

        comparing.recorded = comparing.view ? host_view(offer->host, comparing.view) :
                                              host_table(offer->host, HOST_SUPPORTED);
        readback_walk(comparing.recorded, one->evidence->supported,
                      host_words(offer->host, HOST_SUPPORTED), true, add_answer, &comparing);
}
