/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A CPUID table as the check wants it: one dense vector of registers in the order of
 * data/fields.table. Being in canonical form is what makes two tables comparable: the order of
 * rows is gone, zero rows and missing rows are one, a row without the index flag has answered
 * for each sub-leaf, leaves above the table's own maximum are dropped, the first of duplicates
 * has won. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/field.h"
#include "policy/leaf.h"
#include "policy/unknown.h"

/* A register of a leaf or sub-leaf that data/fields.table has no row for, with something in it */
typedef struct ExtraWord {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t reg;
        uint32_t value;
} ExtraWord;

#define EXTRA_WORDS_MAX (LEAF_TABLE_MAX * N_REGISTERS)

typedef struct Words {
        uint32_t word[N_FIELD_WORDS];
        /* Likewise N_FIELD_WORDS: which bits the table's source does not tell, always the whole of
         * a field (of a text: all its registers). They are 0 in `word`, which says nothing. NULL:
         * everything is told. */
        uint32_t *untold;
        /* Where the interface's first leaf is: 0x40000100 for KVM's behind Hyper-V's; 0: nowhere */
        uint32_t base[N_FIELD_INTERFACES];
        /* A row that is not zero was dropped for being above its range's maximum */
        bool has_above;
        size_t n_extra;
        ExtraWord *extra; /* sorted by leaf, sub-leaf, register */
} Words;

/* @only: FIELD_INTERFACE_HYPERV for a table that holds Hyper-V's leaves and no other
 * (KVM_GET_SUPPORTED_HV_CPUID), else N_FIELD_INTERFACES: found by signature. */
Words *words_new(const LeafTable *table, FieldInterface only);
/* The same of a table of which something is not told (or NULL). What lies above a maximum that is
 * told is not there, and so not unknown. */
Words *words_new_partial(const LeafTable *table, FieldInterface only, const Unknown *unknown);

/* Whether a leaf of the table is within its range's maximum, so that its words have it. A maximum
 * that is not told holds nothing back. */
bool words_see(const LeafTable *table, const Unknown *unknown, uint32_t leaf);

Words *words_copy(const Words *words);
Words *words_free(Words *words);

/* 0 where it is not told */
uint32_t words_get(const Words *words, const Field *field);
bool words_tell(const Words *words, const Field *field);
/* Bits of a word that are not told */
uint32_t words_untold(const Words *words, size_t word);
/* After a change of `untold`: makes fields of it again */
void words_widen_untold(Words *words);
uint32_t words_extra(const Words *words, uint32_t leaf, uint32_t subleaf, Register reg);

/* A feature MSR of a table's owner; one that data/msrs.table has no rows for is left out */
void words_set_msr(Words *words, uint32_t index, uint64_t value);
/* Whether a leaf is above the maximum of its range in this table */
bool words_is_above(const LeafTable *table, uint32_t leaf);
/* The leaf that holds that maximum */
uint32_t words_range_base(uint32_t leaf);

/* The other way round: whose leaf it is, and its number as the field table has it; false for a
 * hypervisor's that we do not know */
bool words_locate(const Words *words, uint32_t leaf, FieldInterface *ret_interface,
                  uint32_t *ret_leaf);

/* What such a leaf is called; NULL where it has no name */
const char *words_title(const Words *words, uint32_t leaf);

/* Where a group of the field table is in a table of which something is not told: as words_leaf(),
 * and where the interface was not found, at the first block that may be its own. */
uint32_t words_place(const Words *words, const Unknown *unknown, const FieldGroup *group);

/* The leaf number at which this table has a group's leaf: moved where the interface is not at
 * its usual base */
uint32_t words_leaf(const Words *words, FieldInterface interface, uint32_t leaf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Words, words_free)
