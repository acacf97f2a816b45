/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The ways in which an offer can be shown */

#include <stdbool.h>

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* Leaf by leaf, names and numbers */
void show_fields(Output *output, const CpuiddOffer *offer, bool only_changed);

/* What is not told at all, if there is anything */
void show_unknown(Output *output, const CpuiddOffer *offer);

/* A register a line, a bit a column */
void show_grid(Output *output, const CpuiddOffer *offer, bool only_changed);

/* As `cpuid -r` writes it, with '?' for digits of which something is not told: our own reader takes
 * that */
void show_raw(Output *output, const CpuiddOffer *offer, bool only_changed);
