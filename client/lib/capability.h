/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How capabilities and their deltas are made for the library's users */

#include <glib.h>

#include "client/lib/cpuidd.h"
#include "policy/host.h"

/* What this library knows of a capability of this name is filled in; a daemon may have more than
 * it knows. */
CpuiddCapability *capability_public_new(const char *name, const char *summary, CpuiddKnown has,
                                        uint64_t value);
void capability_public_free(void *capability);

/* Everything but the texts is taken from @numbers */
CpuiddOperation *operation_new(const char *capability, const char *operation,
                               const CpuiddOperation *numbers);
void operation_free(void *operation);

/* Worked out here */
GPtrArray *capability_list(const Host *host);
GPtrArray *capability_get_delta(Host *host, const Capability *capability);
