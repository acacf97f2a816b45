/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A verdict's findings, for people */

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* All of one severity ("error"), under a heading that counts them; nothing where there are none */
void findings_print(Output *output, const CpuiddVerdict *verdict, const char *severity,
                    Style style);
