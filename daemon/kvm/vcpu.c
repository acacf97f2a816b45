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

static int code_of(int r) {
        return r < 0 ? errno : 0;
}

Vcpu *vcpu_new_vm(const KvmDevice *device, unsigned long type, int *ret_code) {
        Vcpu *vcpu;
        int vm_fd = kvm_ioctl(kvm_device_fd(device), KVM_CREATE_VM, type);

        *ret_code = code_of(vm_fd);
        if (vm_fd < 0)
                return NULL;

        vcpu = g_new0(Vcpu, 1);
        vcpu->vm_fd = vm_fd;
        vcpu->fd = -1;
        return vcpu;
}

int vcpu_create_irqchip(Vcpu *vcpu) {
        return code_of(kvm_ioctl(vcpu->vm_fd, KVM_CREATE_IRQCHIP, 0));
}

int vcpu_create(Vcpu *vcpu) {
        vcpu->fd = kvm_ioctl(vcpu->vm_fd, KVM_CREATE_VCPU, 0);
        return code_of(vcpu->fd);
}

static int enable(int fd, uint32_t extension, uint64_t value) {
        const struct kvm_enable_cap request = { .cap = extension, .args = { value } };

        return code_of(kvm_ioctl(fd, KVM_ENABLE_CAP, (uintptr_t) &request));
}

int vcpu_enable_in_vm(Vcpu *vcpu, uint32_t extension, uint64_t value) {
        return enable(vcpu->vm_fd, extension, value);
}

int vcpu_enable(Vcpu *vcpu, uint32_t extension, uint64_t value) {
        return enable(vcpu->fd, extension, value);
}

Vcpu *vcpu_new(const KvmDevice *device, GError **error) {
        g_autoptr(Vcpu) vcpu = vcpu_new_vm(device, 0, &errno);

        if (!vcpu) {
                (void) refuse("KVM_CREATE_VM", error);
                return NULL;
        }

        /* With KVM's own APIC, as nearly every guest has it */
        if (kvm_device_check_extension(device, KVM_CAP_IRQCHIP)) {
                errno = vcpu_create_irqchip(vcpu);
                if (errno != 0 && !refuse("KVM_CREATE_IRQCHIP", error))
                        return NULL;
        }

        errno = vcpu_create(vcpu);
        if (errno != 0 && !refuse("KVM_CREATE_VCPU", error))
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

int vcpu_fd(const Vcpu *vcpu) {
        return vcpu->fd;
}

int vcpu_write_cpuid(const Vcpu *vcpu, const LeafTable *table) {
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

        return code_of(kvm_ioctl(vcpu->fd, KVM_SET_CPUID2, (uintptr_t) cpuid));
}

int vcpu_read_cpuid(const Vcpu *vcpu, LeafTable **ret) {
        return kvm_ioctl_read_cpuid(vcpu->fd, KVM_GET_CPUID2, ret);
}

bool vcpu_set_cpuid(const Vcpu *vcpu, const LeafTable *table, GError **error) {
        errno = vcpu_write_cpuid(vcpu, table);
        return errno == 0 || refuse("KVM_SET_CPUID2", error);
}

LeafTable *vcpu_get_cpuid(const Vcpu *vcpu, GError **error) {
        return kvm_ioctl_get_cpuid(vcpu->fd, KVM_GET_CPUID2, "KVM_GET_CPUID2", error);
}

uint64_t vcpu_get_tsc_khz(const Vcpu *vcpu) {
        /* EIO where the TSC is not stable: then there is no such number */
        return MAX(kvm_ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0), 0);
}
