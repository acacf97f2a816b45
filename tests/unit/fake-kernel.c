/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/fake-kernel.h"

#include <string.h>

/* Enclaves may only have state that the guest has, and always have that of x87 and SSE. */
#define LIMITED_XFRM                                                                           \
        { "sgx_xfrm_x87", 1 }, { "sgx_xfrm_sse", 1 }, { "sgx_xfrm_avx", 0, NULL, "xcr0_avx" }, \
                { "sgx_xfrm_bndregs", 0, NULL, "xcr0_bndregs" },                               \
                { "sgx_xfrm_opmask", 0, NULL, "xcr0_opmask" },                                 \
                { "sgx_xfrm_pkru", 0, NULL, "xcr0_pkru" }, { "sgx_xfrm_cet_u", 0 }, {          \
                "sgx_xfrm_cet_s", 0                                                            \
        }

const FakeKernel fake_kernels[] = {
        { "intel-5.10", "kvm_intel", { { "invpcid", 0, NULL, "pcid" } } },
        { "intel-5.15", "kvm_intel", { LIMITED_XFRM } },
        { "intel-6.1", "kvm_intel", { LIMITED_XFRM }, .leaves_unhalt = true },
        { "intel-6.6", "kvm_intel", {}, .leaves_unhalt = true },
        { "intel-6.12", "kvm_intel", {} },
        { "intel-6.18", "kvm_intel", {}, .asks_itself = true },
        { "amd-5.10", "kvm_amd", {} },
        { "amd-6.1", "kvm_amd", {}, .leaves_unhalt = true },
        { "amd-6.12", "kvm_amd", {} },
        { "amd-6.18", "kvm_amd", {}, .asks_itself = true, .has_own_xsaves = true },
};

const size_t n_fake_kernels = G_N_ELEMENTS(fake_kernels);

/* What the vCPU has to have, for KVM to take the control */
typedef struct KernelRule {
        const char *control; /* a name, or its beginning with a '*' */
        const char *any[3];
        const char *all[4];
        const char *capability;
        bool is_version_2; /* of the architectural counters */
} KernelRule;

static const KernelRule kernel_rules[] = {
        /* __cr4_reserved_bits */
        { "CR4.OSXSAVE", { "xsave" } },
        { "CR4.SMEP", { "smep" } },
        { "CR4.SMAP", { "smap" } },
        { "CR4.FSGSBASE", { "fsgsbase" } },
        { "CR4.PKE", { "pku" } },
        { "CR4.LA57", { "la57" } },
        { "CR4.UMIP", { "umip" } },
        { "CR4.VMXE", { "vmx" } },
        { "CR4.PCIDE", { "pcid" } },
        { "CR4.LAM_SUP", { "lam" } },
        { "CR4.CET", { "shstk", "ibt" } },
        /* __kvm_set_xcr, with the table's own leaf 0xd */
        { "XCR0.AVX", { "xcr0_avx" }, { "xcr0_sse" } },
        { "XCR0.BND*", { "xcr0_bndregs" }, { "xcr0_bndcsr" } },
        { "XCR0.OPMASK",
          { "xcr0_opmask" },
          { "xcr0_avx", "xcr0_zmm_hi256", "xcr0_hi16_zmm", "xcr0_sse" } },
        { "XCR0.ZMM_HI256",
          { "xcr0_opmask" },
          { "xcr0_avx", "xcr0_zmm_hi256", "xcr0_hi16_zmm", "xcr0_sse" } },
        { "XCR0.HI16_ZMM",
          { "xcr0_opmask" },
          { "xcr0_avx", "xcr0_zmm_hi256", "xcr0_hi16_zmm", "xcr0_sse" } },
        { "XCR0.PKRU", { "xcr0_pkru" } },
        { "XCR0.XTILE*", { "xcr0_xtilecfg" }, { "xcr0_xtiledata" } },
        /* kvm_set_msr_common, intel_pmu_refresh, amd_pmu_refresh, svm_set_msr, synic_set_msr */
        { "IA32_XFD*", { "xcr0_xtiledata" } },
        { "IA32_FIXED_CTR0", { "arch_perfmon_fixed_counters" }, .is_version_2 = true },
        { "IA32_PERF_GLOBAL_CTRL", { "arch_perfmon_fixed_counters" }, .is_version_2 = true },
        { "IA32_VMX_BASIC", { "vmx" } },
        { "IA32_DS_AREA", { "ds" } },
        { "IA32_U_CET.SH*", { "shstk" } },
        { "IA32_U_CET.EN*", { "ibt" } },
        { "IA32_S_CET.SH*", { "shstk" } },
        { "IA32_S_CET.EN*", { "ibt" } },
        { "IA32_PL*", { "shstk" } },
        { "IA32_XSS.CET_U", { "xss_cet_u" } },
        { "IA32_XSS.CET_S", { "xss_cet_s" } },
        { "HV_X64_MSR_SCONTROL", .capability = "hyperv.synic" },
        { "HV_X64_MSR_STIMER0*", .capability = "hyperv.synic" },
        { "MSR_KVM_ASYNC_PF*", .capability = "irqchip" },
        { "MSR_TSC_RATIO", { "tsc_scale" } },
        { "MSR_PERF_CNTR_GLOBAL_CTL", { "perfmon_v2" }, { "core_counters" } },
        { "MSR_OSVW_ID_LENGTH", { "osvw" } },
        { "MSR_PERF_CTR0", { "perfctr_core" } },
        /* kvm_enable_efer_bits: the host's own */
        { "EFER.NXE", { "nx" } },
        { "EFER.SVME", { "svm" } },
        { "EFER.FFXSR", { "fxsr_opt" } },
        { "EFER.AIBRSE", { "autoibrs" } },
};

/* Reserved in each of these kernels */
static const char *const never_taken[] = {
        "CR4.SMXE",     "CR4.KL",         "CR4.PKS",
        "CR4.UINTR",    "CR4.LASS",       "CR4.FRED",
        "EFER.TCE",     "EFER.MCOMMIT",   "EFER.INTWB",
        "EFER.UAIE",    "XCR0.APX",       "XCR0.LWP",
        "IA32_XSS.PT",  "IA32_XSS.PASID", "IA32_XSS.UINTR",
        "IA32_XSS.LBR", "IA32_PKRS",      "IA32_UINTR_RR",
        "IA32_PASID",   "IA32_LBR_CTL",   "IA32_CORE_CAPABILITIES",
};

static bool is_named(const char *pattern, const char *name) {
        size_t n = strlen(pattern);

        return pattern[n - 1] == '*' ? strncmp(pattern, name, n - 1) == 0 :
                                       strcmp(pattern, name) == 0;
}

/* In the guest's table; and in KVM's own, where it looks there too. Of EFER it knows only its own. */
static bool has(const FakeKernel *kernel, const Control *control, const char *name,
                const Words *words, const Words *supported) {
        const Field *field = field_find(name);

        if (control->kind == CONTROL_EFER)
                return words_get(supported, field) != 0;
        if ((kernel->asks_itself || control->kind == CONTROL_XCR0) &&
            words_get(supported, field) == 0)
                return false;
        return words_get(words, field) != 0;
}

static bool is_met(const FakeKernel *kernel, const Control *control, const KernelRule *rule,
                   const Words *words, const Words *supported, CapabilitySet enabled) {
        bool has_any = !rule->any[0];

        for (size_t i = 0; i < G_N_ELEMENTS(rule->any) && rule->any[i]; i++)
                has_any |= has(kernel, control, rule->any[i], words, supported);
        for (size_t i = 0; i < G_N_ELEMENTS(rule->all) && rule->all[i]; i++)
                if (!has(kernel, control, rule->all[i], words, supported))
                        return false;

        return has_any &&
                (!rule->capability ||
                 (enabled & capability_bit(capability_find(rule->capability)))) &&
                (!rule->is_version_2 || words_get(words, field_find("arch_perfmon_version")) > 1);
}

bool fake_kernel_refuses(const FakeKernel *kernel, const Control *control, const Words *words,
                         const Words *supported, CapabilitySet enabled) {
        const char *xsaves = kernel->has_own_xsaves ? "xsave" : "xsaves";

        for (size_t i = 0; i < G_N_ELEMENTS(never_taken); i++)
                if (strcmp(never_taken[i], control->name) == 0)
                        return true;
        if (control->msr == 0xda0 && !has(kernel, control, xsaves, words, supported))
                return true;
        for (size_t i = 0; i < G_N_ELEMENTS(kernel_rules); i++)
                if (is_named(kernel_rules[i].control, control->name))
                        return !is_met(kernel, control, &kernel_rules[i], words, supported,
                                       enabled);

        return false;
}
