/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gathers what may change in a read-back from all who have something to say of it, once for each
 * set of capabilities. */

#include "policy/expectation.h"

static uint32_t operation_mask(const CapabilityOperation *operation) {
        return (UINT32_MAX >> (31 - operation->high)) & (UINT32_MAX << operation->low);
}

/* The capability of the offer that does this to one of the bits; NULL if there is none */
static const Capability *find_operation(const Offer *offer, CapabilityOperationKind kind, int word,
                                        uint32_t mask) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                if (!(offer->effective & (UINT64_C(1) << i)) ||
                    (kind == CAPABILITY_REMOVE && !capability->is_shown))
                        continue;
                for (size_t j = 0; j < capability->n_operations; j++)
                        if (capability->operations[j].kind == kind &&
                            capability->operations[j].word == word &&
                            (operation_mask(&capability->operations[j]) & mask))
                                return capability;
        }

        return NULL;
}

static void find_removed(Expectation *expectation) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                if (!(expectation->offer->effective & (UINT64_C(1) << i)) || !capability->is_shown)
                        continue;
                for (size_t j = 0; j < capability->n_operations; j++)
                        if (capability->operations[j].kind == CAPABILITY_REMOVE)
                                expectation->removed[capability->operations[j].word] |=
                                        operation_mask(&capability->operations[j]);
        }
}

static bool group_is_empty(const Words *words, size_t group) {
        const uint32_t *word;

        if (!words)
                return true;

        word = &words->word[group * N_REGISTERS];
        return (word[0] | word[1] | word[2] | word[3]) == 0;
}

static void find_forced(Expectation *expectation) {
        const Offer *offer = expectation->offer;

        expectation->on = offer->forced[FORCED_ON];
        expectation->off = offer->forced[FORCED_OFF];
        expectation->dropped =
                forced_in(host_forced(offer->host), offer_view(offer), FORCED_DROPPED);

        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].interface != FIELD_INTERFACE_MSR &&
                    (!group_is_empty(expectation->on, i) || !group_is_empty(expectation->off, i)))
                        expectation->forced[expectation->n_forced++] = i;
}

Expectation *expectation_new(Host *host, CapabilitySet enabled) {
        Expectation *expectation = g_new0(Expectation, 1);

        expectation->offer = offer_new(host, enabled);
        find_removed(expectation);
        find_forced(expectation);
        return expectation;
}

Expectation *expectation_free(Expectation *expectation) {
        if (!expectation)
                return NULL;

        offer_free(expectation->offer);
        g_free(expectation);
        return NULL;
}

CapabilitySet expectation_enabled(const TrialEvidence *evidence) {
        CapabilitySet enabled = evidence->enabled;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (capability_table[i].implies & ~evidence->enabled)
                        enabled &= ~(UINT64_C(1) << i);

        return enabled;
}

bool expectation_is_dynamic(const ReadbackPlace *place, ExpectationReason reason) {
        return reason == EXPECTATION_DYNAMIC ||
                (reason == EXPECTATION_RULE && place->row->rule == FIELD_RULE_DYNAMIC);
}

static bool is_dropped(const Expectation *expectation, const ReadbackPlace *place) {
        return place->is_dropped && expectation->dropped &&
                leaf_table_find(expectation->dropped, place->leaf, place->subleaf);
}

static bool explains(uint32_t added, uint32_t removed, uint32_t on, uint32_t off) {
        return (added & ~on) == 0 && (removed & ~off) == 0;
}

/* Older kernels keep some bits only together with another. */
static bool is_lost(const ReadbackPlace *place) {
        const Field *other = place->row && place->row->kept != FIELD_NONE ?
                &field_table[place->row->kept] :
                NULL;
        const Leaf *row = other && place->table ?
                leaf_table_find(place->table, other->leaf, other->subleaf) :
                NULL;

        return other && place->table && place->back == 0 &&
                !(row && (row->registers[other->reg] & field_mask(other)));
}

ExpectationReason expectation_why(const Expectation *expectation, const ReadbackPlace *place,
                                  const Capability **ret_capability) {
        const Offer *offer = expectation->offer;
        uint32_t added = (place->back & ~place->set) << place->low,
                 removed = (place->set & ~place->back) << place->low, on, off, dynamic;
        const Capability *capability = NULL;

        if (ret_capability)
                *ret_capability = NULL;
        if (place->row && (field_is_rewritten(place->row) || is_lost(place)))
                return EXPECTATION_RULE;
        if (is_dropped(expectation, place))
                return EXPECTATION_DROPPED;
        if (place->word == FIELD_NONE)
                return EXPECTATION_NOT;

        dynamic = offer->dynamic[place->word];
        off = expectation->removed[place->word];
        if (explains(added, removed, dynamic, dynamic)) {
                capability =
                        find_operation(offer, CAPABILITY_DYNAMIC, place->word, added | removed);
                if (ret_capability)
                        *ret_capability = capability;
                return EXPECTATION_DYNAMIC;
        }
        if (explains(added, removed, 0, off)) {
                capability = find_operation(offer, CAPABILITY_REMOVE, place->word, added | removed);
                if (ret_capability)
                        *ret_capability = capability;
                return EXPECTATION_REMOVED;
        }

        on = dynamic | (expectation->on ? expectation->on->word[place->word] : 0);
        off |= dynamic | (expectation->off ? expectation->off->word[place->word] : 0);
        return explains(added, removed, on, off) ? EXPECTATION_FORCED : EXPECTATION_NOT;
}
