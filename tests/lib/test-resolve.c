/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates become guests where they meet a host */

#include <string.h>

#include <glib.h>

#include "client/lib/cpuidd.h"
#include "tests/lib/support.h"

/* Leaf 7, register EBX */
#define RDSEED (UINT32_C(1) << 18)

#define TEMPLATE(rows, msrs) "{\"cpuid_modifiers\": [" rows "], \"msr_modifiers\": [" msrs "]}"
#define ROW(leaf, flags, reg, bits)                                        \
        "{\"leaf\": \"" leaf "\", \"subleaf\": \"0x0\", \"flags\": " flags \
        ", \"modifiers\": [{\"register\": \"" reg "\", \"bitmap\": \"0b" bits "\"}]}"
#define WITHOUT_RDSEED ROW("0x7", "1", "ebx", "0xxxxxxxxxxxxxxxxxx")
#define WITH_MONITOR ROW("0x1", "0", "ecx", "1xxx")

static CpuiddGuest *read_guest(const char *text) {
        g_autoptr(GError) error = NULL;
        CpuiddGuest *guest =
                cpuidd_guest_read_bytes("small.json", text, strlen(text), NULL, &error);

        g_assert_no_error(error);
        return guest;
}

static uint32_t get_register(const uint32_t *words, size_t n, uint32_t leaf, unsigned reg) {
        for (size_t i = 0; i < n; i += 7)
                if (words[i] == leaf && words[i + 1] == 0)
                        return words[i + 3 + reg];

        return 0;
}

/* Bits that it decides are its own, all others what the host offers. */
static void test_table(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) template = read_guest(TEMPLATE(WITHOUT_RDSEED, "")), guest = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree uint32_t *offer = NULL;
        const uint32_t *words;
        size_t n, n_offer;

        g_assert_true(cpuidd_guest_is_template(template));
        guest = cpuidd_guest_resolve(template, host, &error);
        g_assert_no_error(error);
        g_assert_false(cpuidd_guest_is_template(guest));
        g_assert_cmpstr(cpuidd_guest_get_name(guest), ==, "small.json");

        words = cpuidd_guest_get_words(guest, &n);
        offer = cpuidd_host_get_cpuid(host, NULL, &n_offer, &error);
        g_assert_cmpuint(n, ==, n_offer);
        g_assert_cmphex(get_register(offer, n, 7, 1) & RDSEED, ==, RDSEED);
        g_assert_cmphex(get_register(words, n, 7, 1), ==, get_register(offer, n, 7, 1) & ~RDSEED);
        g_assert_cmphex(get_register(words, n, 1, 2), ==, get_register(offer, n, 1, 2));
}

/* What a guest has is not asked for again. */
static void test_no_template(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) guest =
                read_guest("{\"schema\": \"cpuidd.guest/1\", \"cpuid\": []}");
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddGuest) same = cpuidd_guest_resolve(guest, host, &error);

        g_assert_no_error(error);
        g_assert_true(same == guest);
}

typedef struct CheckCase {
        const char *name;
        const char *template;
        const char *enable;
        const char *word;
        const char *where; /* of the first finding that is no note */
} CheckCase;

static const CheckCase check_cases[] = {
        { "changes-nothing", TEMPLATE("", ""), NULL, "supported", NULL },
        { "takes-a-feature", TEMPLATE(WITHOUT_RDSEED, ""), NULL, "supported", NULL },
        { "adds-one-of-a-capability", TEMPLATE(WITH_MONITOR, ""), NULL, "needs-capabilities",
          "0x1.0:ecx[3]" },
        { "the-capability-is-enabled", TEMPLATE(WITH_MONITOR, ""), "disable-exits.mwait",
          "supported", NULL },
        { "adds-a-promise-in-an-msr", TEMPLATE("", "{\"addr\": \"0x10a\", \"bitmap\": \"0b1\"}"),
          NULL, "unsupported", "msr 0x10a[0]" },
        { "leaves-an-msr-to-the-host", TEMPLATE("", "{\"addr\": \"0x10a\", \"bitmap\": \"0bx\"}"),
          NULL, "supported", NULL },
        { "adds-what-the-host-lacks", TEMPLATE(ROW("0x12", "1", "eax", "1"), ""), NULL,
          "unsupported", "0x12.0:eax[0]" },
};

static void test_check(const void *data) {
        const CheckCase *c = data;
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) template = read_guest(c->template);
        g_autoptr(CpuiddVerdict) verdict = NULL;
        g_autoptr(GError) error = NULL;

        if (c->enable)
                g_assert_true(cpuidd_guest_enable(template, c->enable, &error));
        verdict = cpuidd_host_check(host, template, 0, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(cpuidd_verdict_get_word(verdict), ==, c->word);
        g_assert_cmpstr(cpuidd_verdict_get_guest(verdict), ==, "small.json");

        for (size_t i = 0; i < cpuidd_verdict_get_n_findings(verdict); i++) {
                const CpuiddFinding *finding = cpuidd_verdict_get_finding(verdict, i);

                if (g_str_equal(finding->severity, "note"))
                        continue;
                g_assert_cmpstr(finding->where, ==, c->where);
                return;
        }
        g_assert_null(c->where);
}

/* What it decides of a MSR is the guest's, on a host that does not tell its own, too. */
static void test_host_without_msrs(void) {
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "cases", "hosts",
                                                      "bare-cascadelake-6.6.json", NULL);
        g_autoptr(CpuiddGuest) template =
                read_guest(TEMPLATE("", "{\"addr\": \"0x10a\", \"bitmap\": \"0b1x1\"}")),
                               guest = NULL, changed = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host = cpuidd_host_new_from_file(path, NULL, &error);
        g_auto(GStrv) unknown = NULL, none = NULL;
        uint64_t value = 0;

        g_assert_no_error(error);
        guest = cpuidd_guest_resolve(template, host, &error);
        g_assert_no_error(error);
        g_assert_true(cpuidd_guest_get_msr(guest, 0x10a, &value));
        g_assert_cmphex(value, ==, 5);
        unknown = cpuidd_guest_get_unknown(guest);
        g_assert_cmpuint(g_strv_length(unknown), ==, 2);
        g_assert_cmpstr(unknown[0], ==, "msr 0x10a[1]");
        g_assert_cmpstr(unknown[1], ==, "msr 0x10a[63:3]");

        cpuidd_guest_set_msr(template, 0x10a, 8);
        changed = cpuidd_guest_resolve(template, host, &error);
        g_assert_no_error(error);
        none = cpuidd_guest_get_unknown(changed);
        g_assert_cmpuint(g_strv_length(none), ==, 0);
}

/* What was set of a template is set of the guest. */
static void test_keeps(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) template = read_guest(TEMPLATE("", "")), guest = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) capabilities = NULL;
        g_autofree char *joined = NULL;
        uint64_t value = 0;

        cpuidd_guest_set_name(template, "a/b");
        cpuidd_guest_set_tsc_khz(template, 2000000);
        cpuidd_guest_set_msr(template, 0x10a, 5);
        g_assert_true(cpuidd_guest_enable(template, "hyperv", &error));
        guest = cpuidd_guest_resolve(template, host, &error);
        g_assert_no_error(error);

        capabilities = cpuidd_guest_get_capabilities(guest);
        joined = g_strjoinv(" ", capabilities);
        g_assert_cmpstr(joined, ==, "irqchip hyperv");
        g_assert_cmpstr(cpuidd_guest_get_name(guest), ==, "a/b");
        g_assert_cmpuint(cpuidd_guest_get_tsc_khz(guest), ==, 2000000);
        g_assert_true(cpuidd_guest_get_msr(guest, 0x10a, &value));
        g_assert_cmphex(value, ==, 5);
}

static void test_too_many_rows(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(GString) text = g_string_new("{\"cpuid_modifiers\": [");
        g_autoptr(CpuiddGuest) template = NULL;
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i < 250; i++)
                g_string_append_printf(text, "%s" ROW("%u", "0", "eax", "1"), i > 0 ? "," : "",
                                       0x1000 + i);
        g_string_append(text, "]}");
        template = read_guest(text->str);
        g_assert_null(cpuidd_host_check(host, template, 0, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, "small.json: a table of "));
        g_assert_nonnull(strstr(error->message, "KVM takes at most 256"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
                g_autofree char *name = g_strdup_printf("/resolve/check/%s", check_cases[i].name);

                g_test_add_data_func(name, &check_cases[i], test_check);
        }

        g_test_add_func("/resolve/table", test_table);
        g_test_add_func("/resolve/no-template", test_no_template);
        g_test_add_func("/resolve/host-without-msrs", test_host_without_msrs);
        g_test_add_func("/resolve/keeps-what-was-set", test_keeps);
        g_test_add_func("/resolve/too-many-rows", test_too_many_rows);

        return g_test_run();
}
