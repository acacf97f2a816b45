/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows as the tests of how CPUID is walked write them */

#include "policy/leaf.h"

#define N_ROWS 12

#define ROW(_leaf, _subleaf, ...)                                                \
        {                                                                        \
                .leaf = _leaf, .subleaf = _subleaf, .registers = { __VA_ARGS__ } \
        }
#define SUBROW(_leaf, _subleaf, ...)                                                           \
        {                                                                                      \
                .leaf = _leaf, .subleaf = _subleaf, .flags = LEAF_FLAG_INDEXED, .registers = { \
                        __VA_ARGS__                                                            \
                }                                                                              \
        }
