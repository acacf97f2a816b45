/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How CPUID is laid out: which leaves a range has and which sub-leaves a leaf. To ask for all of
 * them, and to know what a table lacks. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/leaf.h"
#include "policy/unknown.h"

/* The CPUID instruction, or what stands for it; false: the asking failed, and ends */
typedef bool (*EnumerateFunc)(void *userdata, uint32_t leaf, uint32_t subleaf,
                              uint32_t ret_registers[N_REGISTERS]);

typedef enum EnumerateFlags {
        /* From 0x40000000 on, too: inside a guest those are its hypervisor's promises, on a host
         * no property of the CPU */
        ENUMERATE_HYPERVISOR = 1 << 0,
} EnumerateFlags;

/* All leaves and sub-leaves that there are, at most LEAF_TABLE_MAX rows whatever is answered. NULL
 * where the asking failed. */
LeafTable *enumerate_cpuid(EnumerateFunc func, void *userdata, EnumerateFlags flags);

typedef enum EnumerateMissing {
        /* What is missing between two rows was left out for being zero. */
        ENUMERATE_MISSING_ZERO = 1 << 0,
        /* The sub-leaf that ends a list is left out: behind it are rows of other leaves. */
        ENUMERATE_MISSING_ENDS = 1 << 1,
} EnumerateMissing;

/* Adds to @unknown the leaves and sub-leaves that the table has to have by its own maxima and
 * masks, and does not. */
void enumerate_missing(const LeafTable *table, EnumerateMissing flags, Unknown *unknown);

/* The same of one leaf, of its sub-leaves from @first on: those before it that are missing are
 * zero. Nothing where the leaf has no sub-leaf 0: that it is zero says that there are no others. */
void enumerate_missing_subleaves(const LeafTable *table, uint32_t leaf, uint32_t first,
                                 Unknown *unknown);

/* Whether it is a leaf of Transmeta's range, which stands within the extended one and has a maximum
 * of its own */
bool enumerate_is_transmeta(const LeafTable *table, uint32_t leaf);
