/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the rules, the capabilities and the profile tell of what a vCPU makes of any table */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/offer.h"
#include "policy/readback.h"
#include "policy/trial.h"

typedef enum ExpectationReason {
        EXPECTATION_NOT,     /* nothing tells of it */
        EXPECTATION_RULE,    /* KVM rewrites the field */
        EXPECTATION_DYNAMIC, /* the same because of a capability */
        EXPECTATION_REMOVED, /* a capability takes it away */
        EXPECTATION_FORCED,  /* the profile has it as on or off in every vCPU */
        EXPECTATION_DROPPED, /* the profile has the row as one that KVM drops */
} ExpectationReason;

typedef struct Expectation {
        Offer *offer;    /* with what was enabled in KVM */
        const Words *on; /* these three of the profile, or NULL where it does not tell */
        const Words *off;
        const LeafTable *dropped;
        uint32_t removed[N_FIELD_WORDS]; /* by what is shown when a table is read back */
        /* Groups of words in which something is forced */
        uint16_t forced[N_FIELD_GROUPS];
        size_t n_forced;
} Expectation;

Expectation *expectation_new(Host *host, CapabilitySet enabled);
Expectation *expectation_free(Expectation *expectation);

/* What counts as enabled: what KVM would not enable, and what implies that, does not */
CapabilitySet expectation_enabled(const TrialEvidence *evidence);

/* Whether the place changes as a guest runs: what was read back says nothing then */
bool expectation_is_dynamic(const ReadbackPlace *place, ExpectationReason reason);

/* Why KVM makes of the place what it does; @ret_capability (or NULL): the one whose doing it is */
ExpectationReason expectation_why(const Expectation *expectation, const ReadbackPlace *place,
                                  const Capability **ret_capability);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Expectation, expectation_free)
