/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The cases of a host's self trial, and what each of them is about */

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/field.h"
#include "policy/offer.h"
#include "policy/trial.h"

typedef enum SelfCaseKind {
        SELF_CASE_OFFER, /* what the host offers with the usual capabilities */
        SELF_CASE_BARE,  /* its feature bits cleared */
        SELF_CASE_BASE,  /* the offer, with what a capability requires and without itself */
        SELF_CASE_LACK,  /* the offer without one of the usual capabilities */
        SELF_CASE_WITH,  /* the offer, with a capability */
        SELF_CASE_OWN,   /* what the host offers with the capability */
        SELF_CASE_ALONE, /* the bare one with a feature bit */
        SELF_CASE_CLEAR, /* the offer without a feature bit */
} SelfCaseKind;

typedef struct SelfCase {
        uint8_t kind;                 /* SelfCaseKind */
        const Capability *capability; /* BASE, LACK, WITH, OWN */
        size_t without;               /* WITH: the first request's case that it is compared with */
        const Field *row;             /* ALONE, CLEAR; NULL for a bit without a row */
        uint32_t leaf;                /* where that bit is */
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
} SelfCase;

/* Of one process */
typedef struct SelfCases {
        TrialRequest *request;
        GArray *cases; /* SelfCase, one for each of the request */
} SelfCases;

/* GPtrArray of SelfCases: the first takes no permission, each further one asks for one. Case 0 of
 * the first is the offer. At most TRIAL_CASES_MAX each: bits without a row are left out first.
 * @offer: with the usual capabilities. */
GPtrArray *self_cases_new(const Offer *offer);

/* What is tried, in words, interned: "offer", "capability disable-exits.hlt", "avx2 alone" */
const char *self_case_subject(const SelfCase *one);
