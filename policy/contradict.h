/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where evidence contradicts the tables. Each place is named once for each way in which it does,
 * by the case that shows it first. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/expectation.h"
#include "policy/guest.h"
#include "policy/report.h"
#include "policy/trial.h"

typedef struct Contradictions {
        GPtrArray *list; /* ReportContradiction, as they were found */
        uint32_t seen[N_CONTRADICTION_KINDS][N_FIELD_WORDS];
} Contradictions;

/* One case: what was tried, what is told of it, and what came of it */
typedef struct ContradictCase {
        const Expectation *expectation;
        const Words *located; /* where the table has the interfaces of hypervisors */
        const TrialEvidence *evidence;
        /* The case as a guest. Only where KVM refuses something it is of interest whether the
         * rules support it, so that whoever has no guest may make one when it is asked for. */
        const Guest *guest;
        Guest *(*make_guest)(void *userdata);
        void *userdata;
        Guest *made;         /* by make_guest() */
        GPtrArray *findings; /* the check's, where it was asked; NULL: not yet */
} ContradictCase;

void contradict_case_done(ContradictCase *one);

Contradictions *contradictions_new(void);
Contradictions *contradictions_free(Contradictions *contradictions);

/* Whether something of the kind is there at the place, and adding to it; the message is taken over */
bool contradictions_have(const Contradictions *contradictions, ReportContradictionKind kind,
                         const ReadbackPlace *place);
ReportContradiction *contradictions_add(Contradictions *contradictions,
                                        ReportContradictionKind kind, const ReadbackPlace *place,
                                        char *message);

/* Whether both the guest and the host tell of the place */
bool contradict_is_told(const ContradictCase *one, const ReadbackPlace *place);

/* The case's guest, made where it was not yet */
const Guest *contradict_guest(ContradictCase *one);
/* Whether the check has no error of its place; false, too, where it is not told */
bool contradict_is_supported(ContradictCase *one, const ReadbackPlace *place);

/* Capabilities, KVM_SET_CPUID2, KVM_SET_MSRS and controls that KVM refuses although the rules
 * support them */
void contradictions_add_refused(Contradictions *contradictions, ContradictCase *one);
/* What is read back and is not what the profile forces, or a capability takes away */
void contradictions_add_promised(Contradictions *contradictions, const ContradictCase *one);
/* What KVM rewrites, and nothing tells of it. After contradictions_add_promised(): what that says
 * already is not said again. That it takes away what the check refuses is no contradiction. */
void contradictions_add_rewritten(Contradictions *contradictions, ContradictCase *one);
/* What is read back otherwise with the capability than without it (@without: the same table) */
void contradictions_add_delta(Contradictions *contradictions, const ContradictCase *one,
                              const Capability *capability, const TrialEvidence *without);
/* KVM's answer with the case's capabilities against the profile's. Of a kind of CPU any is right. */
void contradictions_add_answer(Contradictions *contradictions, const ContradictCase *one);
/* No vCPU with a capability that the host has */
void contradictions_add_failure(Contradictions *contradictions, const TrialEvidence *evidence,
                                const Capability *capability);

/* The list in the contract's order; taken out */
GPtrArray *contradictions_steal(Contradictions *contradictions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Contradictions, contradictions_free)
