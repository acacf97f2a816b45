/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a host cannot be probed */

#include <glib.h>

#define PROBE_ERROR probe_error_quark()

typedef enum ProbeError {
        PROBE_ERROR_NO_DEVICE,  /* KVM is not loaded, or the CPU cannot virtualize */
        PROBE_ERROR_PERMISSION, /* KVM is there, and not for us */
        PROBE_ERROR_VERSION,    /* not KVM, or another version of its API */
        PROBE_ERROR_FAILED,     /* KVM refused a question that every KVM answers */
} ProbeError;

GQuark probe_error_quark(void);
