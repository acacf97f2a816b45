/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a trial shows: what became of each place, and where it contradicts what the rules say */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/field.h"
#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/trial.h"
#include "policy/verdict.h"

typedef enum ReportOutcome {
        REPORT_KEPT,     /* as it was set, and not 0 */
        REPORT_CHANGED,  /* KVM made something else of it */
        REPORT_DROPPED,  /* KVM has taken its row out */
        REPORT_REFUSED,  /* KVM would not have it: KVM_SET_CPUID2, KVM_SET_MSRS, or a capability */
        REPORT_BACKED,   /* KVM takes what the guest may use because of it */
        REPORT_UNBACKED, /* KVM refuses that */
        N_REPORT_OUTCOMES,
} ReportOutcome;

/* One place: a field, bits without a row, a feature MSR, or a capability. A field that is kept and
 * has controls has two: one of the read-back, one of the controls. */
typedef struct ReportPlace {
        uint32_t leaf; /* of a MSR its index */
        uint32_t subleaf;
        uint8_t reg; /* Register, FINDING_MSR or FINDING_CAPABILITY */
        uint8_t low;
        uint8_t high;
        uint8_t outcome;   /* ReportOutcome */
        bool is_known;     /* a change that a rule, a capability or the profile tells of; of a
                            * capability: it was not tried */
        const Field *row;  /* NULL where there is none */
        const char *field; /* the row's name, a capability's, "" */
        uint64_t set;
        uint64_t back;
        char *message; /* a sentence; of what is kept NULL, but of a MSR that cannot be read */
} ReportPlace;

/* Of rules and evidence; what a guest's table contradicts in itself is dependency.h's. */
typedef enum ReportContradictionKind {
        CONTRADICTION_REFUSED,   /* the rules say that it is supported, and KVM refuses it */
        CONTRADICTION_REWRITTEN, /* KVM makes something else of a field, and no rule tells of it */
        CONTRADICTION_FORCED,    /* the profile says that KVM forces it, and KVM does not */
        CONTRADICTION_DELTA,  /* a capability does what its row does not say, or does not do it */
        CONTRADICTION_ANSWER, /* KVM_GET_SUPPORTED_CPUID is not what the profile says */
        N_CONTRADICTION_KINDS,
} ReportContradictionKind;

/* Rules against evidence, at one place */
typedef struct ReportContradiction {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
        uint8_t kind; /* ReportContradictionKind */
        const Field *row;
        const char *field;
        const char *subject; /* in a self trial what was tried, interned: "offer",
                              * "capability disable-exits.hlt", "avx2 alone", "without avx2" */
        uint64_t set;
        uint64_t back;
        char *message;
} ReportContradiction;

typedef struct Report {
        ReportOutcome outcome;     /* REFUSED, CHANGED (beyond what is dynamic) or KEPT */
        GPtrArray *places;         /* ReportPlace, in the order of leaf, sub-leaf, register, bit;
                                    * MSRs, capabilities. NULL in a self trial */
        GPtrArray *contradictions; /* ReportContradiction, in the same order */
        CapabilitySet enabled;     /* in KVM */
        size_t n_cases;            /* tables that were tried */
} Report;

/* Of a guest's own trial: one case. Fails where there was no vCPU: POLICY_ERROR_TRIAL. */
Report *report_new(const Offer *offer, const Guest *guest, const TrialEvidence *evidence,
                   GError **error);
Report *report_free(Report *report);

const char *report_outcome_to_string(ReportOutcome outcome);
const char *contradiction_kind_to_string(ReportContradictionKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)
