/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Feature MSRs: each kind of rule, and when none applies */

#include <string.h>

#include "policy/msr.h"
#include "tests/unit/support.h"

#define PDCM BIT(15)
#define VMX BIT(5)
#define ARCH_CAPABILITIES LEAF(7, 0, .edx = BIT(29))
#define FEATURES LEAF(1, 0, .eax = 0x50654, .ecx = PDCM | VMX)

typedef struct TestMsr {
        uint32_t index; /* 0: no further */
        uint64_t value;
} TestMsr;

typedef struct MsrCase {
        const char *name;
        TestRow rows[N_TEST_ROWS];   /* of host and guest */
        TestRow guests[N_TEST_ROWS]; /* of the guest, where it has others */
        TestMsr host[4];
        TestMsr guest[11];
        bool is_not_recorded;
        const char *parameter; /* that is off */
        struct {
                const char *where;
                Severity severity;
                Cause cause;
                const char *message; /* a part of it */
        } expect[3];
} MsrCase;

static const MsrCase msr_cases[] = {
        {
                .name = "promise-that-the-host-does-not-keep",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, 0 } },
                .guest = { { 0x10a, 1 } },
                .expect = { { "msr 0x10a[0]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "the promise RDCL_NO" } },
        },
        {
                .name = "promise-in-the-high-half",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, 0 } },
                .guest = { { 0x10a, UINT64_C(1) << 62 } },
                .expect = { { "msr 0x10a[62]", SEVERITY_ERROR, CAUSE_UNKNOWN, "ITS_NO" } },
        },
        {
                .name = "fewer-promises",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, 0x4000000000000101 } },
                .guest = { { 0x10a, 0 } },
        },
        {
                .name = "not-visible",
                .rows = { LEAF(7, 0) },
                .host = { { 0x10a, 0 } },
                .guest = { { 0x10a, UINT64_MAX } },
        },
        {
                .name = "weakness-that-the-guest-is-not-told",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, BIT(2) | BIT(19) } },
                .guest = { { 0x10a, 0 } },
                .expect = { { "msr 0x10a[2]", SEVERITY_WARNING, CAUSE_UNKNOWN,
                              "the host has RSBA" },
                            { "msr 0x10a[19]", SEVERITY_WARNING, CAUSE_UNKNOWN, "RRSBA" } },
        },
        {
                .name = "weakness-that-the-host-does-not-have",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, 0 } },
                .guest = { { 0x10a, BIT(2) | BIT(19) } },
        },
        {
                .name = "weakness-of-a-host-for-a-guest-that-gives-no-msr",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, BIT(2) } },
        },
        {
                .name = "implied-by-others",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, BIT(5) | BIT(8) | BIT(13) | BIT(14) | BIT(15) } },
                .guest = { { 0x10a, BIT(17) } },
        },
        {
                .name = "not-implied-by-fewer",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, BIT(5) | BIT(8) | BIT(13) | BIT(14) } },
                .guest = { { 0x10a, BIT(17) } },
                .expect = { { "msr 0x10a[17]", SEVERITY_ERROR, CAUSE_UNKNOWN, "FB_CLEAR" } },
        },
        {
                .name = "bits-without-a-name",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, UINT64_C(1) << 40 } },
                .guest = { { 0x10a, UINT64_C(7) << 39 } },
                .expect = { { "msr 0x10a[39]", SEVERITY_ERROR, CAUSE_UNKNOWN, "no meaning" },
                            { "msr 0x10a[41]", SEVERITY_ERROR, CAUSE_UNKNOWN, "no meaning" } },
        },
        {
                .name = "not-in-the-hosts-list-is-0",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x8b, 1 } },
                .guest = { { 0x10a, 1 } },
                .expect = { { "msr 0x10a[0]", SEVERITY_ERROR, CAUSE_KVM,
                              "KVM does not offer it" } },
        },
        {
                .name = "list-that-older-kernels-keep-short",
                .rows = { LEAF(7, 0) },
                .host = { { 0x8b, 1 } },
                .guest = { { 0xce, BIT(31) } },
                .expect = { { "msr 0xce", SEVERITY_NOTE, CAUSE_UNKNOWN, "does not list" } },
        },
        {
                .name = "listed-and-not-there",
                .rows = { LEAF(7, 0) },
                .host = { { 0xce, 0 } },
                .guest = { { 0xce, 0xff80001800 } },
                .expect = { { "msr 0xce[31]", SEVERITY_ERROR, CAUSE_UNKNOWN, "CPUID faulting" } },
        },
        {
                .name = "not-recorded",
                .rows = { ARCH_CAPABILITIES },
                .is_not_recorded = true,
                .guest = { { 0x10a, 1 }, { 0x8b, 1 }, { 0x480, 1 } },
                .expect = { { "msr 0x10a", SEVERITY_NOTE, CAUSE_UNKNOWN,
                              "the profile does not tell" } },
        },
        {
                .name = "unknown-msr",
                .rows = { LEAF(7, 0) },
                .host = { { 0x8b, 1 } },
                .guest = { { 0x123, 1 } },
                .expect = { { "msr 0x123", SEVERITY_NOTE, CAUSE_UNKNOWN,
                              "gives MSR 0x123, which this version does not know" } },
        },
        {
                .name = "unknown-msrs",
                .rows = { ARCH_CAPABILITIES },
                .host = { { 0x10a, 0 } },
                .guest = { { 0x200, 1 }, { 0x1a, 1 }, { 0x10a, 1 }, { 0xc0000080, 1 } },
                .expect = { { "msr 0x1a", SEVERITY_NOTE, CAUSE_UNKNOWN,
                              "gives 3 MSRs (0x1a, 0x200, 0xc0000080), which this version" },
                            { "msr 0x10a[0]", SEVERITY_ERROR, CAUSE_UNKNOWN, "RDCL_NO" } },
        },
        {
                .name = "many-unknown-msrs",
                .rows = { LEAF(7, 0) },
                .host = { { 0x8b, 0 } },
                .guest = { { 0x201, 1 },
                           { 0x202, 1 },
                           { 0x203, 1 },
                           { 0x204, 1 },
                           { 0x205, 1 },
                           { 0x206, 1 },
                           { 0x207, 1 },
                           { 0x208, 1 },
                           { 0x209, 1 },
                           { 0x200, 1 } },
                .expect = { { "msr 0x200", SEVERITY_NOTE, CAUSE_UNKNOWN,
                              "gives 10 MSRs (0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, "
                              "0x207 and 2 more), which" } },
        },
        {
                .name = "several-not-recorded",
                .rows = { ARCH_CAPABILITIES, FEATURES },
                .is_not_recorded = true,
                .guest = { { 0x345, 1 }, { 0x8b, 1 }, { 0x10a, 1 } },
                .expect = { { "msr 0x10a", SEVERITY_NOTE, CAUSE_UNKNOWN,
                              "gives 2 MSRs (0x10a, 0x345), and the profile does not tell" } },
        },
        {
                .name = "microcode-is-a-note",
                .rows = { LEAF(7, 0) },
                .host = { { 0x8b, UINT64_C(1) << 32 } },
                .guest = { { 0x8b, UINT64_C(2) << 32 } },
                .expect = { { "msr 0x8b[63:32]", SEVERITY_NOTE, CAUSE_UNKNOWN, "microcode" } },
        },
        {
                .name = "equal-or-0-differs",
                .rows = { FEATURES },
                .host = { { 0x345, 0x2005 } },
                .guest = { { 0x345, 0x2004 } },
                .expect = { { "msr 0x345[5:0]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "LBR format is 0x4, the host's 0x5" } },
        },
        {
                .name = "equal-or-0-is-0",
                .rows = { FEATURES },
                .host = { { 0x345, 0x2005 } },
                .guest = { { 0x345, 0x2000 } },
        },
        {
                .name = "lbr-in-another-model",
                .rows = { FEATURES },
                .guests = { LEAF(1, 0, .eax = 0x506f4, .ecx = PDCM) },
                .host = { { 0x345, 5 } },
                .guest = { { 0x345, 5 } },
                .expect = { { "0x1.0:eax[7:4]", SEVERITY_NOTE, CAUSE_UNKNOWN, "model" },
                            { "msr 0x345[5:0]", SEVERITY_ERROR, CAUSE_GUEST,
                              "its model (0x1.0:eax[7:4]) has to be the host's" } },
        },
        {
                .name = "other-model-without-lbr",
                .rows = { FEATURES },
                .guests = { LEAF(1, 0, .eax = 0x506f4, .ecx = PDCM) },
                .host = { { 0x345, 5 } },
                .guest = { { 0x345, 0 } },
                .expect = { { "0x1.0:eax[7:4]", SEVERITY_NOTE, CAUSE_UNKNOWN, "model" } },
        },
        {
                .name = "pebs-with-fewer-bits",
                .rows = { FEATURES },
                .host = { { 0x345, 0x4c0 } },
                .guest = { { 0x345, 0x480 } },
                .expect = { { "msr 0x345[6]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "have to be the same" } },
        },
        {
                .name = "no-pebs",
                .rows = { FEATURES },
                .host = { { 0x345, 0x4c0 } },
                .guest = { { 0x345, 0 } },
        },
        {
                .name = "pebs-bit-that-the-host-lacks",
                .rows = { FEATURES },
                .host = { { 0x345, 0 } },
                .guest = { { 0x345, BIT(6) } },
                .expect = { { "msr 0x345[6]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "the guest has PEBS trap" } },
        },
        {
                .name = "pmu-turned-off",
                .rows = { FEATURES },
                .host = { { 0x345, 0 } },
                .guest = { { 0x345, BIT(13) } },
                .parameter = "kvm.enable_pmu",
                .expect = { { "msr 0x345[13]", SEVERITY_ERROR, CAUSE_PARAMETER,
                              "kvm.enable_pmu=N" } },
        },
        {
                .name = "nested-turned-off",
                .rows = { FEATURES },
                .host = { { 0x8b, 0 } },
                .guest = { { 0x491, 1 } },
                .parameter = "kvm_intel.nested",
                .expect = { { "msr 0x491[0]", SEVERITY_ERROR, CAUSE_PARAMETER,
                              "kvm_intel.nested=N" } },
        },
        {
                .name = "control-that-must-be-1",
                .rows = { FEATURES },
                .host = { { 0x48d, 0x7f00000016 } },
                .guest = { { 0x48d, 0x7f00000014 } },
                .expect = { { "msr 0x48d[31:0]", SEVERITY_ERROR, CAUSE_UNKNOWN, "without 0x2" } },
        },
        {
                .name = "more-controls-that-must-be-1",
                .rows = { FEATURES },
                .host = { { 0x48d, 0x7f00000016 } },
                .guest = { { 0x48d, 0x7f0000001f } },
        },
        {
                .name = "control-that-may-not-be-1",
                .rows = { FEATURES },
                .host = { { 0x48b, 0 } },
                .guest = { { 0x48b, UINT64_C(1) << 54 } },
                .expect = { { "msr 0x48b[54]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "mode-based execute control" } },
        },
        {
                .name = "fixed-to-1",
                .rows = { FEATURES },
                .host = { { 0x488, 0x2000 } },
                .guest = { { 0x488, 0 } },
                .expect = { { "msr 0x488[31:0]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "CR4 bits that must be 1" } },
        },
        {
                .name = "derived-ones-are-not-compared",
                .rows = { FEATURES },
                .host = { { 0x481, 0x16 }, { 0x487, 1 } },
                .guest = { { 0x481, UINT64_MAX }, { 0x487, UINT64_MAX } },
        },
        {
                .name = "vmcs-smaller-than-the-hosts",
                .rows = { FEATURES },
                .host = { { 0x480, UINT64_C(0x1000) << 32 | 1 } },
                .guest = { { 0x480, UINT64_C(0x400) << 32 | 1 } },
                .expect = { { "msr 0x480[44:32]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "VMCS size is 1024 bytes, the host's 4096 bytes" } },
        },
        {
                .name = "vmcs-larger-than-the-hosts",
                .rows = { FEATURES },
                .host = { { 0x480, UINT64_C(0x400) << 32 | 1 } },
                .guest = { { 0x480, UINT64_C(0x1000) << 32 | 1 } },
        },
        {
                .name = "timer-rate-of-a-timer-that-is-used",
                .rows = { FEATURES },
                .host = { { 0x485, 5 }, { 0x48d, UINT64_C(1) << 38 } },
                .guest = { { 0x485, 4 }, { 0x48d, UINT64_C(1) << 38 } },
                .expect = { { "msr 0x485[4:0]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "timer rate is 4, the host's 5" } },
        },
        {
                .name = "timer-rate-of-no-timer",
                .rows = { FEATURES },
                .host = { { 0x485, 5 } },
                .guest = { { 0x485, 4 } },
        },
        {
                .name = "more-msrs-in-a-list",
                .rows = { FEATURES },
                .host = { { 0x485, 0 } },
                .guest = { { 0x485, BIT(25) } },
                .expect = { { "msr 0x485[27:25]", SEVERITY_ERROR, CAUSE_UNKNOWN,
                              "MSR list size" } },
        },
        {
                .name = "de-cfg",
                .rows = { LEAF(7, 0) },
                .host = { { 0xc0011029, 0 } },
                .guest = { { 0xc0011029, 2 } },
                .expect = { { "msr 0xc0011029[1]", SEVERITY_ERROR, CAUSE_UNKNOWN, "LFENCE" } },
        },
        {
                .name = "after-cpuid-and-by-index",
                .rows = { LEAF(7, 0) },
                .guests = { LEAF(7, 0, .ebx = BIT(5)) },
                .host = { { 0x8b, 0 } },
                .guest = { { 0xc0011029, 2 }, { 0x123, 1 } },
                .expect = { { "0x7.0:ebx[5]", SEVERITY_ERROR, CAUSE_UNKNOWN, "AVX2" },
                            { "msr 0x123", SEVERITY_NOTE, CAUSE_UNKNOWN, "0x123" },
                            { "msr 0xc0011029[1]", SEVERITY_ERROR, CAUSE_KVM, "LFENCE" } },
        },
};

static Host *host_of(const MsrCase *c) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(c->rows));
        if (!c->is_not_recorded)
                host_set_msrs_recorded(host);
        for (size_t i = 0; i < G_N_ELEMENTS(c->host) && c->host[i].index; i++)
                host_set_msr(host, c->host[i].index, c->host[i].value);
        if (c->parameter)
                host_set_parameter(host, c->parameter, "N");
        g_assert_true(host_seal(host, &error));
        g_assert_no_error(error);
        return g_steal_pointer(&host);
}

static void test_msr(gconstpointer data) {
        const MsrCase *c = data;
        g_autoptr(Host) host = host_of(c);
        g_autoptr(Guest) guest = test_guest(c->guests[0].is_there ? c->guests : c->rows);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};
        size_t n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(c->guest) && c->guest[i].index; i++)
                guest_set_msr(guest, c->guest[i].index, c->guest[i].value);

        check(offer, guest, 0, &verdict);
        for (; n < G_N_ELEMENTS(c->expect) && c->expect[n].where; n++) {
                const Finding *finding;
                g_autofree char *where = NULL;

                g_assert_nonnull(verdict.findings);
                g_assert_cmpuint(n, <, verdict.findings->len);
                finding = g_ptr_array_index(verdict.findings, n);
                where = finding_where(finding);
                g_assert_cmpstr(where, ==, c->expect[n].where);
                g_assert_cmpstr(severity_to_string(finding->severity), ==,
                                severity_to_string(c->expect[n].severity));
                g_assert_cmpstr(cause_to_string(finding->cause), ==,
                                cause_to_string(c->expect[n].cause));
                if (!strstr(finding->message, c->expect[n].message))
                        g_error("'%s' without '%s'", finding->message, c->expect[n].message);
        }

        if (verdict.findings && verdict.findings->len > n)
                g_error("unexpected: %s",
                        ((Finding *) g_ptr_array_index(verdict.findings, n))->message);
        g_assert_cmpint(check_accepts(offer, guest), <=, n == 0);
}

/* The values of findings are those of the bits, not of the register. */
static void test_values(void) {
        TestRow rows[N_TEST_ROWS] = { FEATURES };
        MsrCase c = { .name = "values", .host = { { 0x480, UINT64_C(0x1000) << 32 } } };
        g_autoptr(Host) host = NULL;
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Offer) offer = NULL;
        g_auto(Verdict) verdict = {};
        const Finding *finding;

        memcpy(c.rows, rows, sizeof(rows));
        host = host_of(&c);
        offer = offer_new(host, guest->capabilities);
        guest_set_msr(guest, 0x480, UINT64_C(0x400) << 32);
        check(offer, guest, 0, &verdict);
        g_assert_cmpint(verdict.kind, ==, VERDICT_UNSUPPORTED);
        finding = test_finding_at(&verdict, "msr 0x480[44:32]");
        g_assert_nonnull(finding);
        g_assert_cmpuint(finding->reg, ==, FINDING_MSR);
        g_assert_cmphex(finding->leaf, ==, 0x480);
        g_assert_cmpuint(finding->low, ==, 32);
        g_assert_cmpuint(finding->high, ==, 44);
        g_assert_cmphex(finding->guest, ==, 0x400);
        g_assert_cmphex(finding->host, ==, 0x1000);
        g_assert_cmpstr(field_rule_to_string(finding->rule), ==, "at-least");
}

/* A host supports a guest of its own offer that has its own MSRs, and they are not in the table
 * that it offers. */
static void test_own_msrs(gconstpointer name) {
        g_autoptr(Host) host = test_recording(name);
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest = test_guest_of_offer(offer);
        g_autoptr(GArray) indexes = host_list_msrs(host);
        g_auto(Verdict) verdict = {};

        g_assert_cmpuint(indexes->len, >, 0);
        for (guint i = 0; i < indexes->len; i++) {
                uint64_t value = 0;

                g_assert_true(host_get_msr(host, g_array_index(indexes, uint32_t, i), &value));
                guest_set_msr(guest, g_array_index(indexes, uint32_t, i), value);
                g_assert_null(
                        leaf_table_find(guest->table, g_array_index(indexes, uint32_t, i), 0));
        }

        check(offer, guest, CHECK_STRICT, &verdict);
        if (verdict.findings)
                g_error("%s", ((Finding *) g_ptr_array_index(verdict.findings, 0))->message);
}

int main(int argc, char **argv) {
        static const char *const recordings[] = { "skylake-sp-6.1", "sapphire-rapids-6.12",
                                                  "milan-6.18", "zhaoxin-6.18" };

        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(msr_cases); i++) {
                g_autofree char *path = g_strconcat("/msr/", msr_cases[i].name, NULL);

                g_test_add_data_func(path, &msr_cases[i], test_msr);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(recordings); i++) {
                g_autofree char *path = g_strconcat("/msr/own/", recordings[i], NULL);

                g_test_add_data_func(path, recordings[i], test_own_msrs);
        }
        g_test_add_func("/msr/values", test_values);

        return g_test_run();
}
