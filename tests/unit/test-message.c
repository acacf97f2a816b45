/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a person is told: the cause and the sentence of a finding, on recorded hosts */

#include <stdio.h>

#include "policy/message.h"
#include "policy/place.h"
#include "policy/recording.h"
#include "policy/since.h"
#include "tests/unit/support.h"

/* The guest is the host's own offer with one field changed. */
typedef struct MessageCase {
        const char *name;
        const char *host;
        const char *field;
        uint32_t value;
        const char *enable;    /* besides what the usual VMM does, or NULL */
        const char *kernel;    /* another one; "": not recorded */
        const char *parameter; /* one more, "NAME VALUE" */
        const char *hardware;  /* a field that the CPU is given */
        Cause cause;
        const char *message; /* all of it */
} MessageCase;

static const MessageCase message_cases[] = {
        {
                .name = "capability",
                .host = "skylake-sp-6.1",
                .field = "monitor",
                .value = 1,
                .cause = CAUSE_CAPABILITY,
                .message = "the guest has MONITOR/MWAIT; this host offers it only with "
                           "disable-exits.mwait",
        },
        {
                .name = "capability-that-takes-away",
                .host = "milan-6.18",
                .field = "kvm_pv_unhalt",
                .value = 1,
                .enable = "disable-exits.hlt",
                .cause = CAUSE_CAPABILITY,
                .message = "the guest has PV unhalt; this host offers it only without "
                           "disable-exits.hlt",
        },
        {
                .name = "capability-the-host-lacks",
                .host = "haswell-5.15",
                .field = "aperfmperf",
                .value = 1,
                .enable = "disable-exits.aperfmperf",
                .cause = CAUSE_KVM,
                .message = "the guest has APERF/MPERF; this host offers it only with "
                           "disable-exits.aperfmperf, which it does not have",
        },
        {
                .name = "silicon",
                .host = "haswell-5.15",
                .field = "avx512f",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has AVX-512F; this CPU does not have it",
        },
        {
                .name = "kvm",
                .host = "skylake-sp-6.1",
                .field = "est",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has enhanced SpeedStep; the CPU has it, but this host's KVM "
                           "does not offer it",
        },
        {
                .name = "kvm-is-older",
                .host = "haswell-5.15",
                .hardware = "flush_l1d",
                .field = "flush_l1d",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has L1D_FLUSH; the CPU has it, and KVM reports it since "
                           "Linux 6.4: this host's (5.15.145) does not",
        },
        {
                .name = "kvm-of-unknown-age",
                .host = "haswell-5.15",
                .kernel = "",
                .hardware = "flush_l1d",
                .field = "flush_l1d",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has L1D_FLUSH; the CPU has it, and KVM reports it since "
                           "Linux 6.4: this host's does not",
        },
        {
                .name = "kvm-is-new-enough",
                .host = "haswell-5.15",
                .kernel = "6.4.0-1-amd64",
                .hardware = "flush_l1d",
                .field = "flush_l1d",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has L1D_FLUSH; the CPU has it, but this host's KVM does not "
                           "offer it; a boot option, a mitigation or the kernel's configuration "
                           "may hide it",
        },
        {
                .name = "kvm-always-reported-it",
                .host = "haswell-5.15",
                .kernel = "4.19.0",
                .hardware = "rtm",
                .field = "rtm",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has RTM; the CPU has it, but this host's KVM does not offer "
                           "it",
        },
        {
                .name = "outer-hypervisor",
                .host = "skylake-sp-6.18-forced",
                .field = "waitpkg",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has WAITPKG; the CPU that this host was given (it is a "
                           "virtual machine itself) does not have it",
        },
        {
                .name = "forced-off-and-listed",
                .host = "skylake-sp-6.18-forced",
                .field = "umip",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has UMIP; no vCPU of this host has it, whatever KVM lists",
        },
        {
                .name = "forced-off-but-in-the-view",
                .host = "forced-made-up",
                .field = "la57",
                .value = 1,
                .cause = CAUSE_CAPABILITY,
                .message = "the guest has LA57; this host offers it only with xcomp.amx",
        },
        {
                .name = "forced-off-and-not-listed",
                .host = "forced-made-up",
                .field = "lam",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has LAM; this CPU does not have it",
        },
        {
                .name = "forced-on-in-the-view-alone",
                .host = "forced-made-up",
                .enable = "xcomp.amx",
                .field = "rtm",
                .value = 0,
                .cause = CAUSE_KVM,
                .message = "the guest does not have RTM, but every vCPU of this host has it: the "
                           "guest will see it",
        },
        {
                .name = "parameter",
                .host = "skylake-sp-6.18-forced",
                .field = "vmx",
                .value = 1,
                .cause = CAUSE_PARAMETER,
                .message = "the guest has VMX; the CPU has it, but the module parameter "
                           "kvm_intel.nested=N hides it",
        },
        {
                .name = "parameter-that-is-on",
                .host = "haswell-5.15",
                .parameter = "kvm_intel.enable_mediated_pmu Y",
                .hardware = "ds",
                .field = "ds",
                .value = 1,
                .cause = CAUSE_PARAMETER,
                .message = "the guest has debug store; the CPU has it, but the module parameter "
                           "kvm_intel.enable_mediated_pmu=Y hides it",
        },
        {
                .name = "kvm-leaf",
                .host = "skylake-sp-6.1",
                .field = "kvm_mmu_op",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has MMU operations; this host's KVM does not offer it",
        },
        {
                .name = "vendor",
                .host = "skylake-sp-6.1",
                .field = "sse4a",
                .value = 1,
                .cause = CAUSE_VENDOR,
                .message = "the guest has SSE4A; only processors of AMD or Hygon have it",
        },
        {
                .name = "limit",
                .host = "skylake-sp-6.1",
                .field = "maxphyaddr",
                .value = 52,
                .cause = CAUSE_CPU,
                .message = "the guest's MAXPHYADDR is 52 bits, the host has at most 46 bits",
        },
        {
                .name = "guarantee",
                .host = "milan-6.18",
                .field = "srso_no",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest relies on the promise SRSO_NO; this CPU does not have it",
        },
        {
                .name = "hint",
                .host = "haswell-5.15",
                .field = "fsrm",
                .value = 1,
                .cause = CAUSE_CPU,
                .message =
                        "the guest has the hint 'fast short REP MOV'; this CPU does not have it: "
                        "nothing breaks, something may be slower",
        },
        {
                .name = "guarantee-of-several-words",
                .host = "sapphire-rapids-6.12",
                .field = "cet_sss",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest relies on the promise 'safe supervisor shadow stacks'; this "
                           "CPU does not have it",
        },
        {
                .name = "name-of-several-words",
                .host = "milan-6.18",
                .field = "intel_pt",
                .value = 1,
                .cause = CAUSE_VENDOR,
                .message = "the guest has Processor Trace; only processors of Intel have it",
        },
        {
                .name = "first-word-with-a-hyphen",
                .host = "milan-6.18",
                .field = "ss",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has self-snoop; this CPU does not have it",
        },
        {
                .name = "inverted",
                .host = "skylake-sp-6.1",
                .field = "fdp_excptn_only",
                .value = 0,
                .cause = CAUSE_CPU,
                .message =
                        "the host has 'FDP only on exceptions' set, which says that something is "
                        "missing, and the guest is not told. The guest believes that the data "
                        "pointer is always kept, as of old. No hypervisor can hide or emulate "
                        "it, and hardly any program looks",
        },
        {
                .name = "text-that-is-empty-here",
                .host = "skylake-sp-6.1",
                .field = "vendor_copy",
                .value = 0x68747541,
                .cause = CAUSE_CPU,
                .message = "the guest's copy of the vendor is 'Auth', the host's is empty",
        },
};

static void keep_line(GString *text, const MessageCase *c, const char *line, const Field *field) {
        Leaf row;

        if (c->kernel && g_str_has_prefix(line, "kernel "))
                g_string_append_printf(text, "%s%s\n", *c->kernel ? "kernel " : "", c->kernel);
        else if (field &&
                 sscanf(line, "hardware 0x%x %u %u 0x%x 0x%x 0x%x 0x%x", &row.leaf, &row.subleaf,
                        &row.flags, &row.registers[0], &row.registers[1], &row.registers[2],
                        &row.registers[3]) == 7 &&
                 row.leaf == field->leaf && row.subleaf == field->subleaf) {
                row.registers[field->reg] |= field_mask(field);
                g_string_append_printf(text, "hardware 0x%x %u %u 0x%x 0x%x 0x%x 0x%x\n", row.leaf,
                                       row.subleaf, row.flags, row.registers[0], row.registers[1],
                                       row.registers[2], row.registers[3]);
        } else if (g_str_equal(line, "end") && c->parameter)
                g_string_append_printf(text, "parameter %s\nend\n", c->parameter);
        else
                g_string_append_printf(text, "%s\n", line);
}

/* The recorded host with what the case changes */
static Host *case_host(const MessageCase *c) {
        g_autoptr(Host) host = test_recording(c->host), changed = NULL;
        const Field *field = c->hardware ? field_find(c->hardware) : NULL;
        g_autofree char *recording = recording_write(host);
        g_auto(GStrv) lines = g_strsplit(recording, "\n", -1);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        for (size_t i = 0; lines[i] && lines[i + 1]; i++)
                keep_line(text, c, lines[i], field);

        changed = recording_parse(text->str, text->len, &error);
        g_assert_no_error(error);
        return g_steal_pointer(&changed);
}

static void test_message(gconstpointer data) {
        const MessageCase *c = data;
        g_autoptr(Host) host = case_host(c);
        CapabilitySet set = capability_set_default();
        const Field *field = field_find(c->field);
        g_autoptr(Offer) plain = NULL, offer = NULL;
        g_autoptr(Guest) guest = NULL;
        g_auto(Verdict) verdict = {};
        g_autofree char *where = NULL;
        const Finding *finding;

        g_assert_nonnull(field);
        plain = offer_new(host, set);
        if (c->enable)
                g_assert_true(capability_set_add(&set, c->enable, NULL));
        offer = offer_new(host, set);
        guest = test_guest_of_offer_with(plain, field, c->value);
        g_assert_nonnull(guest);
        check(offer, guest, 0, &verdict);

        where = place_format(field->leaf, field->subleaf, field->reg, field->high, field->low);
        finding = test_finding_at(&verdict, where);
        g_assert_nonnull(finding);
        g_assert_cmpstr(finding->message, ==, c->message);
        g_assert_cmpstr(cause_to_string(finding->cause), ==, cause_to_string(c->cause));
}

static const struct {
        const char *since;
        const char *kernel;
        bool is_after;
} since_cases[] = {
        { "6.2", "6.1.158", true },
        { "6.2", "6.2.0", false },
        { "6.2", "6.12.9", false },
        { "6.12", "6.2.1", true },
        { "6.2", "5.15.0-91-generic", true },
        { "6.2", "7.0-rc6", false },
        { "6.2", "next-20260101", false },
        { "6.2", NULL, false },
        { "6.2", "", false },
        { "5.17", "5", true },
};

static void test_since(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(since_cases); i++)
                g_assert_cmpint(since_is_after(since_cases[i].since, since_cases[i].kernel), ==,
                                since_cases[i].is_after);
}

/* A trust domain is the TDX module's to answer for: every verdict says so. */
static void test_notice(void) {
        TestRow rows[N_TEST_ROWS] = { LEAF(1, 0) };
        g_autoptr(Host) host = host_new();
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Offer) offer = NULL;
        g_auto(Verdict) verdict = {};
        CapabilitySet set = 0;
        const Finding *finding;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        host_set_extension(host, "KVM_CAP_VM_TYPES", 0x21);
        g_assert_true(host_seal(host, NULL));
        g_assert_true(capability_set_add(&set, "vm-type.tdx", NULL));
        offer = offer_new(host, set);
        g_assert_false(check_accepts(offer, guest));

        check(offer, guest, CHECK_STRICT, &verdict);
        finding = test_finding_at(&verdict, "vm-type.tdx");
        g_assert_nonnull(finding);
        g_assert_cmpint(finding->severity, ==, SEVERITY_NOTE);
        g_assert_nonnull(strstr(finding->message, "only the TDX module can tell"));
        g_assert_cmpint(verdict.kind, ==, VERDICT_SUPPORTED);
}

/* Enabled without what it builds on: nothing breaks, and nothing comes of it. */
static void test_required(void) {
        TestRow rows[N_TEST_ROWS] = { LEAF(1, 0) };
        g_autoptr(Host) host = host_new();
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Offer) offer = NULL, whole = NULL;
        g_auto(Verdict) verdict = {}, good = {};
        CapabilitySet set = 0;
        const Finding *finding;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        host_set_extension(host, "KVM_CAP_X2APIC_API", 3);
        host_set_extension(host, "KVM_CAP_IRQCHIP", 1);
        g_assert_true(host_seal(host, NULL));
        g_assert_true(capability_set_add(&set, "pv.msi-ext-dest-id", NULL));
        offer = offer_new(host, set);
        g_assert_false(check_accepts(offer, guest));

        check(offer, guest, 0, &verdict);
        g_assert_cmpint(verdict.kind, ==, VERDICT_SUPPORTED);
        finding = test_finding_at(&verdict, "pv.msi-ext-dest-id");
        g_assert_nonnull(finding);
        g_assert_cmpint(finding->severity, ==, SEVERITY_WARNING);
        g_assert_cmpint(finding->cause, ==, CAUSE_GUEST);
        g_assert_cmpstr(finding->message, ==,
                        "pv.msi-ext-dest-id is enabled, but what it requires is not (irqchip and "
                        "x2apic-api): it changes nothing");

        g_assert_true(capability_set_add(&set, "irqchip", NULL));
        g_assert_true(capability_set_add(&set, "x2apic-api", NULL));
        whole = offer_new(host, set);
        check(whole, guest, CHECK_STRICT, &good);
        g_assert_null(good.findings);
}

/* What is of several is not one. */
static void test_verb(void) {
        static const struct {
                const char *field;
                const char *verb;
        } cases[] = {
                { "maxphyaddr", "is" },
                { "arch_perfmon_counters", "are" },
                { "arch_perfmon_fixed_counters", "are" },
                { "svm_asids", "are" },
                { "cat_l3_classes", "are" },
                { "invlpgb_max_pages", "are" },   /* "Pages by INVLPGB" */
                { "asym_cat_l3_classes", "are" }, /* "L3 classes (this core)" */
                { "amd_workload_classes", "is" }, /* "Number of workload classes" */
                { "xsave_size_current", "is" },
                { "clflush_size", "is" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(message_verb(field_find(cases[i].field)), ==, cases[i].verb);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(message_cases); i++) {
                g_autofree char *path = g_strdup_printf("/message/%s", message_cases[i].name);

                g_test_add_data_func(path, &message_cases[i], test_message);
        }

        g_test_add_func("/message/verb", test_verb);
        g_test_add_func("/message/since", test_since);

        g_test_add_func("/message/notice", test_notice);
        g_test_add_func("/message/required", test_required);

        return g_test_run();
}
