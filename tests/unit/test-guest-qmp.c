/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is made of the answers of a QEMU, with answers that are made up */

#include "client/lib/guest-qmp.h"

#include <string.h>

#include "tests/unit/fake-qmp.h"
#include "tests/unit/form-support.h"

#define PAIRS_MAX 64
#define MSEC 30000

#define PROPERTY(name) "\"property\":\"" name "\""
#define WORD(leaf, reg, value)                                                                    \
        "{\"cpuid-input-eax\": " #leaf ", \"cpuid-register\": \"" reg "\", \"features\": " #value \
        "}"
#define SUBWORD(leaf, subleaf, reg, value)                                \
        "{\"cpuid-input-eax\": " #leaf ", \"cpuid-input-ecx\": " #subleaf \
        ", \"cpuid-register\": \"" reg "\", \"features\": " #value "}"
#define LISTED(name, type) "{\"name\": \"" name "\", \"type\": \"" type "\"}"

#define CPUS(target)                                                                \
        "[{\"cpu-index\": 0, \"qom-path\": \"/cpu\", \"target\": \"" target "\"}, " \
        "{\"cpu-index\": 1, \"qom-path\": \"/other\", \"target\": \"" target "\"}]"
#define LIST(lapic)                                                                                                                                                                                                                                                                                                                                                                                                                                              \
        "[" LISTED("type", "string") ", " LISTED("parent_bus", "link<bus>") ", " lapic                                                                                                                                                                                                                                                                                                                                                                           \
                LISTED("monitor", "bool") ", " LISTED("kvm", "bool") ", " LISTED(                                                                                                                                                                                                                                                                                                                                                                                \
                        "kvm-msi-ext-dest-id", "bool") ", " LISTED("kvm_msi_ext_dest_id",                                                                                                                                                                                                                                                                                                                                                                        \
                                                                   "bool") ", " LISTED("amx-tile", "bool") ", " LISTED("hv-relaxed",                                                                                                                                                                                                                                                                                                                             \
                                                                                                                       "bool") ", " LISTED("hv-synic", "bool") ", " LISTED("hv-evmcs", "bool") ", " LISTED("hv-passthrough", "bool") ", " LISTED("hv-spinlocks", "uint32") ", " LISTED("hv-vendor-id", "str") ", " LISTED("invtsc",                                                                                                                              \
                                                                                                                                                                                                                                                                                                                          "bool") ", " LISTED("tsc-frequency", "int") ", " LISTED("lbr-fmt",                                                                     \
                                                                                                                                                                                                                                                                                                                                                                                  "uint64") ", " LISTED("legacy-memory", "str") ", " LISTED("crash-information", \
                                                                                                                                                                                                                                                                                                                                                                                                                                            "GuestPanicInformation") "]"
#define LAPIC(type) LISTED("lapic", "child<" type ">") ", "

/* A small guest of a QEMU that is as usual. What a case says comes before it. */
static const char *const usual[][2] = {
        { "\"qmp_capabilities\"", "{}" },
        { "\"query-name\"", "{\"name\": \"vm7\"}" },
        { "\"query-cpus-fast\"", CPUS("x86_64") },
        { "\"query-kvm\"", "{\"enabled\": true, \"present\": true}" },
        { "\"qom-list\"", LIST(LAPIC("kvm-apic")) },
        /* kvm_pv_unhalt and kvmclock; fpu, tsc, lm */
        { PROPERTY("feature-words"),
          "[" WORD(1073741825, "EAX", 136) ", " WORD(1, "ECX", 0) ", " WORD(1, "EDX", 17) ", " WORD(
                  2147483649, "EDX", 536870912) ", " SUBWORD(7, 0, "EBX", 0) "]" },
        { PROPERTY("filtered-features"), "[" WORD(1, "ECX", 0) "]" },
        { PROPERTY("type"), "\"made-up-x86_64-cpu\"" },
        { PROPERTY("monitor"), "false" },
        { PROPERTY("kvm"), "true" },
        { PROPERTY("kvm-msi-ext-dest-id"), "false" },
        { PROPERTY("amx-tile"), "false" },
        { PROPERTY("hv-relaxed"), "false" },
        { PROPERTY("hv-synic"), "false" },
        { PROPERTY("hv-evmcs"), "false" },
        { PROPERTY("hv-passthrough"), "false" },
        { PROPERTY("hv-spinlocks"), "4294967295" },
        { PROPERTY("hv-vendor-id"), "\"\"" },
        { PROPERTY("invtsc"), "false" },
        { PROPERTY("tsc-frequency"), "2500000000" },
        { PROPERTY("confidential-guest-support"), "\"\"" },
        /* Those after which nobody asks */
        { PROPERTY("lbr-fmt"), NULL },
        { PROPERTY("kvm_msi_ext_dest_id"), NULL },
        { PROPERTY("crash-information"), NULL },
        { PROPERTY("parent_bus"), NULL },
        { PROPERTY("lapic"), NULL },
};

#define CONFIDENTIAL(type)                                                          \
        { PROPERTY("confidential-guest-support"), "\"/objects/lock0\"" }, {         \
                "\"path\":\"/objects/lock0\",\"property\":\"type\"", "\"" type "\"" \
        }
#define CPU_PM \
        "irqchip disable-exits.mwait disable-exits.hlt disable-exits.pause disable-exits.cstate"

typedef struct GuestCase {
        const char *name;
        const char *answers[6][2];
        const char *capabilities;
        const char *warning; /* a part of it; NULL: there is none */
        QmpError code;
        const char *error; /* or a part of the refusal */
} GuestCase;

static const GuestCase cases[] = {
        /* clang-format off */
        { .name = "usual", .capabilities = "irqchip" },
        { .name = "without-a-name", .answers = { { "\"query-name\"", "{}" } }, .capabilities = "irqchip" },
        { .name = "apic-in-userspace", .answers = { { "\"qom-list\"", LIST(LAPIC("apic")) } }, .capabilities = "" },
        { .name = "apic-not-told", .answers = { { "\"qom-list\"", LIST("") } }, .capabilities = "irqchip" },
        { .name = "msi-ext-dest-id", .answers = { { PROPERTY("kvm-msi-ext-dest-id"), "true" } },
          .capabilities = "irqchip x2apic-api pv.msi-ext-dest-id" },
        { .name = "amx", .answers = { { PROPERTY("amx-tile"), "true" } }, .capabilities = "irqchip xcomp.amx" },
        { .name = "cpu-pm", .answers = { { PROPERTY("monitor"), "true" } }, .capabilities = CPU_PM },
        { .name = "hyperv", .answers = { { PROPERTY("hv-relaxed"), "true" } }, .capabilities = "irqchip hyperv" },
        { .name = "hyperv-spinlocks", .answers = { { PROPERTY("hv-spinlocks"), "8191" } },
          .capabilities = "irqchip hyperv" },
        { .name = "hyperv-synic", .answers = { { PROPERTY("hv-synic"), "true" } },
          .capabilities = "irqchip hyperv hyperv.synic" },
        { .name = "hyperv-evmcs", .answers = { { PROPERTY("hv-evmcs"), "true" } },
          .capabilities = "irqchip hyperv hyperv.evmcs" },
        { .name = "hyperv-passthrough", .answers = { { PROPERTY("hv-passthrough"), "true" } },
          .capabilities = "irqchip hyperv", .warning = "all of its host's Hyper-V interface" },
        { .name = "sev", .answers = { CONFIDENTIAL("sev-guest"), { PROPERTY("policy"), "1" } },
          .capabilities = "irqchip vm-type.sev" },
        { .name = "sev-without-a-policy", .answers = { CONFIDENTIAL("sev-guest") },
          .capabilities = "irqchip vm-type.sev" },
        { .name = "sev-es", .answers = { CONFIDENTIAL("sev-guest"), { PROPERTY("policy"), "5" } },
          .capabilities = "irqchip vm-type.sev vm-type.sev-es" },
        { .name = "sev-snp", .answers = { CONFIDENTIAL("sev-snp-guest") },
          .capabilities = "irqchip vm-type.sev vm-type.sev-es vm-type.sev-snp" },
        { .name = "tdx", .answers = { CONFIDENTIAL("tdx-guest") }, .capabilities = "irqchip vm-type.tdx" },
        { .name = "confidential-in-a-way-that-is-new", .answers = { CONFIDENTIAL("cca-guest") },
          .capabilities = "irqchip" },
        { .name = "no-kvm",
          .answers = { { "\"query-kvm\"", "{\"enabled\": false, \"present\": true}" }, { PROPERTY("monitor"), "true" },
                       { "\"qom-list\"", LIST(LAPIC("apic")) } },
          .capabilities = "irqchip", .warning = "this QEMU does not use KVM" },
        { .name = "filtered",
          .answers = { { PROPERTY("filtered-features"),
                         "[" WORD(1073741825, "EAX", 1) ", " SUBWORD(13, 0, "EAX", 1073741824) ", "
                         SUBWORD(7, 0, "EBX", 2064) ", " WORD(1, "ECX", 0) "]" } },
          .capabilities = "irqchip",
          .warning = "so the guest has not got: hle, rtm, 0xd.0:eax[30], kvm_clocksource" },
        { .name = "filtered-is-not-told", .answers = { { PROPERTY("filtered-features"), "7" } },
          .capabilities = "irqchip" },
        { .name = "a-property-that-cannot-be-read", .answers = { { PROPERTY("monitor"), "{}" } },
          .capabilities = "irqchip" },

        { .name = "no-cpu", .answers = { { "\"query-cpus-fast\"", "[]" } }, .code = QMP_ERROR_CONTENT,
          .error = "this QEMU has no CPU" },
        { .name = "cpus-are-no-list", .answers = { { "\"query-cpus-fast\"", "{}" } }, .code = QMP_ERROR_CONTENT,
          .error = "its answer to 'query-cpus-fast' is not a list" },
        { .name = "cpu-without-a-path", .answers = { { "\"query-cpus-fast\"", "[{\"cpu-index\": 0}]" } },
          .code = QMP_ERROR_CONTENT, .error = "is not a list of CPUs with their 'qom-path'" },
        { .name = "cpu-is-a-number", .answers = { { "\"query-cpus-fast\"", "[0]" } }, .code = QMP_ERROR_CONTENT,
          .error = "is not a list of CPUs with their 'qom-path'" },
        { .name = "another-architecture", .answers = { { "\"query-cpus-fast\"", CPUS("aarch64") } },
          .code = QMP_ERROR_CONTENT, .error = "this QEMU runs a machine of aarch64, expected one of x86" },
        { .name = "feature-words-are-no-list", .answers = { { PROPERTY("feature-words"), "{}" } },
          .code = QMP_ERROR_CONTENT, .error = "its answer to 'qom-get feature-words' is not a list" },
        { .name = "properties-are-no-list", .answers = { { "\"qom-list\"", "{}" } }, .code = QMP_ERROR_CONTENT,
          .error = "its answer to 'qom-list' is not a list" },
        { .name = "hangs-up-at-a-property", .answers = { { PROPERTY("amx-tile"), NULL } },
          .code = QMP_ERROR_UNREACHABLE, .error = "hung up before it answered 'qom-get amx-tile'" },
        { .name = "hangs-up-when-asked-for-its-name", .answers = { { "\"query-name\"", NULL } },
          .code = QMP_ERROR_UNREACHABLE, .error = "hung up before it answered 'query-name'" },
        { .name = "garbage-for-a-property", .answers = { { PROPERTY("hv-synic"), "tru" } }, .code = QMP_ERROR_CONTENT,
          .error = "its answer to 'qom-get hv-synic' cannot be read" },
        /* clang-format on */
};

/* Texts that are NULL are not asked for: "the whole of it is refused" is a script of its own. */
static bool read_fake(const char *const (*answers)[2], size_t n_answers, FormatInput *ret,
                      GError **error) {
        const char *pairs[PAIRS_MAX][2] = {};
        const FakeStep script[] = {
                { FAKE_SAY, FAKE_GREETING, NULL },
                { FAKE_ANSWER, NULL, pairs },
                { FAKE_END, NULL, NULL },
        };
        g_autoptr(FakeQmp) fake = fake_qmp_new(script);
        size_t n = 0;

        for (size_t i = 0; i < n_answers && answers[i][0]; i++, n++)
                memcpy(pairs[n], answers[i], sizeof(pairs[n]));
        g_assert_cmpuint(n + G_N_ELEMENTS(usual), <, PAIRS_MAX);
        memcpy(pairs[n], usual, sizeof(usual));
        return guest_qmp_read(fake_qmp_path(fake), MSEC, ret, error);
}

static char *names_of(CapabilitySet set) {
        g_autofree const char **names = capability_set_names(set);

        return g_strjoinv(" ", (char **) names);
}

static void test_case(const void *userdata) {
        const GuestCase *c = userdata;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;
        bool ok = read_fake(c->answers, G_N_ELEMENTS(c->answers), &input, &error);
        g_autofree char *capabilities = ok ? names_of(input.guest->capabilities) : NULL;

        if (c->error) {
                g_assert_error(error, QMP_ERROR, (int) c->code);
                if (!strstr(error->message, c->error))
                        g_error("'%s' is not in '%s'", c->error, error->message);
                return;
        }

        g_assert_no_error(error);
        g_assert_cmpstr(capabilities, ==, c->capabilities);
        g_assert_cmpuint(input.warnings->len, ==, c->warning ? 1 : 0);
        if (c->warning && !strstr(input.warnings->pdata[0], c->warning))
                g_error("'%s' is not in '%s'", c->warning, (char *) input.warnings->pdata[0]);
}

static Guest *guest_of(const char *const (*answers)[2], size_t n_answers) {
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        (void) read_fake(answers, n_answers, &input, &error);
        g_assert_no_error(error);
        return g_steal_pointer(&input.guest);
}

static void test_bits(void) {
        g_autoptr(Guest) guest = guest_of(NULL, 0);

        g_assert_cmpstr(guest->name, ==, "vm7");
        g_assert_cmphex(form_register(guest, 0x1, 0, REGISTER_EDX), ==, 0x11);
        g_assert_cmphex(form_register(guest, 0x40000001, 0, REGISTER_EAX), ==, 0x88);
        g_assert_cmpuint(guest->tsc_khz, ==, 0);
}

/* KVM takes PV_UNHALT from a guest whose HLT does not exit. */
static void test_cpu_pm(void) {
        static const char *const answers[][2] = { { PROPERTY("monitor"), "true" } };
        g_autoptr(Guest) guest = guest_of(answers, G_N_ELEMENTS(answers));

        g_assert_cmphex(form_register(guest, 0x40000001, 0, REGISTER_EAX), ==, 0x08);
}

static void test_hyperv(void) {
        static const char *const answers[][2] = {
                { PROPERTY("hv-relaxed"), "true" },
                { PROPERTY("hv-vendor-id"), "\"KEVIN\"" },
        };
        g_autoptr(Guest) guest = guest_of(answers, G_N_ELEMENTS(answers));

        g_assert_cmphex(form_register(guest, 0x40000001, 0, REGISTER_EAX), ==, 0x31237648);
        g_assert_cmphex(form_register(guest, 0x40000000, 0, REGISTER_EBX), ==, 0x4956454b);
        g_assert_cmphex(form_register(guest, 0x40000000, 0, REGISTER_ECX), ==, 0x4e);
        g_assert_cmphex(form_register(guest, 0x40000101, 0, REGISTER_EAX), ==, 0x88);
        g_assert_cmphex(form_register(guest, 0x40000100, 0, REGISTER_EBX), ==, 0x4b4d564b);
        g_assert_cmphex(unknown_mask(guest->unknown, 0x40000003, 0, REGISTER_EAX), ==, UINT32_MAX);
}

/* The rate is the guest's to keep only where it was promised. */
static void test_tsc(void) {
        static const char *const answers[][2] = { { PROPERTY("invtsc"), "true" } };
        g_autoptr(Guest) guest = guest_of(answers, G_N_ELEMENTS(answers));

        g_assert_cmpuint(guest->tsc_khz, ==, 2500000);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/guest-qmp/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }
        g_test_add_func("/guest-qmp/bits", test_bits);
        g_test_add_func("/guest-qmp/cpu-pm-and-pv-unhalt", test_cpu_pm);
        g_test_add_func("/guest-qmp/hyperv-comes-first", test_hyperv);
        g_test_add_func("/guest-qmp/tsc", test_tsc);
        return g_test_run();
}
