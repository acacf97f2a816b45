/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What QEMU and libvirt call the bits of CPUID and of feature MSRs: the rows of data/names.table,
 * compiled */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/name-sizes.h"
#include "policy/leaf.h"

typedef enum NameDialect {
        NAME_QEMU = 1 << 0,
        NAME_LIBVIRT = 1 << 1,
} NameDialect;

/* One name of one bit. A name of several bits, and one that is preferred in one dialect only, are
 * there several times. */
typedef struct FeatureName {
        const char *name;
        const char *since; /* the first QEMU known to have it: "8.1"; NULL: 7.2 or earlier */
        uint32_t index;    /* leaf, or MSR */
        uint32_t subleaf;
        Register reg;
        uint8_t bit;      /* 0-31 in a register, 0-63 of a MSR */
        uint8_t dialects; /* NameDialect: who knows the name */
        bool is_msr;
        bool is_preferred; /* the one to write, in these dialects */
        bool is_shared;    /* the name means other bits, too: feature_name_next() */
} FeatureName;

/* '-', '_' and '.' count as the same; NULL if there is none */
const FeatureName *feature_name_find(const char *name, NameDialect dialect);
/* The next bit that a name means in a dialect, after the one that feature_name_find() or this has
 * given; NULL behind the last */
const FeatureName *feature_name_next(const FeatureName *name, NameDialect dialect);

/* The preferred name of a bit, or NULL */
const FeatureName *feature_name_of(uint32_t leaf, uint32_t subleaf, Register reg, unsigned bit,
                                   NameDialect dialect);
const FeatureName *feature_name_of_msr(uint32_t index, unsigned bit, NameDialect dialect);

/* What it says of the MSR that the name of a bit is on, or off. That is the bit, and of some
 * controls of VMX that may be set anyway whether they have to be (make_vmx_msr_value() in QEMU's
 * target/i386/kvm/kvm.c). */
void feature_name_msr_bits(uint32_t index, unsigned bit, bool is_on, uint64_t *ret_mask,
                           uint64_t *ret_value);

/* All of them by place: CPUID first, by leaf, sub-leaf, register and bit, then MSRs */
size_t feature_name_count(void);
const FeatureName *feature_name_at(size_t i);

/* Whether it is a property of QEMU's CPUs that is known to be no bit */
bool feature_name_is_other(const char *name);

/* Generated from data/names.table by data/names.awk */
extern const FeatureName feature_name_table[N_FEATURE_NAMES];
extern const uint16_t feature_name_sorted[N_FEATURE_NAMES]; /* by name */
extern const char *const feature_name_others[N_FEATURE_NAME_OTHERS + 1];
