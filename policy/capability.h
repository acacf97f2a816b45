/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a capability of KVM changes in the CPUID that a guest may have: the entries of
 * data/capabilities.table, compiled */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "data/capability-sizes.h"
#include "policy/field.h"

typedef enum CapabilityOperationKind {
        CAPABILITY_GRANT,    /* set, though KVM does not report it */
        CAPABILITY_KEEP,     /* KVM's own report counts only with the capability */
        CAPABILITY_REMOVE,   /* cleared */
        CAPABILITY_HARDWARE, /* taken from the CPUID instruction */
        CAPABILITY_EMULATED, /* or-ed with KVM_GET_EMULATED_CPUID */
        CAPABILITY_HYPERV,   /* taken from KVM_GET_SUPPORTED_HV_CPUID */
        CAPABILITY_VIEW,     /* the whole answer is the view of the capability's name */
        CAPABILITY_DYNAMIC,  /* no longer compared */
        CAPABILITY_BELOW,    /* a guest's smaller value is accurate */
        N_CAPABILITY_OPERATIONS,
} CapabilityOperationKind;

typedef struct CapabilityOperation {
        uint8_t kind;
        uint8_t low;
        uint8_t high;
        uint16_t word; /* in a Words; whole leaves are written out register by register */
} CapabilityOperation;

typedef enum CapabilityConditionKind {
        CONDITION_EXTENSION, /* KVM_CHECK_EXTENSION of `name`, & mask */
        CONDITION_ATTRIBUTE, /* device attribute `name`, & mask */
        CONDITION_VIEW,      /* the profile has the view `name` */
        CONDITION_FIELD,     /* KVM's own answer has the field `name` */
        CONDITION_TABLE,     /* the profile's table `name` ("emulated", "hyperv") is not empty */
        CONDITION_PARAMETER, /* module parameter `name` is on */
} CapabilityConditionKind;

typedef struct CapabilityCondition {
        const char *name;
        uint64_t mask; /* UINT64_MAX: any bit */
        uint8_t kind;
        bool or_previous; /* an alternative to the condition before it */
} CapabilityCondition;

/* What a VMM does in KVM for it */
typedef enum CapabilityEnablingKind {
        ENABLING_NONE, /* nothing: it is the VMM's own, or given with the table */
        ENABLING_VM,   /* KVM_ENABLE_CAP of a VM; what several say of one extension is or-ed */
        ENABLING_VCPU, /* KVM_ENABLE_CAP of a vCPU */
        ENABLING_VCPU_BUFFER, /* the same, with a buffer that KVM writes to */
        ENABLING_IRQCHIP, /* KVM_CREATE_IRQCHIP, or KVM_CAP_SPLIT_IRQCHIP where only that is had */
        ENABLING_PERMISSION, /* ARCH_REQ_XCOMP_GUEST_PERM with the value, before the first vCPU */
        ENABLING_VM_TYPE, /* the value is KVM_CREATE_VM's type; of several the one that implies the
                           * others, which is the largest */
        ENABLING_DEVICE,  /* KVM_ENABLE_CAP of a VM with a descriptor of the device `device` */
} CapabilityEnablingKind;

typedef struct CapabilityEnabling {
        uint8_t kind;
        const char *extension; /* "KVM_CAP_X86_DISABLE_EXITS", or NULL */
        const char *device;    /* "/dev/sgx_provision", or NULL */
        uint64_t value;
} CapabilityEnabling;

/* A set of capabilities: bit i is capability_table[i] */
typedef uint64_t CapabilitySet;

typedef struct Capability {
        const char *name;
        const char *summary;
        const char *why;
        const char *notice; /* what is to be said wherever it is enabled; NULL: nothing */
        const char *source;
        CapabilitySet implies;  /* enabled with it, direct and indirect */
        CapabilitySet requires; /* without these it has no effect, direct and indirect */
        const CapabilityCondition *conditions;
        const CapabilityOperation *operations;
        uint16_t n_conditions;
        uint16_t n_operations;
        CapabilityEnabling enabling;
        bool is_shown; /* what it removes is gone from a vCPU's own table: reading it back tells */
        bool is_default; /* on unless a guest says otherwise; there unless a profile does */
} Capability;

/* Generated from data/capabilities.table by data/capabilities.awk; N_CAPABILITIES is in
 * data/capability-sizes.h */
extern const Capability capability_table[N_CAPABILITIES];

/* The capability of this name, or NULL */
const Capability *capability_find(const char *name);

size_t capability_index(const Capability *capability);
CapabilitySet capability_bit(const Capability *capability);

/* What the usual VMM enables */
CapabilitySet capability_set_default(void);

/* With all that its members imply */
CapabilitySet capability_set_close(CapabilitySet set);
/* The type that a VM with them is made as: of those that imply one another the last, of others the
 * first; NULL: the usual */
const Capability *capability_set_vm_type(CapabilitySet set);

/* Adds the capability to the set; POLICY_ERROR_CAPABILITY where there is none of that name, with
 * what is near to it */
bool capability_set_add(CapabilitySet *set, const char *name, GError **error);

/* The names, in table order, ended by NULL; free with g_free() (the names are not the caller's) */
const char **capability_set_names(CapabilitySet set);

/* What a VMM does for it, in words: "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS, 0x2) on the VM" */
char *capability_enabling_to_text(const Capability *capability);

const char *capability_operation_to_string(CapabilityOperationKind kind);
