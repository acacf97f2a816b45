/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the engine can refuse */

#include <glib.h>

#define POLICY_ERROR policy_error_quark()

typedef enum PolicyError {
        POLICY_ERROR_TABLE,      /* not a CPUID table: too many rows, half a row */
        POLICY_ERROR_RECORDING,  /* not a recording; the message starts with "line N: " */
        POLICY_ERROR_CAPABILITY, /* no capability of this name */
        POLICY_ERROR_PLACE,      /* not a place in CPUID, nor the name of anything */
        POLICY_ERROR_TRIAL,      /* KVM gives no vCPU to try anything on; the message says why */
} PolicyError;

GQuark policy_error_quark(void);
