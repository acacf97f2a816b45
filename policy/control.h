/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bits of control registers, and MSRs, that a guest may use because its CPUID says so: the rows of
 * data/controls.table, compiled. Whether KVM takes them tells, without running anything, whether
 * a feature is really backed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/control-sizes.h"
#include "policy/field.h"
#include "policy/words.h"

typedef enum ControlKind {
        CONTROL_CR4,
        CONTROL_EFER,
        CONTROL_XCR0,
        CONTROL_MSR, /* can be read, and what was read can be written */
} ControlKind;

typedef struct Control {
        const char *name; /* "CR4.LA57", "XCR0.AVX", "IA32_TSC_AUX" */
        const char *source;
        uint64_t bits;         /* of a register: its own, and those that have to be set with it */
        uint64_t value;        /* of a MSR with `is_written`: what is written */
        uint32_t msr;          /* of a MSR: its index */
        uint8_t kind;          /* ControlKind */
        uint8_t bit;           /* of a register: its own */
        bool is_written;       /* of a MSR that cannot be read, or of which reading tells nothing */
        const int16_t *fields; /* a guest that has one of them may use it; ended by FIELD_NONE */
        const int16_t *needs; /* if it has all of these, too; likewise; NULL where there are none */
        const uint8_t *above; /* each of those has to be above this; NULL with `needs` */
} Control;

/* Generated from data/controls.table by data/controls.awk: by kind, and by bit or index */
extern const Control control_table[N_CONTROLS];

/* By name; NULL if there is none */
const Control *control_find(const char *name);
size_t control_index(const Control *control);

/* Whether a guest with this table may use it; what is not told does not count */
bool control_is_entitled(const Control *control, const Words *words);
