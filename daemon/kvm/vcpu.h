/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A throw-away VM with one vCPU that never runs: what does KVM make of a table that is set? */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "daemon/kvm/kvm-device.h"
#include "policy/leaf.h"

typedef struct Vcpu Vcpu;

/* All errors are of PROBE_ERROR. From here on the process cannot ask for permissions (AMX) any
 * more. */
Vcpu *vcpu_new(const KvmDevice *device, GError **error);
Vcpu *vcpu_free(Vcpu *vcpu);

bool vcpu_set_cpuid(const Vcpu *vcpu, const LeafTable *table, GError **error);
LeafTable *vcpu_get_cpuid(const Vcpu *vcpu, GError **error);

/* How fast its TSC is when nobody asks for another speed; 0 where the kernel cannot tell */
uint64_t vcpu_get_tsc_khz(const Vcpu *vcpu);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vcpu, vcpu_free)
