/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tries each capability's change on its own against each error, then the changes that help
 * together. */

#include "policy/remedy.h"

#include "policy/judge.h"

/* A change to what is enabled */
typedef struct Change {
        CapabilitySet enable;
        CapabilitySet disable;
} Change;

static CapabilitySet change_apply(const Offer *offer, Change change) {
        return capability_set_close((offer->capabilities & ~change.disable) | change.enable);
}

/* Without what others of the set bring with them */
static CapabilitySet drop_implied(CapabilitySet set) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (set & (UINT64_C(1) << i))
                        set &= ~capability_table[i].implies;

        return set;
}

/* Enabling a capability that the host has, with all that it requires */
static bool change_enable(const Offer *offer, size_t i, Change *ret) {
        CapabilitySet wanted = (UINT64_C(1) << i) | capability_table[i].requires;
        CapabilitySet closed = capability_set_close(wanted), had = host_capabilities(offer->host);

        for (size_t j = 0; j < N_CAPABILITIES; j++)
                if (closed & (UINT64_C(1) << j))
        closed |= capability_table[j].requires;

        if ((closed & ~had) || (offer->capabilities & (UINT64_C(1) << i)))
                return false;

        *ret = (Change){ .enable = drop_implied(closed & ~offer->capabilities) };
        return true;
}

/* Not enabling one, nor anything that brings it */
static bool change_disable(const Offer *offer, size_t i, Change *ret) {
        CapabilitySet bit = UINT64_C(1) << i;

        if (!(offer->capabilities & bit))
                return false;

        *ret = (Change){ .disable = bit };
        for (size_t j = 0; j < N_CAPABILITIES; j++)
                if ((offer->capabilities & (UINT64_C(1) << j)) &&
                    (capability_table[j].implies & bit))
                        ret->disable |= UINT64_C(1) << j;

        return true;
}

static bool capability_touches(const Capability *capability, const Field *field) {
        for (size_t i = 0; i < capability->n_operations; i++) {
                const CapabilityOperation *operation = &capability->operations[i];

                if (operation->kind == CAPABILITY_VIEW ||
                    (operation->word == field->word && operation->low <= field->high &&
                     field->low <= operation->high))
                        return true;
        }

        return false;
}

static bool change_touches(Change change, const Field *field) {
        CapabilitySet set = capability_set_close(change.enable | change.disable);

        if (field->flags & (FIELD_MAXIMUM_LEAF | FIELD_MAXIMUM_SUBLEAF))
                return true;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if ((set & (UINT64_C(1) << i)) && capability_touches(&capability_table[i], field))
                        return true;

        return false;
}

/* What is no longer compared has not become right: a guest whose MONITOR KVM rewrites still waits
 * in vain, and of a view that is not told nobody knows. */
static bool only_stops_comparing(const Offer *offer, const Offer *changed, const Field *field) {
        return (changed->dynamic[field->word] & ~offer->dynamic[field->word] & field_mask(field)) !=
                0 ||
                !words_tell(changed->words, field);
}

static size_t count_errors(const GPtrArray *findings) {
        size_t n = 0;

        for (size_t i = 0; i < findings->len; i++)
                n += ((const Finding *) g_ptr_array_index(findings, i))->severity == SEVERITY_ERROR;

        return n;
}

/* The offer with the change; NULL where that leaves as many errors as it takes away: what cures one
 * thing and breaks another is no remedy */
static Offer *offer_with(const Offer *offer, const Guest *guest, bool strict, Change change,
                         size_t n_errors) {
        g_autoptr(Offer) changed = offer_new(offer->host, change_apply(offer, change));
        g_autoptr(GPtrArray) findings = judge(changed, guest, strict);

        return count_errors(findings) < n_errors ? g_steal_pointer(&changed) : NULL;
}

static bool may_help(const Finding *finding, Change change) {
        return finding->severity == SEVERITY_ERROR && finding->row &&
                finding->cause != CAUSE_GUEST && !finding->enable && !finding->disable &&
                change_touches(change, finding->row);
}

static void try_change(const Offer *offer, const Guest *guest, bool strict, Change change,
                       GPtrArray *findings) {
        g_autoptr(Offer) changed = NULL;

        for (size_t i = 0; i < findings->len; i++) {
                Finding *finding = g_ptr_array_index(findings, i);

                if (!may_help(finding, change))
                        continue;
                if (!changed)
                        changed = offer_with(offer, guest, strict, change, count_errors(findings));
                if (!changed)
                        return;
                if (judge_field(changed, guest, finding->row, strict) == SEVERITY_ERROR ||
                    only_stops_comparing(offer, changed, finding->row))
                        continue;

                finding->enable = change.enable;
                finding->disable = change.disable;
        }
}

void remedy_findings(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings) {
        Change change;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (change_enable(offer, i, &change))
                        try_change(offer, guest, strict, change, findings);

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (change_disable(offer, i, &change))
                        try_change(offer, guest, strict, change, findings);

        /* An enabled capability that the host lacks is an error of its own when warnings are. */
        for (size_t i = 0; i < findings->len; i++) {
                Finding *finding = g_ptr_array_index(findings, i);

                if (finding->reg == FINDING_CAPABILITY && finding->severity == SEVERITY_ERROR &&
                    change_disable(offer, capability_index(capability_find(finding->field)),
                                   &change))
                        finding->disable = change.disable;
        }
}

static bool is_enough(const Offer *offer, const Guest *guest, bool strict, Change change) {
        g_autoptr(Offer) changed = offer_new(offer->host, change_apply(offer, change));
        g_autoptr(GPtrArray) findings = judge(changed, guest, strict);

        for (size_t i = 0; i < findings->len; i++)
                if (((const Finding *) g_ptr_array_index(findings, i))->severity == SEVERITY_ERROR)
                        return false;

        return true;
}

/* Leaves out whatever can be left out, the least preferred first */
static Change shrink(const Offer *offer, const Guest *guest, bool strict, Change change) {
        for (size_t i = N_CAPABILITIES; i-- > 0;) {
                CapabilitySet bit = UINT64_C(1) << i;
                Change less = { change.enable & ~bit, change.disable & ~bit };

                if (((change.enable | change.disable) & bit) &&
                    is_enough(offer, guest, strict, less))
                        change = less;
        }

        return change;
}

bool remedy_find_needs(const Offer *offer, const Guest *guest, bool strict,
                       const GPtrArray *findings, CapabilitySet *ret_enable,
                       CapabilitySet *ret_disable) {
        Change change = {};

        for (size_t i = 0; i < findings->len; i++) {
                const Finding *finding = g_ptr_array_index(findings, i);

                if (finding->severity != SEVERITY_ERROR)
                        continue;
                if (!finding->enable && !finding->disable)
                        return false;

                change.enable |= finding->enable;
                change.disable |= finding->disable;
        }

        change.enable = drop_implied(change.enable);
        if (!is_enough(offer, guest, strict, change))
                return false;

        change = shrink(offer, guest, strict, change);
        *ret_enable = change.enable;
        *ret_disable = change.disable;
        return true;
}
