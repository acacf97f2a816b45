/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A VM without memory and a vCPU that is never run, so that the kernel does nothing for it but
 * keep its CPUID table. Its end is its free; it refuses to be of any use as a virtual machine. */

#include "daemon/kvm/vcpu.h"

#include <errno.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "daemon/kvm/error.h"

struct Vcpu {
        int vm_fd;
        int fd;
};

static bool refuse(const char *name, GError **error) {
        g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "%s: %s", name, g_strerror(errno));
        return false;
}

static bool vcpu_open(Vcpu *vcpu, const KvmDevice *device, GError **error) {
        vcpu->vm_fd = kvm_ioctl(kvm_device_fd(device), KVM_CREATE_VM, 0);
        if (vcpu->vm_fd < 0)
                return refuse("KVM_CREATE_VM", error);

        /* With KVM's own APIC, as nearly every guest has it */
        if (kvm_device_check_extension(device, KVM_CAP_IRQCHIP) &&
            kvm_ioctl(vcpu->vm_fd, KVM_CREATE_IRQCHIP, 0) < 0)
                return refuse("KVM_CREATE_IRQCHIP", error);

        vcpu->fd = kvm_ioctl(vcpu->vm_fd, KVM_CREATE_VCPU, 0);
        return vcpu->fd >= 0 || refuse("KVM_CREATE_VCPU", error);
}

Vcpu *vcpu_new(const KvmDevice *device, GError **error) {
        g_autoptr(Vcpu) vcpu = g_new0(Vcpu, 1);

        vcpu->vm_fd = vcpu->fd = -1;
        if (!vcpu_open(vcpu, device, error))
                return NULL;

        return g_steal_pointer(&vcpu);
}

Vcpu *vcpu_free(Vcpu *vcpu) {
        if (!vcpu)
                return NULL;

        if (vcpu->fd >= 0)
                (void) close(vcpu->fd);
        if (vcpu->vm_fd >= 0)
                (void) close(vcpu->vm_fd);
        g_free(vcpu);
        return NULL;
}

bool vcpu_set_cpuid(const Vcpu *vcpu, const LeafTable *table, GError **error) {
        size_t n_rows = leaf_table_size(table);
        g_autofree struct kvm_cpuid2 *cpuid =
                g_malloc0(sizeof(*cpuid) + n_rows * sizeof(cpuid->entries[0]));

        cpuid->nent = n_rows;
        for (size_t i = 0; i < n_rows; i++) {
                const Leaf *row = leaf_table_at(table, i);

                cpuid->entries[i] = (struct kvm_cpuid_entry2){
                        .function = row->leaf,
                        .index = row->subleaf,
                        .flags = row->flags,
                        .eax = row->registers[REGISTER_EAX],
                        .ebx = row->registers[REGISTER_EBX],
                        .ecx = row->registers[REGISTER_ECX],
                        .edx = row->registers[REGISTER_EDX],
                };
        }

        return kvm_ioctl(vcpu->fd, KVM_SET_CPUID2, (uintptr_t) cpuid) == 0 ||
                refuse("KVM_SET_CPUID2", error);
}

LeafTable *vcpu_get_cpuid(const Vcpu *vcpu, GError **error) {
        return kvm_ioctl_get_cpuid(vcpu->fd, KVM_GET_CPUID2, "KVM_GET_CPUID2", error);
}

uint64_t vcpu_get_tsc_khz(const Vcpu *vcpu) {
        /* EIO where the TSC is not stable: then there is no such number */
        return MAX(kvm_ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0), 0);
}
