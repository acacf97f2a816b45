/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host's own offer, with one field changed, on made-up KVMs: what is said of each place */

#include <errno.h>

#include "policy/error.h"
#include "tests/unit/support.h"
#include "tests/unit/trial-support.h"

/* The host's own offer, with one field changed */
typedef struct ReportCase {
        const char *name;
        const char *host;
        const char *enable; /* beside the usual; or NULL */
        const char *field;  /* or NULL */
        uint32_t value;
        FakeKvm kvm;
        ReportOutcome outcome;
        const char *expect[3]; /* places, among others */
        const char *contradictions[4];
} ReportCase;

static const ReportCase report_cases[] = {
        { .name = "kept",
          .host = "sapphire-rapids-6.12",
          .outcome = REPORT_KEPT,
          .expect = { "kept 0x7.0:ebx[5] avx2: -",
                      "changed (known) 0x1.0:ecx[27] osxsave: the guest was not given OSXSAVE, and "
                      "KVM sets it: it keeps that current as the guest runs",
                      "kept 0x0.0:ebx vendor: -" } },
        { .name = "kept-though-the-host-lacks-it",
          .host = "haswell-5.15",
          .field = "avx512f",
          .value = 1,
          .outcome = REPORT_KEPT,
          .expect = { "kept 0x7.0:ebx[16] avx512f: -" } },
        { .name = "cleared",
          .host = "sapphire-rapids-6.12",
          .kvm = { .rewrites = { { "la57", 0 } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0x7.0:ecx[16] la57: the guest has LA57, and KVM clears it: no rule, "
                      "capability or profile tells of that" },
          .contradictions = { "rewritten 0x7.0:ecx[16]" } },
        { .name = "cleared-that-the-host-lacks",
          .host = "haswell-5.15",
          .field = "avx512f",
          .value = 1,
          .kvm = { .rewrites = { { "avx512f", 0 } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0x7.0:ebx[16] avx512f: the guest has AVX-512F, and KVM clears it: "
                      "no rule, capability or profile tells of that" } },
        { .name = "set-that-the-host-lacks",
          .host = "haswell-5.15",
          .kvm = { .rewrites = { { "avx512f", 1 } } },
          .outcome = REPORT_CHANGED,
          .contradictions = { "rewritten 0x7.0:ebx[16]" } },
        { .name = "kept-only-with-another",
          .host = "skylake-sp-6.1",
          .field = "pcid",
          .value = 0,
          .kvm = { .rewrites = { { "invpcid", 0, NULL, "pcid" } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed (known) 0x7.0:ebx[10] invpcid: the guest has INVPCID, and KVM "
                      "clears it: older kernels keep it only with PCID" } },
        { .name = "not-kept-with-the-other",
          .host = "skylake-sp-6.1",
          .kvm = { .rewrites = { { "invpcid", 0 } } },
          .outcome = REPORT_CHANGED,
          .contradictions = { "rewritten 0x7.0:ebx[10]" } },
        { .name = "set",
          .host = "skylake-sp-6.1",
          .kvm = { .rewrites = { { "serialize", 1 } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0x7.0:edx[14] serialize: the guest was not given SERIALIZE, and KVM "
                      "sets it: no rule, capability or profile tells of that" },
          .contradictions = { "rewritten 0x7.0:edx[14]" } },
        { .name = "a-number",
          .host = "sapphire-rapids-6.12",
          .kvm = { .rewrites = { { "maxphyaddr", 39 } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0x80000008.0:eax[7:0] maxphyaddr: the guest's MAXPHYADDR is 46 "
                      "bits, and KVM makes it 39 bits: no rule, capability or profile tells of "
                      "that" },
          .contradictions = { "rewritten 0x80000008.0:eax[7:0]" } },
        { .name = "forced-on",
          .host = "skylake-sp-6.18-forced",
          .field = "smep",
          .value = 0,
          .kvm = { .forces = true },
          .outcome = REPORT_CHANGED,
          .expect = { "changed (known) 0x7.0:ebx[7] smep: the guest was not given SMEP, and KVM "
                      "sets it: every vCPU of this host has it" } },
        { .name = "forced-off",
          .host = "skylake-sp-6.18-forced",
          .field = "umip",
          .value = 1,
          .kvm = { .forces = true },
          .outcome = REPORT_CHANGED,
          .expect = { "changed (known) 0x7.0:ecx[2] umip: the guest has UMIP, and KVM clears it: no "
                      "vCPU of this host has it" } },
        { .name = "forced-and-not",
          .host = "skylake-sp-6.18-forced",
          .field = "smep",
          .value = 0,
          .outcome = REPORT_KEPT,
          .contradictions = { "forced 0x7.0:ebx[7]" } },
        { .name = "taken-away",
          .host = "milan-6.18",
          .enable = "disable-exits.hlt",
          .field = "kvm_pv_unhalt",
          .value = 1,
          .outcome = REPORT_CHANGED,
          .expect = { "changed (known) 0x40000001.0:eax[7] kvm_pv_unhalt: the guest has PV unhalt, "
                      "and KVM clears it: disable-exits.hlt takes that away" } },
        { .name = "left",
          .host = "milan-6.18",
          .enable = "disable-exits.hlt",
          .field = "kvm_pv_unhalt",
          .value = 1,
          .kvm = { .ignores_shown = true },
          .outcome = REPORT_KEPT,
          .expect = { "kept 0x40000001.0:eax[7] kvm_pv_unhalt: -" },
          .contradictions = { "delta 0x40000001.0:eax[7]" } },
        { .name = "dynamic-with-a-capability",
          .host = "skylake-sp-6.1",
          .enable = "quirk.misc-enable-no-mwait",
          .field = "monitor",
          .value = 1,
          .kvm = { .rewrites = { { "monitor", 0 } } },
          .outcome = REPORT_KEPT,
          .expect = { "changed (known) 0x1.0:ecx[3] monitor: the guest has MONITOR/MWAIT, and KVM "
                      "clears it: with quirk.misc-enable-no-mwait it keeps that current as the "
                      "guest runs" } },
        { .name = "dropped",
          .host = "sapphire-rapids-6.12",
          .kvm = { .dropped = { 0x6 } },
          .outcome = REPORT_CHANGED,
          .expect = { "dropped 0x6.0:eax[2] arat: the guest has ARAT, and KVM drops its whole row: "
                      "no rule, capability or profile tells of that" },
          .contradictions = { "rewritten 0x6.0:eax[2]" } },
        { .name = "added",
          .host = "sapphire-rapids-6.12",
          .kvm = { .added = 0x4fffff00 },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0x4fffff00.0:ecx[0] : the guest was not given a bit that this "
                      "version knows no meaning of, and KVM sets it: no rule, capability or "
                      "profile tells of that" },
          .contradictions = { "rewritten 0x4fffff00.0:eax[0]", "rewritten 0x4fffff00.0:ebx[0]",
                              "rewritten 0x4fffff00.0:ecx[0]", "rewritten 0x4fffff00.0:edx[0]" } },
        { .name = "width",
          .host = "sapphire-rapids-6.12",
          .field = "virtual_width",
          .value = 40,
          .kvm = { .culprits = { { "virtual_width", EINVAL } } },
          .outcome = REPORT_REFUSED,
          .expect = { "refused 0x80000008.0:eax[15:8] virtual_width: the guest's virtual address "
                      "width is 40 bits, and KVM_SET_CPUID2 refuses it with EINVAL: it has to be "
                      "0, 48 or 57" } },
        { .name = "permission",
          .host = "sapphire-rapids-6.12",
          .field = "xcr0_xtiledata",
          .value = 1,
          .kvm = { .culprits = { { "xcr0_xtiledata", EPERM } } },
          .outcome = REPORT_REFUSED,
          .expect = { "refused 0xd.0:eax[18] xcr0_xtiledata: the guest has AMX tile data, and "
                      "KVM_SET_CPUID2 refuses it with EPERM: the process has not asked for the "
                      "permission to give guests this state" } },
        { .name = "permission-that-was-given",
          .host = "sapphire-rapids-6.12",
          .enable = "xcomp.amx",
          .kvm = { .culprits = { { "xcr0_xtiledata", EPERM } } },
          .outcome = REPORT_REFUSED,
          .contradictions = { "refused 0xd.0:eax[18]" } },
        { .name = "permission-that-was-refused",
          .host = "sapphire-rapids-6.12",
          .enable = "xcomp.amx",
          .kvm = { .culprits = { { "xcr0_xtiledata", EPERM } },
                   .capabilities = { { "xcomp.amx", EPERM } } },
          .outcome = REPORT_REFUSED,
          .expect = { "refused xcomp.amx xcomp.amx: the guest's VMM enables xcomp.amx, and KVM "
                      "refuses it: KVM_ENABLE_CAP fails with EPERM: the process may not" },
          .contradictions = { "refused xcomp.amx" } },
        { .name = "buffer",
          .host = "sapphire-rapids-6.12",
          .kvm = { .culprits = { { "xcr0_avx", EFAULT } } },
          .outcome = REPORT_REFUSED,
          .expect = { "refused 0xd.0:eax[2] xcr0_avx: the guest has AVX state, and KVM_SET_CPUID2 "
                      "refuses it with EFAULT: the buffer of the state that it adds cannot grow" },
          .contradictions = { "refused 0xd.0:eax[2]" } },
        { .name = "number-without-a-name",
          .host = "sapphire-rapids-6.12",
          .kvm = { .culprits = { { "avx2", 4095 } } },
          .outcome = REPORT_REFUSED,
          .expect = { "refused 0x7.0:ebx[5] avx2: the guest has AVX2, and KVM_SET_CPUID2 refuses it "
                      "with error 4095" },
          .contradictions = { "refused 0x7.0:ebx[5]" } },
        { .name = "whole-table",
          .host = "sapphire-rapids-6.12",
          .kvm = { .set_code = E2BIG },
          .outcome = REPORT_REFUSED,
          .expect = { "refused 0x7.0:ebx[5] avx2: the guest has AVX2, and KVM_SET_CPUID2 refuses "
                      "the whole table with E2BIG: the table has more rows than KVM takes" },
          .contradictions = { "refused 0x0.0:eax" } },
        { .name = "capability-not-tried",
          .host = "sapphire-rapids-6.12",
          .enable = "pmu.disable",
          .kvm = { .capabilities = { { "pmu.disable", 0 } } },
          .outcome = REPORT_KEPT,
          .expect = { "refused (known) pmu.disable pmu.disable: the guest's VMM enables "
                      "pmu.disable; it was not tried, since KVM_ENABLE_CAP takes what a trial does "
                      "not have" } },
        { .name = "device-not-tried",
          .host = "sapphire-rapids-6.12",
          .enable = "sgx.provision",
          .kvm = { .capabilities = { { "sgx.provision", 0 } }, .call = "/dev/sgx_provision" },
          .outcome = REPORT_KEPT,
          .expect = { "refused (known) sgx.provision sgx.provision: the guest's VMM enables "
                      "sgx.provision; it was not tried, since a trial has no descriptor of "
                      "/dev/sgx_provision" } },
        { .name = "another-type-not-tried",
          .host = "milan-6.18",
          .enable = "vm-type.sev",
          .kvm = { .capabilities = { { "vm-type.sev", 0 } } },
          .outcome = REPORT_KEPT,
          .expect = { "refused (known) vm-type.sev vm-type.sev: the guest's VMM enables "
                      "vm-type.sev; it was not tried, since a VM has one type, and another one was "
                      "taken" } },
        { .name = "several",
          .host = "skylake-sp-6.1",
          .field = "arch_perfmon_counters",
          .value = 3,
          .kvm = { .rewrites = { { "arch_perfmon_counters", 2 }, { "arch_perfmon_events", 0 } },
                   .controls = { { "CR4.VME", EINVAL }, { "CR4.PVI", EINVAL } } },
          .outcome = REPORT_CHANGED,
          .expect = { "changed 0xa.0:eax[15:8] arch_perfmon_counters: the guest's general counters "
                      "are 3, and KVM makes them 2: no rule, capability or profile tells of that",
                      "unbacked 0x1.0:edx[1] vme: the guest has VME, and KVM refuses CR4.VME "
                      "(EINVAL) and CR4.PVI (EINVAL)",
                      "changed 0xa.0:eax[31:24] arch_perfmon_events: the guest's architectural events "
                      "are 7, and KVM clears them: no rule, capability or profile tells of that" },
          .contradictions = { "refused 0x1.0:edx[1]", "rewritten 0xa.0:eax[15:8]",
                              "rewritten 0xa.0:eax[31:24]" } },
        { .name = "backed",
          .host = "sapphire-rapids-6.12",
          .outcome = REPORT_KEPT,
          .expect = { "kept 0x7.0:ecx[16] la57: -",
                      "backed 0x7.0:ecx[16] la57: the guest has LA57, and KVM takes CR4.LA57",
                      "backed 0x1.0:edx[1] vme: the guest has VME, and KVM takes CR4.VME and "
                      "CR4.PVI" } },
        { .name = "unbacked",
          .host = "sapphire-rapids-6.12",
          .kvm = { .controls = { { "CR4.LA57", EINVAL }, { "MSR_TSC_AUX", TRIAL_MSR_REFUSED } } },
          .outcome = REPORT_KEPT,
          .expect = { "unbacked 0x7.0:ecx[16] la57: the guest has LA57, and KVM refuses CR4.LA57 "
                      "with EINVAL",
                      "unbacked 0x80000001.0:edx[27] rdtscp: the guest has RDTSCP, and KVM refuses "
                      "MSR_TSC_AUX" },
          .contradictions = { "refused 0x7.0:ecx[16]", "refused 0x80000001.0:edx[27]" } },
        { .name = "unbacked-and-not-supported",
          .host = "haswell-5.15",
          .field = "la57",
          .value = 1,
          .kvm = { .controls = { { "CR4.LA57", EINVAL } } },
          .outcome = REPORT_KEPT,
          .expect = { "unbacked 0x7.0:ecx[16] la57: the guest has LA57, and KVM refuses CR4.LA57 "
                      "with EINVAL" } },
        { .name = "another-answer",
          .host = "sapphire-rapids-6.12",
          .kvm = { .answers = { { "avx2", 0 }, { "serialize", 0 } } },
          .outcome = REPORT_KEPT,
          .contradictions = { "answer 0x7.0:ebx[5]", "answer 0x7.0:edx[14]" } },
        { .name = "another-answer-that-varies",
          .host = "skylake-sp-6.1",
          .kvm = { .answers = { { "initial_apic_id", 77 } } },
          .outcome = REPORT_KEPT },
};

static void test_case(gconstpointer userdata) {
        const ReportCase *one = userdata;
        g_autoptr(Host) host = test_recording(one->host);
        CapabilitySet set = capability_set_default() |
                (one->enable ? capability_bit(capability_find(one->enable)) : 0);
        g_autoptr(Offer) offer = offer_new(host, set);
        g_autoptr(Guest) guest = one->field ?
                test_guest_of_offer_with(offer, field_find(one->field), one->value) :
                test_guest_of_offer(offer);
        FakeKvm kvm = one->kvm;
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = NULL;

        kvm.host = host;
        report = trial_report(&kvm, guest, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(report_outcome_to_string(report->outcome), ==,
                        report_outcome_to_string(one->outcome));
        for (size_t i = 0; i < G_N_ELEMENTS(one->expect) && one->expect[i]; i++)
                trial_assert_has_place(report, one->expect[i]);
        trial_assert_contradictions(report, one->contradictions, G_N_ELEMENTS(one->contradictions));
        trial_assert_in_order(report);
        g_assert_cmpuint(report->n_cases, ==, 1);
}

static Guest *guest_with_msrs(Host *host, uint64_t value) {
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        Guest *guest = test_guest_of_offer(offer);

        guest_set_msr(guest, 0x10a, value);
        guest_set_msr(guest, 0x8b, 0x100000000);
        return guest;
}

static void test_msrs(void) {
        static const char *const refused[] = { "refused msr 0x10a" };
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Guest) guest = NULL;
        FakeKvm kvm = { .host = host, .changed_msr = 0x8b };
        g_autoptr(Report) kept = NULL, report = NULL;
        uint64_t value = 0;

        g_assert_true(host_get_msr(host, 0x10a, &value));
        guest = guest_with_msrs(host, value);
        kept = trial_report(&kvm, guest, NULL);
        trial_assert_has_place(kept, "kept msr 0x10a : -");
        trial_assert_has_place(
                kept,
                "changed msr 0x8b : the guest's MSR 0x8b is 0x100000000, and KVM makes it "
                "0x100000001");
        g_assert_cmpint(kept->outcome, ==, REPORT_CHANGED);
        trial_assert_contradictions(kept, NULL, 0);
        trial_assert_in_order(kept);

        kvm.refused_msr = 0x10a;
        report = trial_report(&kvm, guest, NULL);
        g_assert_cmpint(report->outcome, ==, REPORT_REFUSED);
        trial_assert_contradictions(report, refused, G_N_ELEMENTS(refused));
}

/* What the check refuses, too, contradicts nothing. */
static void test_msr_not_supported(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Guest) guest = guest_with_msrs(host, UINT64_MAX);
        FakeKvm kvm = { .host = host, .refused_msr = 0x10a };
        g_autoptr(Report) report = trial_report(&kvm, guest, NULL);

        trial_assert_has_place(
                report,
                "refused msr 0x10a : the guest's MSR 0x10a is 0xffffffffffffffff, and "
                "KVM_SET_MSRS does not take it");
        trial_assert_contradictions(report, NULL, 0);
}

/* With the permission a view's own bits are forced, and others without it. */
static void test_forced_in_view(void) {
        g_autoptr(Host) host = test_recording("forced-made-up");
        CapabilitySet amx = capability_bit(capability_find("xcomp.amx"));

        for (int with = 0; with < 2; with++) {
                g_autoptr(Offer) offer =
                        offer_new(host, capability_set_default() | (with ? amx : 0));
                g_autoptr(LeafTable) table = leaf_table_copy(host_table(host, HOST_SUPPORTED));
                g_autoptr(Guest) guest = guest_new(g_steal_pointer(&table));
                FakeKvm kvm = { .host = host, .forces = true };
                g_autoptr(Report) report = NULL;
                size_t n_known = 0;

                guest->capabilities = offer->capabilities;
                report = trial_report(&kvm, guest, NULL);
                trial_assert_contradictions(report, NULL, 0);
                for (guint i = 0; i < report->places->len; i++) {
                        const ReportPlace *place = g_ptr_array_index(report->places, i);

                        g_assert_true(place->is_known ||
                                      (place->outcome != REPORT_CHANGED &&
                                       place->outcome != REPORT_DROPPED));
                        n_known += place->is_known;
                }
                g_assert_cmpuint(n_known, >, 6);
        }
}

static void test_no_vcpu(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Guest) guest = guest_with_msrs(host, 0);
        FakeKvm kvm = { .host = host, .failures = { { "irqchip", EAGAIN } } };
        g_autoptr(GError) error = NULL;

        g_assert_null(trial_report(&kvm, guest, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TRIAL);
        g_assert_cmpstr(error->message, ==,
                        "KVM gives no vCPU to try the table on: KVM_CREATE_VCPU failed with "
                        "EAGAIN: a limit of the process or the machine is reached");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(report_cases); i++) {
                g_autofree char *path = g_strconcat("/report/offer/", report_cases[i].name, NULL);

                g_test_add_data_func(path, &report_cases[i], test_case);
        }

        g_test_add_func("/report/msrs", test_msrs);
        g_test_add_func("/report/msr-not-supported", test_msr_not_supported);
        g_test_add_func("/report/forced-in-view", test_forced_in_view);
        g_test_add_func("/report/no-vcpu", test_no_vcpu);
        return g_test_run();
}
