/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What libcpuidd makes of an answer to Trial: fake-cpuidd is on the bus, and says what each test
 * wants. tests/bus/trial-client.test starts both. */

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "client/lib/cpuidd.h"
#include "tests/bus/call.h"

static CpuiddHost *open_host(const char *scenario) {
        g_autoptr(GError) error = NULL;
        CpuiddHost *host = cpuidd_host_connect(CPUIDD_BUS_SYSTEM, NULL, &error);

        g_assert_no_error(error);
        sd_bus_message_unref(call_ask("Scenario", "s", scenario));
        return host;
}

static CpuiddGuest *make_guest(void) {
        const uint32_t words[] = { 0, 0, 0, 1, 0x756e6547, 0x6c65746e, 0x49656e69 };
        g_autoptr(GError) error = NULL;
        CpuiddGuest *guest = cpuidd_guest_new_from_words("vm1", words, G_N_ELEMENTS(words), &error);

        g_assert_no_error(error);
        return guest;
}

static CpuiddTrial *try(const char *scenario) {
        g_autoptr(CpuiddHost) host = open_host(scenario);
        g_autoptr(CpuiddGuest) guest = make_guest();
        g_autoptr(GError) error = NULL;
        CpuiddTrial *trial = cpuidd_host_try(host, guest, CPUIDD_TRY_DEFAULT, &error);

        g_assert_no_error(error);
        return trial;
}

static CpuiddTrial *try_self(void) {
        g_autoptr(CpuiddHost) host = open_host("self");
        g_autoptr(GError) error = NULL;
        CpuiddTrial *trial = cpuidd_host_try_self(host, CPUIDD_TRY_DEFAULT, &error);

        g_assert_no_error(error);
        return trial;
}

static void assert_names(const char *const *names, const char *expected) {
        g_autofree char *joined = g_strjoinv(" ", (char **) names);

        g_assert_cmpstr(joined, ==, expected);
}

static const struct {
        const char *scenario;
        const char *outcome;
        size_t n_places;
        size_t n_contradictions;
        const char *verdict;
        uint32_t n_tables;
} answers[] = {
        { "ordinary", "changed", 7, 0, "needs-capabilities", 1 },
        { "kept", "kept", 0, 0, "needs-capabilities", 1 },
        { "refused", "refused", 2, 0, "needs-capabilities", 1 },
        { "contradiction", "kept", 7, 2, "needs-capabilities", 1 },
        { "empty", "kept", 0, 0, NULL, 0 },
        { "later", "kept", 7, 0, "needs-capabilities", 1 },
        { "unknown-words", "postponed", 2, 0, "needs-capabilities", 1 },
};

static void test_answers(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
                g_autoptr(CpuiddTrial) trial = try(answers[i].scenario);

                g_test_message("%s", answers[i].scenario);
                g_assert_cmpstr(cpuidd_trial_get_outcome(trial), ==, answers[i].outcome);
                g_assert_cmpstr(cpuidd_trial_get_verdict(trial), ==, answers[i].verdict);
                g_assert_cmpstr(cpuidd_trial_get_guest(trial), ==, "vm1");
                g_assert_cmpstr(cpuidd_trial_get_host(trial), ==, g_get_host_name());
                g_assert_cmpuint(cpuidd_trial_get_n_places(trial), ==, answers[i].n_places);
                g_assert_cmpuint(cpuidd_trial_get_n_contradictions(trial), ==,
                                 answers[i].n_contradictions);
                g_assert_cmpuint(cpuidd_trial_get_n_tables(trial), ==, answers[i].n_tables);
                g_assert_null(cpuidd_trial_get_place(trial, answers[i].n_places));
                g_assert_null(cpuidd_trial_get_contradiction(trial, answers[i].n_contradictions));
        }
}

static void test_content(void) {
        g_autoptr(CpuiddTrial) trial = try("contradiction");
        g_autoptr(CpuiddTrial) again = cpuidd_trial_ref(trial);
        const CpuiddTrialPlace *place = cpuidd_trial_get_place(again, 3);
        const CpuiddContradiction *contradiction = cpuidd_trial_get_contradiction(trial, 0);

        assert_names(cpuidd_trial_get_capabilities(trial), "irqchip disable-exits.mwait");
        assert_names(cpuidd_trial_get_needs(trial), "hyperv !pmu.disable");
        g_assert_true(g_str_has_prefix(cpuidd_trial_get_fingerprint(trial), "sha256:0123"));

        g_assert_cmpstr(place->where, ==, "0x7.0:ecx[16]");
        g_assert_cmpstr(place->field, ==, "la57");
        g_assert_cmpstr(place->rule, ==, "feature");
        g_assert_cmpstr(place->severity, ==, "warning");
        g_assert_cmpstr(place->outcome, ==, "changed");
        g_assert_cmpuint(place->set, ==, 1);
        g_assert_cmpuint(place->back, ==, 0);
        g_assert_cmpuint(place->leaf, ==, 7);
        g_assert_cmpuint(place->reg, ==, 2);
        g_assert_cmpuint(place->low, ==, 16);
        g_assert_cmpuint(place->high, ==, 16);
        g_assert_cmpstr(cpuidd_trial_get_place(trial, 6)->where, ==, "msr 0x10a[5]");
        g_assert_cmpstr(cpuidd_trial_get_place(trial, 1)->message, ==, "");

        g_assert_cmpstr(contradiction->kind, ==, "rewritten");
        g_assert_cmpstr(contradiction->where, ==, "0x7.0:ecx[16]");
        g_assert_null(contradiction->subject);
        g_assert_cmpuint(contradiction->set, ==, 1);
}

static void test_self(void) {
        g_autoptr(CpuiddTrial) trial = try_self();
        const CpuiddContradiction *contradiction = cpuidd_trial_get_contradiction(trial, 1);

        g_assert_null(cpuidd_trial_get_guest(trial));
        g_assert_null(cpuidd_trial_get_verdict(trial));
        assert_names(cpuidd_trial_get_needs(trial), "");
        g_assert_cmpuint(cpuidd_trial_get_n_tables(trial), ==, 7168);
        g_assert_cmpuint(cpuidd_trial_get_n_places(trial), ==, 0);
        g_assert_cmpstr(contradiction->where, ==, "disable-exits.hlt");
        g_assert_cmpstr(contradiction->subject, ==, "capability disable-exits.hlt");
}

static void test_json(void) {
        g_autoptr(CpuiddTrial) guest = try("refused"), self = try_self(), empty = try("empty");
        g_autofree char *of_guest = cpuidd_trial_to_json(guest, CPUIDD_JSON_SHORT);
        g_autofree char *of_self = cpuidd_trial_to_json(self, CPUIDD_JSON_SHORT);
        g_autofree char *of_empty = cpuidd_trial_to_json(empty, CPUIDD_JSON_PRETTY);
        g_autofree char *host = g_strdup_printf("\"host\":\"%s\"", g_get_host_name());
        g_auto(GStrv) around = g_strsplit(of_guest, host, 2);

        g_assert_cmpstr(around[0], ==,
                        "{\"schema\":\"cpuidd.trial/1\",\"outcome\":\"refused\","
                        "\"guest\":\"vm1\",");
        g_assert_cmpstr(
                around[1], ==,
                ",\"fingerprint\":\"sha256:"
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
                "\"capabilities\":[\"irqchip\",\"disable-exits.mwait\"],"
                "\"verdict\":\"needs-capabilities\",\"needs\":[\"hyperv\",\"!pmu.disable\"],"
                "\"tables\":1,\"places\":[{\"where\":\"0x80000008.0:eax[15:8]\","
                "\"field\":\"linear_address_width\",\"rule\":\"at-most\",\"severity\":\"error\","
                "\"outcome\":\"refused\",\"set\":\"0xff\",\"back\":\"0x0\",\"message\":"
                "\"KVM_SET_CPUID2 refuses 255 bits of linear address (EINVAL): it takes 0, 48 or "
                "57\"},{\"where\":\"xcomp.amx\",\"field\":\"xcomp.amx\",\"rule\":\"\","
                "\"severity\":\"error\",\"outcome\":\"refused\",\"set\":\"0x1\",\"back\":\"0x0\","
                "\"message\":\"ARCH_REQ_XCOMP_GUEST_PERM is refused (EPERM)\"}],"
                "\"contradictions\":[]}");

        g_assert_nonnull(strstr(of_self, "\"guest\":null,"));
        g_assert_nonnull(strstr(of_self,
                                "\"verdict\":null,\"needs\":[],\"tables\":7168,"
                                "\"places\":[],\"contradictions\":["));
        g_assert_nonnull(strstr(of_self,
                                "\"kind\":\"forced\",\"subject\":\"without avx2\","
                                "\"set\":\"0x0\",\"back\":\"0x0\",\"message\":"));
        g_assert_null(strstr(of_empty, "fingerprint"));
        g_assert_nonnull(strstr(of_empty, "\n  \"verdict\" : null,\n  \"needs\" : [],\n"));
}

static const struct {
        const char *scenario;
        CpuiddError code;
        const char *text;
} refusals[] = {
        { "trial", CPUIDD_ERROR_FAILED, "KVM gives no virtual CPU: KVM_CREATE_VCPU: EIO" },
        { "busy", CPUIDD_ERROR_FAILED, "32 trials wait already" },
        { "not-ready", CPUIDD_ERROR_NOT_READY, "open /dev/kvm: No such file" },
        { "denied", CPUIDD_ERROR_DENIED, "a trial needs root or the group kvm" },
        { "interactive", CPUIDD_ERROR_DENIED, "a password is needed" },
        { "table", CPUIDD_ERROR_INPUT, "row 3: is there twice" },
        { "capability", CPUIDD_ERROR_INPUT, "there is no 'x'" },
        { "option", CPUIDD_ERROR_INPUT, "there is no option 'x'" },
        { "large", CPUIDD_ERROR_INPUT, "has 257 rows" },
        { "no-member", CPUIDD_ERROR_PROTOCOL, "Unknown method Trial" },
        { "arguments", CPUIDD_ERROR_PROTOCOL, "'strict' is a text" },
        { "strange-error", CPUIDD_ERROR_FAILED, "two lines" },
        { "error-without-words", CPUIDD_ERROR_FAILED, "Trial: com.example.Error" },
        { "text-alone", CPUIDD_ERROR_PROTOCOL, "the daemon's answer to Trial cannot be read" },
        { "other-places", CPUIDD_ERROR_PROTOCOL, "the daemon's answer to Trial cannot be read" },
        { "no-register", CPUIDD_ERROR_PROTOCOL, "the daemon's answer to Trial cannot be read" },
        { "no-bit", CPUIDD_ERROR_PROTOCOL, "the daemon's answer to Trial cannot be read" },
        { "no-range", CPUIDD_ERROR_PROTOCOL, "the daemon's answer to Trial cannot be read" },
        { "no-place-of-a-contradiction", CPUIDD_ERROR_PROTOCOL, "is it of another version?" },
        { "detail-of-another-type", CPUIDD_ERROR_PROTOCOL, "is it of another version?" },
        { "vanish", CPUIDD_ERROR_UNREACHABLE, "cpuidd went away before it answered Trial" },
};

/* The last one is the end of the service. */
static void test_refusals(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
                g_autoptr(CpuiddHost) host = open_host(refusals[i].scenario);
                g_autoptr(CpuiddGuest) guest = make_guest();
                g_autoptr(GError) error = NULL;

                g_test_message("%s", refusals[i].scenario);
                g_assert_null(cpuidd_host_try(host, guest, CPUIDD_TRY_DEFAULT, &error));
                g_assert_error(error, CPUIDD_ERROR, (int) refusals[i].code);
                if (!strstr(error->message, refusals[i].text))
                        g_test_message("'%s' is not in '%s'", refusals[i].text, error->message);
                g_assert_nonnull(strstr(error->message, refusals[i].text));
        }
}

/* It is tried as what it becomes with what the host offers. */
static void test_template(void) {
        static const char text[] =
                "{\"cpuid_modifiers\": [{\"leaf\": \"0x1\", \"subleaf\": \"0x0\", \"flags\": 0, "
                "\"modifiers\": [{\"register\": \"ecx\", \"bitmap\": \"0b1xxx\"}]}]}";
        g_autoptr(CpuiddHost) host = open_host("kept");
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddGuest) template =
                cpuidd_guest_read_bytes("template", text, sizeof(text) - 1, NULL, &error);
        g_autoptr(CpuiddTrial) trial = NULL;

        g_assert_no_error(error);
        g_assert_true(cpuidd_guest_is_template(template));
        trial = cpuidd_host_try(host, template, CPUIDD_TRY_STRICT, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(cpuidd_trial_get_guest(trial), ==, "template");
}

static void test_interactive(void) {
        g_autoptr(CpuiddHost) host = open_host("kept");
        g_autoptr(GError) error = NULL;

        for (int i = 0; i < 3; i++) {
                g_autoptr(CpuiddTrial) trial = NULL;

                cpuidd_host_set_interactive(host, i == 1);
                trial = cpuidd_host_try_self(host, CPUIDD_TRY_DEFAULT, &error);
                g_assert_no_error(error);
        }
        cpuidd_host_set_interactive(host, true);
        g_assert_true(cpuidd_host_refresh(host, NULL, &error));
        g_assert_no_error(error);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);

        g_test_add_func("/trial-client/interactive", test_interactive);
        g_test_add_func("/trial-client/template", test_template);
        g_test_add_func("/trial-client/answers", test_answers);
        g_test_add_func("/trial-client/content", test_content);
        g_test_add_func("/trial-client/self", test_self);
        g_test_add_func("/trial-client/json", test_json);
        g_test_add_func("/trial-client/refusals", test_refusals);

        r = g_test_run();
        sd_bus_flush_close_unref(call_bus);
        return r;
}
