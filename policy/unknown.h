/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the source of a table does not tell. Not 0 and not 1: nothing is judged by it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

/* More cannot be given: each is one place or a run of them */
#define UNKNOWN_MAX 1024

/* Bits of some registers, in each leaf and sub-leaf from the first to the last. All four words of
 * a place are there: its flat form is UNKNOWN_SPAN_WORDS words in this order. */
typedef struct UnknownSpan {
        uint32_t leaf;
        uint32_t leaf_last;
        uint32_t subleaf;
        uint32_t subleaf_last; /* UINT32_MAX: every one after `subleaf` */
        uint32_t masks[N_REGISTERS];
} UnknownSpan;

#define UNKNOWN_SPAN_WORDS (sizeof(UnknownSpan) / sizeof(uint32_t))

/* Bits of a feature MSR that is there */
typedef struct UnknownMsr {
        uint32_t index;
        uint64_t mask;
} UnknownMsr;

typedef struct Unknown Unknown;

Unknown *unknown_new(void);
Unknown *unknown_copy(const Unknown *unknown);
Unknown *unknown_free(Unknown *unknown);

/* Spans without a bit are ignored, and so is what is told more than once. Those beyond UNKNOWN_MAX
 * make everything unknown: too much is never too little. */
void unknown_add(Unknown *unknown, const UnknownSpan *span);
/* Whole leaves, with all sub-leaves */
void unknown_add_leaves(Unknown *unknown, uint32_t first, uint32_t last);
/* Whole sub-leaves of one leaf */
void unknown_add_subleaves(Unknown *unknown, uint32_t leaf, uint32_t first, uint32_t last);
/* Bits of one register */
void unknown_add_bits(Unknown *unknown, uint32_t leaf, uint32_t subleaf, Register reg,
                      uint32_t mask);
/* Beyond UNKNOWN_MAX only those that data/msrs.table has rows for are kept: nothing depends on the
 * others. */
void unknown_add_msr(Unknown *unknown, uint32_t index, uint64_t mask);
void unknown_add_all(Unknown *unknown, const Unknown *other);

/* Of NULL, too */
bool unknown_is_empty(const Unknown *unknown);

/* The spans; MSRs are beside them */
size_t unknown_size(const Unknown *unknown);
const UnknownSpan *unknown_at(const Unknown *unknown, size_t i);

/* The MSRs, by index */
size_t unknown_n_msrs(const Unknown *unknown);
const UnknownMsr *unknown_msr_at(const Unknown *unknown, size_t i);

/* Which bits are not told; 0 for NULL: everything is */
uint32_t unknown_mask(const Unknown *unknown, uint32_t leaf, uint32_t subleaf, Register reg);
uint64_t unknown_msr_mask(const Unknown *unknown, uint32_t index);

/* As text: "0x14" (a leaf), "0x20-0x23", "0x7.1" (a sub-leaf), "0xd.2-62", "0x7.1-" (and all that
 * follow), "0x7.0:eax", "0x1.0:ecx[27]", "0x6.0:edx[31:16]", "0x4.0-:ecx" (in every sub-leaf). Bits
 * that do not stand together, or are of several registers but not all, take several texts: each
 * with its own span. MSRs come last: "msr 0x10a[63:32]", "msr 0x10a[5]", "msr 0x345". */
char **unknown_to_texts(const Unknown *unknown);
/* One text; POLICY_ERROR_PLACE says what was expected */
bool unknown_add_text(Unknown *unknown, const char *text, GError **error);
/* One that is no MSR's */
bool unknown_span_parse(const char *text, UnknownSpan *ret, GError **error);

/* The spans, flat: UNKNOWN_SPAN_WORDS words each. NULL with POLICY_ERROR_TABLE where they are no whole spans, more
 * than UNKNOWN_MAX, or one whose end is before its start. */
Unknown *unknown_new_from_words(const uint32_t *words, size_t n_words, GError **error);
const uint32_t *unknown_words(const Unknown *unknown);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unknown, unknown_free)
