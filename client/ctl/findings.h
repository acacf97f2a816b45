/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A verdict's findings, and what else looks like them, for people */

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* All of one severity ("error"), under a heading that counts them; nothing where there are none */
void findings_print(Output *output, const CpuiddVerdict *verdict, const char *severity,
                    Style style);

/* Those of @findings (GPtrArray of CpuiddFinding) under the title, which says how many they are;
 * nothing where there are none. @all: whose places and fields are to be in the same columns. */
void findings_print_list(Output *output, const char *title, const GPtrArray *findings,
                         const GPtrArray *all, Style style);
