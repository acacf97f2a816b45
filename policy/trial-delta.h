/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What was read back, as what is not as it was set. Rows with the same numbers are told apart by
 * their order. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

/* 'gone' and 'back' lines. Where one of several rows with the same numbers is not as it was set, all
 * of them are written. */
void trial_delta_append(GString *text, const LeafTable *set, const LeafTable *back);

/* The other way round: takes out the last row with these numbers; false if there is none */
bool trial_delta_remove(LeafTable **table, uint32_t leaf, uint32_t subleaf);
/* @rows that are still there, with those of @changed (or NULL) in their places, and behind them what
 * KVM added */
LeafTable *trial_delta_join(const LeafTable *rows, const LeafTable *changed);
