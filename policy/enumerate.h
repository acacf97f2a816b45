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

/* Adds to @unknown the leaves and sub-leaves that the table has to have by its own maxima and
 * masks, and does not. @is_zero: what is missing between two rows was left out for being zero. */
void enumerate_missing(const LeafTable *table, bool is_zero, Unknown *unknown);
