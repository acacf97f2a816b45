/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A dump whose CPU is told bit by bit, as names of features do, and of which all that was not told
 * is unknown */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "client/formats/dump.h"

/* What was told before stays. FORMAT_ERROR_CONTENT where a table would get more than
 * LEAF_TABLE_MAX rows. */
bool dump_set_bits(Dump *dump, uint32_t leaf, uint32_t subleaf, Register reg, uint32_t mask,
                   uint32_t value, GError **error);
/* Which bits were told so far; @ret_value: NULL, or theirs */
uint32_t dump_get_bits(const Dump *dump, uint32_t leaf, uint32_t subleaf, Register reg,
                       uint32_t *ret_value);

/* The leaf has nothing in it, nor has any of its sub-leaves, whatever was told of them */
void dump_set_leaf_empty(Dump *dump, uint32_t leaf);
/* As dump_set_bits(), of a MSR */
void dump_set_msr_bits(Dump *dump, uint32_t index, uint64_t mask, uint64_t value);

/* Once, at the end: the bits become the rows of the current CPU, and the rest unknown. A range or a
 * leaf whose maximum was told is known to have nothing above it. MSRs that its CPUID is known not
 * to show are left out, and those without a bit on that nobody judges. */
void dump_finish_bits(Dump *dump);
