/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a vCPU's state shows without running it: does KVM take the bit, or the MSR, that a feature
 * stands for? */

#include <stdbool.h>

#include <glib.h>

#include "daemon/kvm/vcpu.h"
#include "policy/control.h"
#include "policy/trial.h"

/* Sets MSRs one by one, and then reads each: GArray of TrialMsrAnswer */
void witness_set_msrs(const Vcpu *vcpu, const GArray *msrs, GArray *answers);

/* @ret_code: errno, 0 or TRIAL_MSR_REFUSED. false: KVM would not even have what the vCPU has, which
 * tells nothing of this. Afterwards the vCPU is as it was. */
bool witness_try_control(const Vcpu *vcpu, const Control *control, int *ret_code);
