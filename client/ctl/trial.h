/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The ways in which a trial is told to people */

#include <stdbool.h>

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* Of a guest: what became of its table; with @all also of what KVM left as it was */
void trial_show(Output *output, const CpuiddTrial *trial, bool all);

/* Of the host itself, to be put into a report of an error: @status is what the host is, @version
 * that of this program */
void trial_show_self(Output *output, const CpuiddTrial *trial, const CpuiddStatus *status,
                     const char *version);
