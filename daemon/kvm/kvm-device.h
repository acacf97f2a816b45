/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* /dev/kvm, asked for what it can do. Nothing here changes the host, or what KVM answers. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

#define KVM_DEVICE_PATH "/dev/kvm"

typedef struct KvmDevice KvmDevice;

typedef enum KvmCpuid {
        KVM_CPUID_SUPPORTED,
        KVM_CPUID_EMULATED,
        KVM_CPUID_HYPERV,
        N_KVM_CPUIDS,
} KvmCpuid;

/* All errors are of PROBE_ERROR; opening tells them apart and says what to do about it */
KvmDevice *kvm_device_open(const char *path, GError **error);
KvmDevice *kvm_device_free(KvmDevice *device);

int kvm_device_fd(const KvmDevice *device);

/* What KVM_CHECK_EXTENSION answers; 0 for whatever this KVM does not know */
int kvm_device_check_extension(const KvmDevice *device, unsigned number);

LeafTable *kvm_device_get_cpuid(const KvmDevice *device, KvmCpuid which, GError **error);

/* The feature MSRs: a GArray of uint32_t. Only the list tells what is supported, since KVM may
 * answer 0 for an MSR that it does not have. */
GArray *kvm_device_list_msrs(const KvmDevice *device, GError **error);
bool kvm_device_read_msr(const KvmDevice *device, uint32_t index, uint64_t *ret, GError **error);

bool kvm_device_get_attribute(const KvmDevice *device, uint32_t group, uint64_t attribute,
                              uint64_t *ret, GError **error);

/* ioctl() that is asked again when a signal came between; -1 with errno */
int kvm_ioctl(int fd, unsigned long request, uintptr_t argument);

/* A question about CPUID to whatever descriptor answers it. The first gives errno, or 0, and makes no
 * sentence of it. */
int kvm_ioctl_read_cpuid(int fd, unsigned long request, LeafTable **ret);
LeafTable *kvm_ioctl_get_cpuid(int fd, unsigned long request, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KvmDevice, kvm_device_free)
