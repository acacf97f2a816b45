/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what the `enable` lines of data/capabilities.table say, in the order that KVM wants: the VM's
 * type, the interrupt controller, what is the VM's, the vCPU, what is the vCPU's. */

#include "daemon/kvm/enable.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "daemon/kvm/kvm-extension.h"

/* As QEMU has it for an I/O APIC of its own */
#define SPLIT_IRQCHIP_PINS 24
/* More than KVM writes to any; of a version of the enlightened VMCS that is two bytes */
#define BUFFER_SIZE 64

/* One case's */
typedef struct Enabling {
        const Enabler *enabler;
        CapabilitySet capabilities;
        TrialEvidence *evidence;
        Vcpu *vcpu;
} Enabling;

static bool has_kind(CapabilitySet set, size_t i, CapabilityEnablingKind kind) {
        return (set & (UINT64_C(1) << i)) != 0 && capability_table[i].enabling.kind == kind;
}

void enabler_init(Enabler *enabler, const KvmDevice *device, CapabilitySet capabilities) {
        *enabler = (Enabler){ .device = device };

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has_kind(capabilities, i, ENABLING_PERMISSION) &&
                    syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_GUEST_PERM,
                            capability_table[i].enabling.value) < 0)
                        enabler->permissions[i] = errno;
}

static void refuse(Enabling *enabling, size_t i, unsigned call, int code) {
        const TrialRefusal refusal = {
                .capability = &capability_table[i],
                .call = trial_refusal_call(&capability_table[i], call),
                .code = code,
        };

        g_array_append_val(enabling->evidence->refusals, refusal);
}

static void answer(Enabling *enabling, size_t i, unsigned call, int code) {
        if (code == 0)
                enabling->evidence->enabled |= UINT64_C(1) << i;
        else
                refuse(enabling, i, call, code);
}

static bool fail(Enabling *enabling, const char *call, int code) {
        enabling->evidence->failure = g_strdup(call);
        enabling->evidence->failure_code = code;
        return false;
}

/* What its type implies it is, too */
static void create_vm_of(Enabling *enabling, const Capability *type) {
        CapabilitySet is = (type->implies | capability_bit(type)) & enabling->capabilities;
        int code;

        enabling->vcpu = vcpu_new_vm(enabling->enabler->device, type->enabling.value, &code);
        if (enabling->vcpu)
                enabling->evidence->enabled |= is;
        else
                refuse(enabling, capability_index(type), 0, code);
}

/* A VM has one type: another that is asked for is not tried. */
static bool create_vm(Enabling *enabling) {
        CapabilitySet rest = enabling->capabilities;
        const Capability *type;
        int code;

        while (!enabling->vcpu && (type = capability_set_vm_type(rest))) {
                create_vm_of(enabling, type);
                rest &= ~capability_bit(type);
        }

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has_kind(rest & ~enabling->evidence->enabled, i, ENABLING_VM_TYPE))
                        refuse(enabling, i, 0, 0);

        if (!enabling->vcpu)
                enabling->vcpu = vcpu_new_vm(enabling->enabler->device, 0, &code);
        return enabling->vcpu || fail(enabling, "KVM_CREATE_VM", code);
}

static void create_irqchip(Enabling *enabling, size_t i) {
        if (kvm_device_check_extension(enabling->enabler->device, KVM_CAP_IRQCHIP) > 0)
                answer(enabling, i, 0, vcpu_create_irqchip(enabling->vcpu));
        else
                answer(enabling, i, 1,
                       vcpu_enable_in_vm(enabling->vcpu, KVM_CAP_SPLIT_IRQCHIP,
                                         SPLIT_IRQCHIP_PINS));
}

/* Each with those that KVM took before it */
static void enable_one_by_one(Enabling *enabling, uint32_t extension, CapabilitySet members) {
        uint64_t taken = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                uint64_t value = capability_table[i].enabling.value;
                int code;

                if (!(members & (UINT64_C(1) << i)))
                        continue;
                code = vcpu_enable_in_vm(enabling->vcpu, extension, taken | value);
                if (code == 0)
                        taken |= value;
                answer(enabling, i, 0, code);
        }
}

/* What several say of one extension is enabled at once, since some can be enabled only once. */
static void enable_extension(Enabling *enabling, size_t first) {
        uint32_t extension = kvm_extension_number(capability_table[first].enabling.extension);
        CapabilitySet members = 0;
        uint64_t value = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const CapabilityEnabling *other = &capability_table[i].enabling;

                if (!has_kind(enabling->capabilities, i, ENABLING_VM) ||
                    kvm_extension_number(other->extension) != extension)
                        continue;
                if (i < first)
                        return;
                members |= UINT64_C(1) << i;
                value |= other->value;
        }

        if (vcpu_enable_in_vm(enabling->vcpu, extension, value) == 0)
                enabling->evidence->enabled |= members;
        else
                enable_one_by_one(enabling, extension, members);
}

static void enable_in_vm(Enabling *enabling) {
        CapabilitySet set = enabling->capabilities;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has_kind(set, i, ENABLING_IRQCHIP))
                        create_irqchip(enabling, i);
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has_kind(set, i, ENABLING_VM))
                        enable_extension(enabling, i);
}

static void enable_in_vcpu(Enabling *enabling) {
        CapabilitySet set = enabling->capabilities;

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const CapabilityEnabling *how = &capability_table[i].enabling;
                uint8_t buffer[BUFFER_SIZE] = {};
                uint64_t value = how->value;

                if (has_kind(set, i, ENABLING_VCPU_BUFFER))
                        value = (uintptr_t) buffer;
                else if (!has_kind(set, i, ENABLING_VCPU))
                        continue;
                answer(enabling, i, 0,
                       vcpu_enable(enabling->vcpu, kvm_extension_number(how->extension), value));
        }
}

static void enable_without_kvm(Enabling *enabling) {
        CapabilitySet set = enabling->capabilities;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has_kind(set, i, ENABLING_NONE))
                        answer(enabling, i, 0, 0);
                else if (has_kind(set, i, ENABLING_PERMISSION))
                        answer(enabling, i, 0, enabling->enabler->permissions[i]);
                else if (has_kind(set, i, ENABLING_DEVICE))
                        refuse(enabling, i, 0, 0);
}

static bool create_vcpu(Enabling *enabling) {
        int code;

        if (!create_vm(enabling))
                return false;

        enable_without_kvm(enabling);
        enable_in_vm(enabling);
        code = vcpu_create(enabling->vcpu);
        if (code != 0)
                return fail(enabling, "KVM_CREATE_VCPU", code);

        enable_in_vcpu(enabling);
        return true;
}

static int compare_refusals(const void *left, const void *right) {
        const TrialRefusal *one = left, *other = right;

        return (one->capability > other->capability) - (one->capability < other->capability);
}

Vcpu *enabler_new_vcpu(const Enabler *enabler, CapabilitySet capabilities,
                       TrialEvidence *evidence) {
        Enabling enabling = {
                .enabler = enabler,
                .capabilities = capabilities,
                .evidence = evidence,
        };

        if (!create_vcpu(&enabling))
                return vcpu_free(enabling.vcpu);

        g_array_sort(evidence->refusals, compare_refusals);
        return enabling.vcpu;
}
