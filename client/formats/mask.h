/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tables that are masks of features, and tell of nothing but the registers in them */

#include <stdint.h>

#include "policy/leaf.h"
#include "policy/unknown.h"

/* What lies between, before and behind the rows, from one leaf to another: leaves, and sub-leaves
 * of those that have some. @sorted: in the order of leaf_table_sort(). */
void mask_add_gaps(Unknown *unknown, const LeafTable *sorted, uint32_t first, uint32_t last);
