/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The answer: whether a host can give a guest what it has, and everything that was found */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/field.h"
#include "policy/unknown.h"

typedef enum VerdictKind {
        VERDICT_SUPPORTED,
        VERDICT_NEEDS_CAPABILITIES,
        VERDICT_UNSUPPORTED,
} VerdictKind;

typedef enum Cause {
        CAUSE_UNKNOWN,
        CAUSE_CPU,
        CAUSE_KVM,
        CAUSE_PARAMETER,
        CAUSE_CAPABILITY,
        CAUSE_VENDOR,
        CAUSE_GUEST,
} Cause;

/* The register numbers of findings that are not about CPUID, as on the bus. For FINDING_MSR the
 * leaf is the MSR's index. */
enum {
        FINDING_MSR = 4,
        FINDING_TSC = 5,
        FINDING_CAPABILITY = 6,
};

typedef struct Finding {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg; /* Register, or one of the above */
        uint8_t low;
        uint8_t high;
        uint8_t rule;     /* FieldRule */
        uint8_t severity; /* Severity */
        uint8_t cause;    /* Cause */
        const Field *row; /* NULL where there is none */
        /* The row's name, a capability's for FINDING_CAPABILITY, "" for bits without a row */
        const char *field;
        uint64_t guest;
        uint64_t host;
        char *message;
        CapabilitySet enable;  /* the remedy: the finding goes away when these are enabled ... */
        CapabilitySet disable; /* ... or these are not */
} Finding;

typedef struct Verdict {
        VerdictKind kind;
        GPtrArray *findings; /* Finding, in the order of the contract; NULL if there are none */
        CapabilitySet capabilities; /* taken as enabled */
        CapabilitySet needs_enabled;
        CapabilitySet needs_disabled;
        Unknown *
                unchecked; /* with CHECK_LIST_UNCHECKED; NULL: everything that matters was checked */
} Verdict;

void verdict_done(Verdict *verdict);

size_t verdict_count(const Verdict *verdict, Severity severity);

const char *verdict_kind_to_string(VerdictKind kind);
const char *cause_to_string(Cause cause);

/* Where findings and what trials show stand in their lists: by leaf, sub-leaf, register and lowest
 * bit; what is not about CPUID behind all that is, by its kind first */
typedef struct FindingPlace {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
} FindingPlace;

/* As qsort() has it */
int finding_place_compare(FindingPlace left, FindingPlace right);

/* "0x7.0:ebx[6]", "msr 0x10a[5]", "tsc", or the capability's name */
char *finding_where(const Finding *finding);

/* Capabilities to enable, and with a leading '!' those not to enable; free with g_strfreev() */
char **capability_change_to_strv(CapabilitySet enable, CapabilitySet disable);

/* About a row of the field table, or NULL; without its place */
Finding *finding_new(const Field *row, Severity severity);
Finding *finding_free(Finding *finding);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_done)
