/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows of CPUID, as KVM gives and takes them, and tables of such rows */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* KVM_CPUID_FLAG_SIGNIFCANT_INDEX: the row answers for its own sub-leaf only */
#define LEAF_FLAG_INDEXED 1u

/* KVM_MAX_CPUID_ENTRIES of every kernel from 5.10 on: no guest can have a larger table */
#define LEAF_TABLE_MAX 256

typedef enum Register {
        REGISTER_EAX,
        REGISTER_EBX,
        REGISTER_ECX,
        REGISTER_EDX,
        N_REGISTERS,
} Register;

/* One row: the seven words of struct kvm_cpuid_entry2, and of the D-Bus form, in their order */
typedef struct Leaf {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t flags;
        uint32_t registers[N_REGISTERS];
} Leaf;

#define LEAF_N_WORDS (sizeof(Leaf) / sizeof(uint32_t))

typedef struct LeafTable LeafTable;

LeafTable *leaf_table_new(void);
LeafTable *leaf_table_copy(const LeafTable *table);
LeafTable *leaf_table_free(LeafTable *table);

/* Takes @n_words words, seven a row, in @words; NULL with POLICY_ERROR_TABLE where they are no
 * whole rows or more than LEAF_TABLE_MAX rows. */
LeafTable *leaf_table_new_from_words(const uint32_t *words, size_t n_words, GError **error);

size_t leaf_table_size(const LeafTable *table);
const Leaf *leaf_table_at(const LeafTable *table, size_t i);
void leaf_table_add(LeafTable *table, const Leaf *row);

/* The row that answers for (leaf, sub-leaf) by KVM's own rule: the first whose leaf is the same
 * and which has no index flag or the same sub-leaf (cpuid_entry2_find()); NULL if none does. */
const Leaf *leaf_table_find(const LeafTable *table, uint32_t leaf, uint32_t subleaf);

/* Stable, by leaf and sub-leaf */
void leaf_table_sort(LeafTable *table);

/* The rows as one flat array of words, for the wire; LEAF_N_WORDS * leaf_table_size() of them */
const uint32_t *leaf_table_words(const LeafTable *table);

const char *register_to_string(Register reg);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LeafTable, leaf_table_free)
