/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A throw-away VM with one vCPU that never runs: what does KVM make of a table that is set? */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include <asm/prctl.h>

#include "daemon/kvm/kvm-device.h"
#include "policy/leaf.h"

/* In asm/prctl.h since Linux 5.17 */
#ifndef ARCH_REQ_XCOMP_GUEST_PERM
#define ARCH_REQ_XCOMP_GUEST_PERM 0x1025
#endif

typedef struct Vcpu Vcpu;

/* All errors are of PROBE_ERROR. From here on the process cannot ask for permissions (AMX) any
 * more. */
Vcpu *vcpu_new(const KvmDevice *device, GError **error);
Vcpu *vcpu_free(Vcpu *vcpu);

bool vcpu_set_cpuid(const Vcpu *vcpu, const LeafTable *table, GError **error);
LeafTable *vcpu_get_cpuid(const Vcpu *vcpu, GError **error);

/* How fast its TSC is when nobody asks for another speed; 0 where the kernel cannot tell */
uint64_t vcpu_get_tsc_khz(const Vcpu *vcpu);

/* The same step by step: a VM of a type, what is enabled in it, its vCPU, what is enabled there. What
 * is refused has an errno here and no sentence; 0: nothing was. */
Vcpu *vcpu_new_vm(const KvmDevice *device, unsigned long type, int *ret_code);
int vcpu_create_irqchip(Vcpu *vcpu);
int vcpu_enable_in_vm(Vcpu *vcpu, uint32_t extension, uint64_t value);
int vcpu_create(Vcpu *vcpu);
int vcpu_enable(Vcpu *vcpu, uint32_t extension, uint64_t value);

int vcpu_write_cpuid(const Vcpu *vcpu, const LeafTable *table);
int vcpu_read_cpuid(const Vcpu *vcpu, LeafTable **ret);
int vcpu_fd(const Vcpu *vcpu);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vcpu, vcpu_free)
