/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of a line of AIDA64's text. Each moves @p on behind what it has read. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/leaf.h"

/* "CPUID 00000001" and what parts it from its registers */
bool aida64_read_leaf(const char **p, uint32_t *ret);
bool aida64_is_leaf(const char *line);
/* Parted by a dash or, in a few old files, by blanks; behind them is nothing, or a note */
bool aida64_read_registers(const char **p, Leaf *row);
/* "[SL 0A]", wherever it stands among the notes. False where it is not whole. */
bool aida64_read_subleaf(const char **p, bool *ret_has, uint32_t *ret);

/* "MSR 0000010A:" */
bool aida64_read_index(const char **p, uint32_t *ret);
/* Four groups of 16 bits, with dashes between them */
bool aida64_read_msr_value(const char **p, uint64_t *ret);
