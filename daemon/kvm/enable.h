/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Virtual CPUs with capabilities, as a VMM would make them */

#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/vcpu.h"
#include "policy/capability.h"
#include "policy/trial.h"

typedef struct Enabler {
        const KvmDevice *device;
        int permissions[N_CAPABILITIES]; /* errno of those that were asked for */
} Enabler;

/* Asks for the permissions of these capabilities: once, before the first vCPU of this process */
void enabler_init(Enabler *enabler, const KvmDevice *device, CapabilitySet capabilities);

/* A vCPU with exactly these. What KVM refuses is in the evidence, and the rest is there all the same;
 * NULL with its `failure` where there is no vCPU. */
Vcpu *enabler_new_vcpu(const Enabler *enabler, CapabilitySet capabilities, TrialEvidence *evidence);
