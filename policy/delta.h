/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a capability changes on a host, operation by operation */

#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/host.h"

typedef struct DeltaOperation {
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
        const char *operation;
        uint64_t value; /* with the capability enabled, shifted down to bit 0 */
} DeltaOperation;

/* GArray of DeltaOperation */
GArray *delta_new(Host *host, const Capability *capability);
