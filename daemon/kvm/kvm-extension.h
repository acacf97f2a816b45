/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What KVM can be asked about beside CPUID, by name and number */

#include <stddef.h>
#include <stdint.h>

typedef struct KvmExtension {
        const char *name; /* the kernel's, which is what data/capabilities.table calls it */
        uint32_t number;
} KvmExtension;

typedef struct KvmAttribute {
        const char *name;
        uint32_t group;
        uint64_t number;
} KvmAttribute;

extern const KvmExtension kvm_extensions[];
extern const size_t n_kvm_extensions;

extern const KvmAttribute kvm_attributes[];
extern const size_t n_kvm_attributes;

/* KVM_CHECK_EXTENSION's number; the name has to be one of the table */
uint32_t kvm_extension_number(const char *name);
