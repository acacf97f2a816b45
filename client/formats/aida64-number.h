/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sub-leaves of lines that have no number of their own (facts, formats 4). */

#include <stdbool.h>
#include <stdint.h>

#include "policy/leaf.h"

/* The lines of one leaf in the block of one CPU */
typedef struct Lineup {
        unsigned n;    /* of those without a sub-leaf of their own */
        bool has_told; /* one has a sub-leaf */
        uint64_t left; /* sub-leaves that sub-leaf 0 names, and that had no line yet */
} Lineup;

/* Whether a leaf may have more sub-leaves than one, as far as anybody knows */
bool lineup_has_subleaves(uint32_t leaf);
/* For a line that does not tell its sub-leaf. False: nobody knows which it is. */
bool lineup_number(Lineup *lineup, Leaf *row);
