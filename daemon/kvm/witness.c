/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Control registers and MSRs of a vCPU, set and put back. Whatever KVM says of them is an answer. */

#include "daemon/kvm/witness.h"

#include <errno.h>

#include <linux/kvm.h>

#define MSR_EFER 0xc0000080

#define CR0_PE (UINT64_C(1) << 0)
#define CR0_WP (UINT64_C(1) << 16)
#define CR4_CET (UINT64_C(1) << 23)
#define XCR0_X87 1

/* With room for one behind it */
typedef union OneMsr {
        struct kvm_msrs msrs;
        uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
} OneMsr;

/* KVM answers how many MSRs it took, and one that it does not take is no error to it. */
static int ask_msr(const Vcpu *vcpu, unsigned long request, uint32_t index, uint64_t *value) {
        OneMsr one = { .room = {} };
        int r;

        one.msrs.nmsrs = 1;
        one.msrs.entries[0].index = index;
        one.msrs.entries[0].data = *value;
        r = kvm_ioctl(vcpu_fd(vcpu), request, (uintptr_t) &one);
        if (r < 0)
                return errno;
        if (r != 1)
                return TRIAL_MSR_REFUSED;

        *value = one.msrs.entries[0].data;
        return 0;
}

static int read_msr(const Vcpu *vcpu, uint32_t index, uint64_t *ret) {
        *ret = 0;
        return ask_msr(vcpu, KVM_GET_MSRS, index, ret);
}

static int write_msr(const Vcpu *vcpu, uint32_t index, uint64_t value) {
        return ask_msr(vcpu, KVM_SET_MSRS, index, &value);
}

void witness_set_msrs(const Vcpu *vcpu, const GArray *msrs, GArray *answers) {
        for (size_t i = 0; i < msrs->len; i++) {
                const TrialMsr *msr = &g_array_index(msrs, TrialMsr, i);
                TrialMsrAnswer answer = { .index = msr->index };

                answer.code = write_msr(vcpu, msr->index, msr->value);
                g_array_append_val(answers, answer);
        }

        for (size_t i = 0; i < answers->len; i++) {
                TrialMsrAnswer *answer = &g_array_index(answers, TrialMsrAnswer, i);

                answer->has_value = read_msr(vcpu, answer->index, &answer->value) == 0;
        }
}

static int set_sregs(const Vcpu *vcpu, const struct kvm_sregs *sregs) {
        return kvm_ioctl(vcpu_fd(vcpu), KVM_SET_SREGS, (uintptr_t) sregs) < 0 ? errno : 0;
}

/* Before 6.13 no state at all is taken where the table's physical addresses are too short for that of
 * the APIC, or it says that they have no bits: kvm_set_apic_base() */
static bool try_cr4(const Vcpu *vcpu, const Control *control, int *ret_code) {
        struct kvm_sregs initial, changed;

        if (kvm_ioctl(vcpu_fd(vcpu), KVM_GET_SREGS, (uintptr_t) &initial) < 0)
                return false;

        changed = initial;
        changed.cr4 |= control->bits;
        /* Shadow stacks need write protection, which needs protected mode */
        if (control->bits & CR4_CET)
                changed.cr0 |= CR0_PE | CR0_WP;

        *ret_code = set_sregs(vcpu, &changed);
        return set_sregs(vcpu, &initial) == 0 || *ret_code == 0;
}

static int set_xcr0(const Vcpu *vcpu, uint64_t value) {
        const struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = value } } };

        return kvm_ioctl(vcpu_fd(vcpu), KVM_SET_XCRS, (uintptr_t) &xcrs) < 0 ? errno : 0;
}

static int try_xcr0(const Vcpu *vcpu, const Control *control) {
        int code = set_xcr0(vcpu, control->bits | XCR0_X87);

        (void) set_xcr0(vcpu, XCR0_X87);
        return code;
}

static int try_efer(const Vcpu *vcpu, const Control *control) {
        uint64_t initial;
        int code = read_msr(vcpu, MSR_EFER, &initial);

        if (code == 0)
                code = write_msr(vcpu, MSR_EFER, initial | control->bits);

        (void) write_msr(vcpu, MSR_EFER, initial);
        return code;
}

/* One that is written need not be readable; then 0 is what a new vCPU has. */
static int try_msr(const Vcpu *vcpu, const Control *control) {
        uint64_t initial;
        int code = read_msr(vcpu, control->msr, &initial);

        if (control->is_written)
                code = write_msr(vcpu, control->msr, control->value);
        else if (code == 0)
                code = write_msr(vcpu, control->msr, initial);

        if (control->is_written)
                (void) write_msr(vcpu, control->msr, initial);
        return code;
}

bool witness_try_control(const Vcpu *vcpu, const Control *control, int *ret_code) {
        switch ((ControlKind) control->kind) {
        case CONTROL_CR4:
                return try_cr4(vcpu, control, ret_code);
        case CONTROL_EFER:
                *ret_code = try_efer(vcpu, control);
                return true;
        case CONTROL_XCR0:
                *ret_code = try_xcr0(vcpu, control);
                return true;
        case CONTROL_MSR:
                *ret_code = try_msr(vcpu, control);
                return true;
        }

        g_assert_not_reached();
}
