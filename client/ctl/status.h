/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a host's status is told to people */

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* "       key: value"; nothing without a value */
void status_print_line(Output *output, const char *key, const char *value);

/* "6.1.158 with kvm_intel", and the CPU; the latter is NULL where it is not known */
char *status_describe_kernel(const CpuiddStatus *status);
char *status_describe_processor(const CpuiddStatus *status);
