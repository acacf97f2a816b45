/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What has become of a host: what it offered and does not any more, and the other way round */

#include <glib.h>

#include "policy/host.h"

typedef struct HostChangeNumber {
        const char *name; /* a field's */
        char *before;     /* as a person would write it: "46", "64 bytes" */
        char *after;
} HostChangeNumber;

/* By what is offered with the usual capabilities. Names are fields', capabilities' or, of bits
 * without one, places ("0x7.0:ebx[6]"), in the order of the tables, capabilities first. What KVM
 * rewrites as a guest runs, what depends on the CPU that is asked and what a VMM makes up is left
 * out. */
typedef struct HostChange {
        GPtrArray *lost;    /* char * */
        GPtrArray *gained;  /* char * */
        GPtrArray *numbers; /* HostChangeNumber: fields of more than one bit */
} HostChange;

HostChange *host_change_new(Host *before, Host *after);
HostChange *host_change_free(HostChange *change);

/* "lost: rtm, hle; gained: serialize; maxphyaddr: 46, was 52". Of a long list the first dozen and how
 * many more there are. Where nothing of that is another but the fingerprint is: says so. */
char *host_change_to_text(const HostChange *change);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostChange, host_change_free)
