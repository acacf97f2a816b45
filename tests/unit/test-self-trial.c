/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole hosts against made-up KVMs: what is tried, and what is found */

#include <errno.h>
#include <string.h>

#include "policy/error.h"
#include "policy/self-trial.h"
#include "tests/unit/support.h"
#include "tests/unit/trial-support.h"

static Report *try_host(const FakeKvm *kvm, GError **error) {
        g_autoptr(SelfTrial) self = self_trial_new(kvm->host);

        for (size_t i = 0; i < self_trial_n_requests(self); i++)
                self_trial_take(self, i, fake_kvm_try_all(kvm, self_trial_request(self, i)));
        while (self_trial_step(self))
                continue;
        return self_trial_report(self, error);
}

static char *contradiction_to_text(const ReportContradiction *contradiction) {
        g_autofree char *where = trial_contradiction_where(contradiction);

        return g_strdup_printf(
                "%s %s %s (%s): %s", contradiction_kind_to_string(contradiction->kind), where,
                contradiction->field, contradiction->subject, contradiction->message);
}

static void assert_no_contradiction(const Report *report) {
        for (guint i = 0; i < report->contradictions->len; i++) {
                g_autofree char *text =
                        contradiction_to_text(g_ptr_array_index(report->contradictions, i));

                g_test_message("%s", text);
        }

        g_assert_cmpuint(report->contradictions->len, ==, 0);
}

/* A KVM that does what the rules say contradicts none of them. */
static void test_mainline(gconstpointer userdata) {
        g_autoptr(Host) host = test_recording(userdata);
        FakeKvm kvm = { .host = host, .forces = true };
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = try_host(&kvm, &error);

        g_assert_no_error(error);
        assert_no_contradiction(report);
        g_test_message("%zu cases", report->n_cases);
        g_assert_null(report->places);
}

/* Each kind of contradiction, by a KVM that is wrong in one way */
typedef struct WrongCase {
        const char *name;
        const char *host;
        FakeKvm kvm;
        const char *expect[4]; /* all that is found */
} WrongCase;

static const WrongCase wrong_cases[] = {
        { "cleared",
          "sapphire-rapids-6.12",
          { .rewrites = { { "la57", 0 } } },
          { "rewritten 0x7.0:ecx[16] la57 (offer): no rule or capability tells that KVM rewrites "
            "this, what it forces was not measured, and KVM clears LA57: data/fields.table is "
            "wrong, or this kernel is special" } },
        { "set-that-nobody-gave",
          "skylake-sp-6.1",
          { .rewrites = { { "amx_tile", 1 } } },
          { "rewritten 0x7.0:edx[24] amx_tile (offer): no rule or capability tells that KVM "
            "rewrites this, what it forces was not measured, and KVM sets AMX-TILE: "
            "data/fields.table is wrong, or this kernel is special" } },
        { "a-number",
          "skylake-sp-6.1",
          { .rewrites = { { "maxphyaddr", 39 } } },
          { "rewritten 0x80000008.0:eax[7:0] maxphyaddr (offer): no rule or capability tells that "
            "KVM rewrites this, what it forces was not measured, and KVM makes MAXPHYADDR 39 bits "
            "instead of 46 bits: data/fields.table is wrong, or this kernel is special" } },
        { "without-another",
          "skylake-sp-6.1",
          { .rewrites = { { "avx2", 0, NULL, "avx" } } },
          { "rewritten 0x7.0:ebx[5] avx2 (without avx): no rule or capability tells that KVM "
            "rewrites this, what it forces was not measured, and KVM clears AVX2: "
            "data/fields.table is wrong, or this kernel is special" } },
        { "alone",
          "skylake-sp-6.1",
          { .rewrites = { { "pni", 0, NULL, "avx2", "avx" } } },
          { "rewritten 0x1.0:ecx[0] pni (pni alone): no rule or capability tells that KVM "
            "rewrites this, what it forces was not measured, and KVM clears SSE3: "
            "data/fields.table is wrong, or this kernel is special" } },
        { "not-forced-on",
          "skylake-sp-6.18-forced",
          { .forces = true, .rewrites = { { "smep", 0 } } },
          { "forced 0x7.0:ebx[7] smep (offer): the profile says that every vCPU of this host has "
            "SMEP, and this one has not: the profile is older than this KVM, or what KVM forces "
            "depends on the rest of the table" } },
        { "not-forced-off",
          "skylake-sp-6.18-forced",
          { .forces = true, .rewrites = { { "umip", 1 } } },
          { "forced 0x7.0:ecx[2] umip (offer): the profile says that no vCPU of this host has "
            "UMIP, and this one has it: the profile is older than this KVM, or what KVM forces "
            "depends on the rest of the table" } },
        { "forced-no-more",
          "skylake-sp-6.18-forced",
          { .forces = false },
          { "forced 0x7.0:ebx[7] smep (no features): the profile says that every vCPU of this "
            "host has SMEP, and this one has not: the profile is older than this KVM, or what KVM "
            "forces depends on the rest of the table",
            "forced 0x7.0:ebx[8] bmi2 (no features): "
            "the profile says that every vCPU of this "
            "host has BMI2, and this one has not: the "
            "profile is older than this KVM, or what "
            "KVM forces depends on the rest of the "
            "table",
            "forced 0x7.0:ebx[18] rdseed (no features): the profile says that every vCPU of this "
            "host has RDSEED, and this one has not: the profile is older than this KVM, or what "
            "KVM forces depends on the rest of the table",
            "forced 0x7.0:ebx[19] adx (no features): the profile says that every vCPU of this "
            "host has ADX, and this one has not: the profile is older than this KVM, or what KVM "
            "forces depends on the rest of the table" } },
        { "row-dropped",
          "skylake-sp-6.18-forced",
          { .forces = true, .dropped = { 0x6 } },
          { "rewritten 0x6.0:eax[2] arat (offer): no rule, capability or profile tells that KVM "
            "rewrites this, and KVM drops the row 0x6.0, in which ARAT is: data/fields.table is "
            "wrong, or this kernel is special" } },
        { "shown-and-left",
          "milan-6.18",
          { .ignores_shown = true },
          { "delta 0x40000001.0:eax[7] kvm_pv_unhalt (capability disable-exits.hlt): "
            "data/capabilities.table says that disable-exits.hlt takes PV unhalt away from a "
            "vCPU, and KVM leaves it: the entry is wrong, or this kernel is special" } },
        { "does-more-than-its-row-says",
          "milan-6.18",
          { .rewrites = { { "avx2", 0, "disable-exits.cstate" } } },
          { "delta 0x7.0:ebx[5] avx2 (capability disable-exits.cstate): with disable-exits.cstate "
            "KVM clears AVX2, and data/capabilities.table does not say so: the entry is "
            "incomplete, or this kernel is special" } },
        { "usual-capability-does-more",
          "milan-6.18",
          { .rewrites = { { "amx_tile", 1, "irqchip" } } },
          { "rewritten 0x7.0:edx[24] amx_tile (offer): no rule or capability tells that KVM "
            "rewrites this, what it forces was not measured, and KVM sets AMX-TILE: "
            "data/fields.table is wrong, or this kernel is special",
            "delta 0x7.0:edx[24] amx_tile (without capability irqchip): with irqchip KVM sets "
            "AMX-TILE, and data/capabilities.table does not say so: the entry is incomplete, or "
            "this kernel is special" } },
        { "another-answer",
          "milan-6.18",
          { .answers = { { "avx2", 0 } } },
          { "answer 0x7.0:ebx[5] avx2 (offer): the profile says that KVM lists AVX2, and "
            "KVM_GET_SUPPORTED_CPUID has it no more: KVM is not what it was when the host was "
            "probed, or its answer depends on what the profile does not tell" } },
        { "another-answer-with-the-permission",
          "sapphire-rapids-6.12",
          { .answers = { { "xcr0_xtiledata", 0, "xcomp.amx" } } },
          { "answer 0xd.0:eax[18] xcr0_xtiledata (capability xcomp.amx): the view xcomp.amx says "
            "that KVM lists AMX tile data, and KVM_GET_SUPPORTED_CPUID has it no more: KVM is not "
            "what it was when the host was probed, or its answer depends on what the profile does "
            "not tell" } },
        { "answer-of-another-kind-of-cpu",
          "hybrid-made-up",
          { .answers = { { "model", 0xe } } },
          {} },
        { "answer-of-no-kind-of-cpu",
          "hybrid-made-up",
          { .answers = { { "model", 0x3 } } },
          { "answer 0x1.0:eax[7:4] model (offer): the profile says that KVM lists model = 0x7, and "
            "KVM_GET_SUPPORTED_CPUID has 0x3: KVM is not what it was when the host was probed, or "
            "its answer depends on what the profile does not tell" } },
        { "permission-that-is-none",
          "sapphire-rapids-6.12",
          { .culprits = { { "xcr0_xtiledata", EPERM } } },
          { "refused 0xd.0:eax[18] xcr0_xtiledata (capability xcomp.amx): the rules say that this "
            "host supports AMX tile data, and KVM_SET_CPUID2 refuses it with EPERM: "
            "data/fields.table is wrong, or this kernel is special" } },
        { "control",
          "sapphire-rapids-6.12",
          { .controls = { { "CR4.LA57", EINVAL } } },
          { "refused 0x7.0:ecx[16] la57 (offer): the rules say that this host supports LA57, and "
            "KVM refuses CR4.LA57 with EINVAL: data/fields.table or data/controls.table is wrong, "
            "or this kernel is special" } },
        { "msr",
          "sapphire-rapids-6.12",
          { .refused_msr = 0x10a },
          { "refused msr 0x10a  (offer): the rules say that this host supports 0x400000000c08e0eb "
            "in the MSR 0x10a, and KVM_SET_MSRS does not take it: data/msrs.table is wrong, or "
            "this kernel is special" } },
        { "capability",
          "milan-6.18",
          { .capabilities = { { "disable-exits.hlt", EINVAL } } },
          { "refused disable-exits.hlt disable-exits.hlt (capability disable-exits.hlt): the "
            "profile says that this host has disable-exits.hlt, and KVM_ENABLE_CAP fails with "
            "EINVAL: KVM takes no such value: its condition in data/capabilities.table is wrong, "
            "or this kernel is special" } },
        { "capability-not-tried",
          "milan-6.18",
          { .capabilities = { { "disable-exits.hlt", 0 } } },
          {} },
        { "no-vcpu-with-it",
          "sapphire-rapids-6.12",
          { .failures = { { "pmu.disable", EBUSY } } },
          { "refused pmu.disable pmu.disable (capability pmu.disable): the profile says that this "
            "host has pmu.disable, and there is no vCPU with it: KVM_CREATE_VCPU failed with "
            "EBUSY: it is too late for it: there is a vCPU already" } },
        { "no-vcpu-in-a-vm-of-another-type",
          "milan-6.18",
          { .failures = { { "vm-type.sev", EIO } } },
          {} },
        { "the-whole-table",
          "milan-6.18",
          { .set_code = ENOMEM },
          { "refused 0x0.0:eax  (offer): the rules say that this host supports the guest, and "
            "KVM_SET_CPUID2 refuses the whole table with ENOMEM: this kernel is special, or short "
            "of something" } },
};

static void test_wrong(gconstpointer userdata) {
        const WrongCase *wrong = userdata;
        g_autoptr(Host) host = test_recording(wrong->host);
        FakeKvm kvm = wrong->kvm;
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = NULL;

        kvm.host = host;
        report = try_host(&kvm, &error);
        g_assert_no_error(error);

        for (guint i = 0; i < report->contradictions->len; i++) {
                g_autofree char *text =
                        contradiction_to_text(g_ptr_array_index(report->contradictions, i));

                const char *expected = i < G_N_ELEMENTS(wrong->expect) ? wrong->expect[i] : NULL;

                if (g_strcmp0(text, expected) != 0) {
                        g_test_message("found %s, expected %s", text, expected ?: "nothing");
                        g_test_fail();
                }
        }

        g_assert_true(report->contradictions->len == G_N_ELEMENTS(wrong->expect) ||
                      !wrong->expect[report->contradictions->len]);
}

static size_t count_capabilities(CapabilitySet set) {
        return __builtin_popcountll(set);
}

/* What is tried of a host of which nothing but KVM's answer is known */
static void test_bare_host(void) {
        static const TestRow rows[N_TEST_ROWS] = {
                LEAF(0, 0, .eax = 7, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69),
                LEAF(1, 0, .eax = 0x50654, .ecx = BIT(0), .edx = BIT(0)),
                LEAF(7, 0, .ebx = BIT(5), .edx = BIT(7)),
                LEAF(0x123, 0, .eax = BIT(3) | BIT(9)),
        };
        g_autoptr(Host) host = test_host(rows);
        g_autoptr(SelfTrial) self = self_trial_new(host);
        FakeKvm kvm = { .host = host };
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = try_host(&kvm, &error);
        size_t n_capabilities = count_capabilities(host_capabilities(host));

        g_assert_no_error(error);
        assert_no_contradiction(report);
        g_assert_cmpuint(self_trial_n_requests(self), ==, 1);
        /* SSE3, FPU, TSC deadline timer (the APIC's), AVX2, a bit of leaf 7; 0x123 is above the
         * maximum. Each alone and each cleared; the offer, bare, and without the APIC. */
        g_assert_cmpuint(n_capabilities, ==, 1);
        g_assert_cmpuint(report->n_cases, ==, 2 * 5 + 3);
        g_assert_cmpint(report->outcome, ==, REPORT_KEPT);
        g_assert_cmphex(report->enabled, ==, capability_set_default());
}

/* However much a host says it has, a process can try it. */
static void test_largest(void) {
        g_autoptr(Host) host = host_new();
        g_autoptr(SelfTrial) self = NULL;
        g_autoptr(GError) error = NULL;
        LeafTable *table = leaf_table_new();
        size_t n = 0;

        for (size_t i = 0; i < N_FIELD_GROUPS && n < LEAF_TABLE_MAX - 64; i++)
                if (field_groups[i].interface == FIELD_INTERFACE_CPU) {
                        Leaf row = { .leaf = field_groups[i].leaf,
                                     .subleaf = field_groups[i].subleaf,
                                     .flags = LEAF_FLAG_INDEXED };

                        memset(row.registers, 0xff, sizeof(row.registers));
                        leaf_table_add(table, &row);
                        n++;
                }
        for (; n < LEAF_TABLE_MAX; n++) {
                Leaf row = { .leaf = 0x1000 + n,
                             .registers = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } };

                leaf_table_add(table, &row);
        }

        host_take_table(host, HOST_SUPPORTED, table);
        g_assert_true(host_seal(host, &error));
        g_assert_no_error(error);
        self = self_trial_new(host);
        g_assert_cmpuint(self_trial_n_requests(self), >=, 1);
        g_assert_cmpuint(self_trial_request(self, 0)->cases->len, <=, TRIAL_CASES_MAX);
        g_assert_cmpuint(self_trial_request(self, 0)->cases->len, >, TRIAL_CASES_MAX - 4);
}

/* What needs a permission is tried in a process of its own, and nothing else is. */
static void test_permissions(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(SelfTrial) self = self_trial_new(host);
        CapabilitySet amx = capability_bit(capability_find("xcomp.amx"));
        FakeKvm kvm = { .host = host };
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = NULL;

        g_assert_cmpuint(self_trial_n_requests(self), ==, 2);
        for (guint i = 0; i < self_trial_request(self, 0)->cases->len; i++)
                g_assert_false(trial_request_capabilities(self_trial_request(self, 0), i) & amx);
        g_assert_cmpuint(self_trial_request(self, 1)->cases->len, ==, 2);
        g_assert_true(trial_request_capabilities(self_trial_request(self, 1), 0) & amx);
        g_assert_true(trial_request_capabilities(self_trial_request(self, 1), 1) & amx);

        /* Without its process the rest counts. */
        self_trial_take(self, 0, fake_kvm_try_all(&kvm, self_trial_request(self, 0)));
        self_trial_take(self, 1, NULL);
        while (self_trial_step(self))
                continue;
        report = self_trial_report(self, &error);
        g_assert_no_error(error);
        assert_no_contradiction(report);
        g_assert_cmpuint(report->n_cases, ==, self_trial_request(self, 0)->cases->len);
        g_assert_false(report->enabled & amx);
}

/* A vCPU is kept as long as cases are like its own one: one VM more for each of the two tables, not one
 * for each bit. */
static void test_like_together(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(SelfTrial) self = self_trial_new(host);
        const TrialRequest *request = self_trial_request(self, 0);
        size_t owner = 0, n_like = 0, n_back = 0;

        for (guint i = 0; i < request->cases->len; i++) {
                const TrialCase *one = g_ptr_array_index(request->cases, i);

                n_like += !one->table;
                n_back += !one->table && one->like != owner;
                owner = one->table ? i : one->like;
        }

        g_assert_cmpuint(n_like, >, 200);
        g_assert_cmpuint(n_back, <=, 2);
}

/* The offer's MSRs are those that its own features show. */
static void test_msrs(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(SelfTrial) self = self_trial_new(host);
        const GArray *msrs = trial_request_msrs(self_trial_request(self, 0), 0);
        bool has_arch_capabilities = false;

        for (guint i = 0; i < msrs->len; i++)
                has_arch_capabilities |= g_array_index(msrs, TrialMsr, i).index == 0x10a;
        g_assert_true(has_arch_capabilities);
        g_assert_null(trial_request_msrs(self_trial_request(self, 0), 1));
}

/* What counts as tried, and what the whole was */
static void test_outcome(void) {
        static const struct {
                const char *host;
                FakeKvm kvm;
                ReportOutcome outcome;
        } cases[] = {
                { "milan-6.18", { .forces = true }, REPORT_CHANGED }, /* PV unhalt */
                { "skylake-sp-6.18-forced", { .forces = true }, REPORT_CHANGED },
                { "milan-6.18", { .refused_msr = 0xc0011029 }, REPORT_REFUSED },
                { "milan-6.18", { .culprits = { { "avx2", EINVAL } } }, REPORT_REFUSED },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(Host) host = test_recording(cases[i].host);
                FakeKvm kvm = cases[i].kvm;
                g_autoptr(GError) error = NULL;
                g_autoptr(Report) report = NULL;

                kvm.host = host;
                report = try_host(&kvm, &error);
                g_assert_no_error(error);
                g_assert_cmpint(report->outcome, ==, cases[i].outcome);
        }
}

static void test_no_vcpu(void) {
        g_autoptr(Host) host = test_recording("milan-6.18");
        FakeKvm kvm = { .host = host, .failures = { { "irqchip", ENOMEM } } };
        g_autoptr(GError) error = NULL;

        g_assert_null(try_host(&kvm, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TRIAL);
        g_assert_cmpstr(error->message, ==,
                        "KVM gives no vCPU to try the host's offer on: KVM_CREATE_VCPU failed with "
                        "ENOMEM: there is no memory for it");
}

static void test_nothing_tried(void) {
        g_autoptr(Host) host = test_recording("milan-6.18");
        g_autoptr(SelfTrial) self = self_trial_new(host);
        g_autoptr(GError) error = NULL;

        self_trial_take(self, 0, NULL);
        g_assert_false(self_trial_step(self));
        g_assert_null(self_trial_report(self, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TRIAL);
        g_assert_cmpstr(error->message, ==,
                        "KVM gives no vCPU to try the host's offer on: nothing was tried");
}

/* A bit that is alone has nothing of what it needs: KVM need not back it. */
static void test_alone_without_needs(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(SelfTrial) self = self_trial_new(host);
        const TrialRequest *request = self_trial_request(self, 0);
        FakeKvm kvm = { .host = host, .controls = { { "CR4.PKE", EINVAL } } };
        GPtrArray *evidence = g_ptr_array_new_with_free_func((GDestroyNotify) trial_evidence_free);
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = NULL;

        for (guint i = 0; i < request->cases->len; i++) {
                const TrialCase *one = g_ptr_array_index(request->cases, i);
                FakeKvm kind = { .host = host };

                g_ptr_array_add(evidence, fake_kvm_try(one->table ? &kind : &kvm, request, i));
        }

        self_trial_take(self, 0, evidence);
        self_trial_take(self, 1, NULL);
        while (self_trial_step(self))
                continue;
        report = self_trial_report(self, &error);
        g_assert_no_error(error);
        assert_no_contradiction(report);
}

int main(int argc, char **argv) {
        const char *const *recordings;

        g_test_init(&argc, &argv, NULL);

        recordings = test_recording_names();
        for (size_t i = 0; recordings[i]; i++) {
                g_autofree char *path = g_strconcat("/self-trial/mainline/", recordings[i], NULL);

                g_test_add_data_func(path, recordings[i], test_mainline);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(wrong_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/self-trial/wrong/", wrong_cases[i].name, NULL);

                g_test_add_data_func(path, &wrong_cases[i], test_wrong);
        }

        g_test_add_func("/self-trial/bare-host", test_bare_host);
        g_test_add_func("/self-trial/largest", test_largest);
        g_test_add_func("/self-trial/permissions", test_permissions);
        g_test_add_func("/self-trial/like-together", test_like_together);
        g_test_add_func("/self-trial/msrs", test_msrs);
        g_test_add_func("/self-trial/outcome", test_outcome);
        g_test_add_func("/self-trial/no-vcpu", test_no_vcpu);
        g_test_add_func("/self-trial/nothing-tried", test_nothing_tried);
        g_test_add_func("/self-trial/alone-without-needs", test_alone_without_needs);

        return g_test_run();
}
