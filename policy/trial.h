/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is tried on a vCPU that never runs, and what KVM made of it. The first is what the daemon
 * gives to the process that tries it, the second what that gives back; both cross as text
 * (policy/trial-text.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/leaf.h"

/* As many cases as one process tries */
#define TRIAL_CASES_MAX 8192
/* As many MSRs as a case has */
#define TRIAL_MSRS_MAX 4096

typedef struct TrialMsr {
        uint32_t index;
        uint64_t value;
} TrialMsr;

/* A register of a row that is another one than in the case before which it is tried */
typedef struct TrialChange {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t reg;
        uint32_t value;
} TrialChange;

/* A table on a vCPU. Its own, or another case's with one register changed: then capabilities and
 * MSRs are that one's, and so is the vCPU. */
typedef struct TrialCase {
        LeafTable *table; /* NULL: that of `like`, with `change` */
        size_t like;      /* an earlier case, which has a table itself */
        TrialChange change;
        CapabilitySet capabilities; /* what is to be enabled in KVM, with what they imply */
        GArray *msrs;               /* TrialMsr, or NULL */
} TrialCase;

/* The cases of one process, tried in order */
typedef struct TrialRequest {
        GPtrArray *cases; /* TrialCase */
} TrialRequest;

TrialRequest *trial_request_new(void);
TrialRequest *trial_request_free(TrialRequest *request);

/* Both give the case's number. The table is taken over; @msrs (TrialMsr, or NULL) too. */
size_t trial_request_add(TrialRequest *request, CapabilitySet capabilities, LeafTable *table,
                         GArray *msrs);
size_t trial_request_add_like(TrialRequest *request, size_t like, const TrialChange *change);

CapabilitySet trial_request_capabilities(const TrialRequest *request, size_t i);
/* The whole table of a case; a row that the change is about and that is missing is added, with the
 * index flag that the field table has for its leaf */
LeafTable *trial_request_table(const TrialRequest *request, size_t i);
const GArray *trial_request_msrs(const TrialRequest *request, size_t i); /* NULL: none */

/* What KVM says of something: 0 is yes, otherwise the errno of its no. A MSR that is not taken has
 * no errno of its own: that is TRIAL_MSR_REFUSED. */
#define TRIAL_MSR_REFUSED (-1)

/* A capability that was to be enabled and was not */
typedef struct TrialRefusal {
        const Capability *capability;
        const char *call; /* what failed, interned: "KVM_ENABLE_CAP(KVM_CAP_X2APIC_API)" */
        int code;         /* errno; 0: it was not tried, since it takes what a trial has not */
} TrialRefusal;

/* The @i-th of what can be named there for a capability; NULL: no more */
const char *trial_refusal_call(const Capability *capability, unsigned i);

/* Bits of the table that KVM_SET_CPUID2 would not have: without them it takes the rest. They are of
 * every row with these numbers. A row whose bits are all among them is left out. */
typedef struct TrialCulprit {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
        int code;
} TrialCulprit;

uint32_t trial_culprit_mask(const TrialCulprit *culprit);
LeafTable *trial_table_without(const LeafTable *table, const GArray *culprits);

typedef struct TrialMsrAnswer {
        uint32_t index;
        int code;       /* of KVM_SET_MSRS */
        bool has_value; /* KVM_GET_MSRS gave one afterwards */
        uint64_t value;
} TrialMsrAnswer;

typedef struct TrialControlAnswer {
        uint16_t control; /* an index of control_table */
        int code;
} TrialControlAnswer;

/* Of one case */
typedef struct TrialEvidence {
        char *failure;         /* "KVM_CREATE_VCPU": there was no vCPU, or none to be read back
                        * ("KVM_GET_CPUID2"), and nothing else is here; or NULL */
        int failure_code;      /* its errno */
        CapabilitySet enabled; /* of the case's capabilities: those that were enabled in KVM, or for
                                * which a VMM does nothing in KVM; of a case that is like another
                                * that one's */
        GArray *refusals;      /* TrialRefusal; of a case that is like another none */
        int set_code;          /* of KVM_SET_CPUID2 with the table as it is */
        GArray *culprits;      /* TrialCulprit, in table order; left out of what was set then */
        LeafTable *set;        /* what was set in the end: the table without the culprits; NULL: KVM
                                 * takes nothing of it */
        LeafTable *back;       /* KVM_GET_CPUID2 after that; NULL with `set` */
        LeafTable *supported;  /* KVM_GET_SUPPORTED_CPUID with the capabilities enabled; NULL: not
                                 * asked, as of a case that is like another */
        GArray *msrs;     /* TrialMsrAnswer, in the case's order; of a case that is like another
                                * none: it has that one's vCPU, where they are set */
        GArray *controls; /* TrialControlAnswer: those to which the table entitles; of a case
                                 * that is like another only those to which that is not. Without
                                 * those of which KVM tells nothing. */
} TrialEvidence;

TrialEvidence *trial_evidence_new(void);
TrialEvidence *trial_evidence_free(TrialEvidence *evidence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialRequest, trial_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialEvidence, trial_evidence_free)
