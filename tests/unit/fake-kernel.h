/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What kernels of KVM make of tables, and which controls they refuse, as their source has it: told
 * apart from data/controls.table and data/fields.table, so that those can be held against it. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/capability.h"
#include "policy/control.h"
#include "policy/words.h"

/* Something that this KVM does and the others do not; "" or 0: not there */
typedef struct FakeRewrite {
        const char *field;
        uint32_t value;
        const char *capability; /* only with it; NULL: always */
        const char *unless;     /* not where the table has this field; NULL: always */
        const char *nor;        /* nor where it has this one */
} FakeRewrite;

typedef struct FakeKernel {
        const char *name;
        const char *module;       /* "kvm_intel"; NULL: any */
        FakeRewrite rewrites[12]; /* of a vCPU's table */
        bool leaves_unhalt;       /* in the first table that a vCPU is given */
        bool asks_itself;         /* from 6.14 on: what it does not know itself, no guest has */
        bool has_own_xsaves;      /* XSAVES is there with XSAVE, and only so */
} FakeKernel;

extern const FakeKernel fake_kernels[];
extern const size_t n_fake_kernels;

/* Whether it refuses the control in a table with these words. @supported: what it lists itself */
bool fake_kernel_refuses(const FakeKernel *kernel, const Control *control, const Words *words,
                         const Words *supported, CapabilitySet enabled);
