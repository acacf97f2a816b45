/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A KVM that a test makes up out of a recorded host, and what it says when tables are tried. As
 * mainline does it keeps what it is given, but for what its rows call dynamic. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/host.h"
#include "policy/trial.h"
#include "tests/unit/fake-kernel.h"

typedef struct FakeRefusal {
        const char *name; /* of a field, control, or capability */
        int code;
} FakeRefusal;

typedef struct FakeKvm {
        Host *host;
        const FakeKernel *kernel; /* what else it does is as that does it; NULL: it keeps all */
        bool forces;              /* what the profile has as forced on and off */
        bool ignores_shown;       /* leaves what a capability takes away */
        FakeRewrite rewrites[4];
        FakeRewrite answers[4]; /* of KVM_GET_SUPPORTED_CPUID */
        FakeRefusal culprits[4];
        FakeRefusal controls[4];
        FakeRefusal capabilities[4];
        const char *call;        /* what fails then; NULL: KVM_ENABLE_CAP */
        FakeRefusal failures[4]; /* no vCPU with the capability */
        uint32_t dropped[2];     /* leaves whose rows go */
        uint32_t added;          /* a leaf that it adds, with all registers 1 */
        uint32_t refused_msr;
        uint32_t changed_msr;
        int set_code; /* of every table; nothing of it is taken */
} FakeKvm;

TrialEvidence *fake_kvm_try(const FakeKvm *kvm, const TrialRequest *request, size_t i);

/* All cases */
GPtrArray *fake_kvm_try_all(const FakeKvm *kvm, const TrialRequest *request);
