/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where KVM's own answer is known to be wrong: the entries of data/corrections.table, compiled,
 * and what they did to a host's answer. Each is detected by the answer itself and what was recorded
 * beside it, never by a kernel's version. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "data/correction-sizes.h"
#include "policy/words.h"

typedef struct Host Host;

typedef enum CorrectionConditionKind {
        CORRECTION_KVM,       /* words of KVM's answer */
        CORRECTION_HARDWARE,  /* words of the CPUID instruction */
        CORRECTION_EXTENSION, /* KVM_CHECK_EXTENSION of `name`, & mask */
        CORRECTION_MSR,       /* feature MSR `index`: whether KVM has it */
} CorrectionConditionKind;

/* What was not recorded is no evidence: neither a condition nor its contrary holds. */
typedef struct CorrectionCondition {
        const char *name;
        const uint32_t *values; /* one of these, where there are any; else anything but 0 */
        uint64_t mask;          /* of each word; of the extension's value */
        uint32_t index;
        uint16_t word; /* in a Words: the first of n_words */
        uint16_t n_words;
        uint8_t low;
        uint8_t n_values;
        uint8_t kind;
        bool is_not;
} CorrectionCondition;

typedef enum CorrectionOperationKind {
        CORRECTION_CLEAR,
        CORRECTION_SET,
        CORRECTION_TAKE, /* from the CPUID instruction, where that was recorded */
} CorrectionOperationKind;

typedef struct CorrectionOperation {
        uint32_t mask;
        uint16_t word;
        uint8_t kind;
} CorrectionOperation;

typedef struct Correction {
        const char *name;
        const char *summary;
        const char *why; /* continues "KVM reports 1, corrected to 0 because" */
        const char *source;
        const CorrectionCondition *conditions; /* all have to hold */
        const CorrectionOperation *operations;
        uint16_t n_conditions;
        uint16_t n_operations;
} Correction;

/* Generated from data/corrections.table by data/corrections.awk */
extern const Correction correction_table[N_CORRECTIONS];

/* A word of a host's answer that a correction changed */
typedef struct HostCorrection {
        const char *view;   /* of which view; NULL: of KVM's answer with nothing enabled */
        uint32_t mask;      /* the bits that it changed */
        uint32_t reported;  /* the whole word before ... */
        uint32_t corrected; /* ... and after */
        uint16_t correction;
        uint16_t word;
} HostCorrection;

/* Corrects KVM's answer (of a view, or NULL), in the order of the table, and adds what that
 * changed: GArray of HostCorrection */
void corrections_apply(const Host *host, const char *view, Words *words, GArray *ret);

/* The first correction of these bits of a view, or NULL */
const HostCorrection *correction_find(const Host *host, const char *view, size_t word,
                                      uint32_t mask);

/* "KVM reports 1, corrected to 0 because ..."; @field may be NULL: then of the bits that were
 * changed */
char *correction_to_text(const HostCorrection *correction, const Field *field);
