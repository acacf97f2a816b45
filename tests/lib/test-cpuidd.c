/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcpuidd as a program has it: through its header alone, without a daemon */

#include <string.h>

#include <glib.h>

#include "client/lib/cpuidd.h"
#include "tests/lib/support.h"

typedef struct CheckCase {
        const char *name;
        uint32_t features;
        const char *enable;
        CpuiddCheckFlags flags;
        const char *word;
        const char *needs;
        size_t n_errors;
} CheckCase;

static const CheckCase check_cases[] = {
        { "has-all", SSSE3, NULL, 0, "supported", NULL, 0 },
        { "mwait-not-enabled", MONITOR, NULL, 0, "needs-capabilities", "disable-exits.mwait", 1 },
        { "mwait-enabled", MONITOR, "disable-exits.mwait", 0, "supported", NULL, 0 },
        { "nobody-offers-it", MONITOR | XTPR, NULL, 0, "unsupported", NULL, 2 },
        { "verdict-only", MONITOR, NULL, CPUIDD_CHECK_VERDICT_ONLY, "needs-capabilities",
          "disable-exits.mwait", 0 },
};

static void test_check(const void *data) {
        const CheckCase *c = data;
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) guest = test_small_guest(c->features);
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddVerdict) verdict = NULL;

        if (c->enable)
                g_assert_true(cpuidd_guest_enable(guest, c->enable, &error));

        verdict = cpuidd_host_check(host, guest, c->flags, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(cpuidd_verdict_get_word(verdict), ==, c->word);
        g_assert_cmpstr(cpuidd_verdict_get_needs(verdict)[0], ==, c->needs);
        g_assert_cmpuint(cpuidd_verdict_get_n_errors(verdict), ==, c->n_errors);
        g_assert_cmpstr(cpuidd_verdict_get_guest(verdict), ==, "small");
        g_assert_cmpstr(cpuidd_verdict_get_host(verdict), ==, "skylake-sp-6.1");
        g_assert_true(cpuidd_verdict_is_supported(verdict) == g_str_equal(c->word, "supported"));
}

static void test_finding(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) guest = test_small_guest(MONITOR);
        g_autoptr(CpuiddVerdict) verdict = cpuidd_host_check(host, guest, 0, NULL);
        const CpuiddFinding *finding = cpuidd_verdict_get_finding(verdict, 0);

        g_assert_cmpstr(finding->where, ==, "0x1.0:ecx[3]");
        g_assert_cmpstr(finding->field, ==, "monitor");
        g_assert_cmpstr(finding->severity, ==, "error");
        g_assert_cmpstr(finding->cause, ==, "capability");
        g_assert_cmpstr(finding->remedy[0], ==, "disable-exits.mwait");
        g_assert_cmpuint(finding->leaf, ==, 1);
        g_assert_cmpuint(finding->reg, ==, 2);
        g_assert_cmpuint(finding->low, ==, 3);
        g_assert_cmpuint(finding->guest, ==, 1);
        g_assert_cmpuint(finding->host, ==, 0);
        g_assert_null(cpuidd_verdict_get_finding(verdict, cpuidd_verdict_get_n_findings(verdict)));
}

static void test_strict(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) guest = test_small_guest(SSSE3);
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddVerdict) verdict = NULL, strict = NULL;

        /* Without leaf 7 it is not told of what this processor lacks, and SSSE3 needs SSE3. */
        verdict = cpuidd_host_check(host, guest, 0, &error);
        strict = cpuidd_host_check(host, guest, CPUIDD_CHECK_STRICT, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(cpuidd_verdict_get_n_warnings(verdict), ==, 3);
        g_assert_true(cpuidd_verdict_is_supported(verdict));
        g_assert_cmpuint(cpuidd_verdict_get_n_warnings(strict), ==, 0);
        g_assert_cmpuint(cpuidd_verdict_get_n_errors(strict), ==, 3);
        g_assert_false(cpuidd_verdict_is_supported(strict));
}

static void test_check_many(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) first = test_small_guest(SSSE3), second = test_small_guest(MONITOR);
        CpuiddGuest *const guests[] = { first, second };
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) verdicts = cpuidd_host_check_many(host, guests, 2, 0, &error);
        g_autofree char *array = cpuidd_verdicts_to_json(verdicts, CPUIDD_JSON_PRETTY);
        g_autofree char *lines = cpuidd_verdicts_to_json(verdicts, CPUIDD_JSON_SHORT);

        g_assert_no_error(error);
        g_assert_cmpuint(verdicts->len, ==, 2);
        g_assert_true(cpuidd_verdict_is_supported(verdicts->pdata[0]));
        g_assert_false(cpuidd_verdict_is_supported(verdicts->pdata[1]));
        g_assert_true(g_str_has_prefix(array, "[\n") && g_str_has_suffix(array, "]"));
        g_assert_nonnull(strstr(lines, "}\n{"));
}

/* What a guest is written as is read as the same guest. */
static void test_guest_round_trip(void) {
        g_autoptr(CpuiddGuest) guest = test_small_guest(MONITOR), again = NULL;
        g_autofree char *json = NULL, *json_again = NULL;
        g_autoptr(GError) error = NULL;
        const uint32_t *words, *words_again;
        size_t n, n_again;
        uint64_t msr;

        cpuidd_guest_set_name(guest, "with \"quotes\" and \xc3\xa9");
        cpuidd_guest_set_msr(guest, 0x10a, UINT64_C(0x400000000c08e0eb));
        cpuidd_guest_set_tsc_khz(guest, 2000000);
        g_assert_true(cpuidd_guest_enable(guest, "hyperv.synic", &error));

        json = cpuidd_guest_to_json(guest, CPUIDD_JSON_PRETTY);
        again = cpuidd_guest_read_bytes("again", json, strlen(json), NULL, &error);
        g_assert_no_error(error);
        json_again = cpuidd_guest_to_json(again, CPUIDD_JSON_PRETTY);
        g_assert_cmpstr(json, ==, json_again);

        words = cpuidd_guest_get_words(guest, &n);
        words_again = cpuidd_guest_get_words(again, &n_again);
        g_assert_cmpmem(words, n * sizeof(uint32_t), words_again, n_again * sizeof(uint32_t));
        g_assert_true(cpuidd_guest_get_msr(again, 0x10a, &msr));
        g_assert_cmphex(msr, ==, UINT64_C(0x400000000c08e0eb));
        g_assert_false(cpuidd_guest_get_msr(again, 0x10b, &msr));
        g_assert_cmpuint(cpuidd_guest_get_tsc_khz(again), ==, 2000000);
        test_assert_names(cpuidd_guest_get_capabilities(again), "irqchip hyperv.synic");
}

/* A host, written in either form, is the same host when it is read. */
static void test_host_round_trip(const void *data) {
        g_autofree char *path = test_source_path("cases", data);
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host = cpuidd_host_new_from_file(path, NULL, &error);
        g_autoptr(CpuiddHost) from_json = NULL, from_recording = NULL;
        g_autofree char *json = NULL, *recording = NULL, *json_again = NULL;
        g_autofree char *fingerprint = NULL, *of_json = NULL, *of_recording = NULL;

        g_assert_no_error(error);
        json = cpuidd_host_get_profile(host, CPUIDD_JSON_SHORT, &error);
        recording = cpuidd_host_get_recording(host, &error);
        from_json = cpuidd_host_new_from_bytes("json", json, strlen(json), NULL, &error);
        g_assert_no_error(error);
        from_recording =
                cpuidd_host_new_from_bytes("recording", recording, strlen(recording), NULL, &error);
        g_assert_no_error(error);

        fingerprint = test_fingerprint_of(host);
        of_json = test_fingerprint_of(from_json);
        of_recording = test_fingerprint_of(from_recording);
        g_assert_true(g_str_has_prefix(fingerprint, "sha256:"));
        g_assert_cmpstr(of_json, ==, fingerprint);
        g_assert_cmpstr(of_recording, ==, fingerprint);

        json_again = cpuidd_host_get_profile(from_json, CPUIDD_JSON_SHORT, &error);
        g_assert_cmpstr(json_again, ==, json);
}

/* What a host gives is what a guest of it may have. */
static void test_cpuid(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        const char *const capabilities[] = { "irqchip", "disable-exits.mwait", NULL };
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddGuest) guest = NULL;
        g_autoptr(CpuiddVerdict) verdict = NULL;
        g_autofree uint32_t *words = NULL;
        size_t n;

        words = cpuidd_host_get_cpuid(host, capabilities, &n, &error);
        g_assert_no_error(error);
        guest = cpuidd_guest_new_from_words("own", words, n, &error);
        g_assert_no_error(error);
        g_assert_true(cpuidd_guest_set_capabilities(guest, capabilities, &error));

        verdict = cpuidd_host_check(host, guest, CPUIDD_CHECK_STRICT, &error);
        g_assert_true(cpuidd_verdict_is_supported(verdict));
        g_assert_cmpuint(cpuidd_verdict_get_n_warnings(verdict), ==, 0);
}

static const CpuiddOfferField *find_field(const CpuiddOffer *offer, const char *name) {
        for (size_t i = 0; i < offer->leaves->len; i++) {
                const CpuiddOfferLeaf *leaf = offer->leaves->pdata[i];

                for (size_t j = 0; j < leaf->fields->len; j++) {
                        const CpuiddOfferField *field = leaf->fields->pdata[j];

                        if (g_str_equal(field->name, name))
                                return field;
                }
        }

        return NULL;
}

static void test_offer(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddOffer) offer = cpuidd_host_get_offer(host, NULL, &error);
        const CpuiddOfferField *field;

        g_assert_no_error(error);
        field = find_field(offer, "vendor");
        g_assert_cmpstr(field->text, ==, "GenuineIntel");
        g_assert_false(field->is_flag || field->is_changed);
        field = find_field(offer, "tsc_deadline_timer");
        g_assert_cmpstr(field->place, ==, "0x1.0:ecx[24]");
        g_assert_true(field->is_flag && field->is_set && field->is_changed);
        g_assert_cmpuint(field->kvm, ==, 0);
        g_assert_cmpstr(find_field(offer, "clflush_size")->text, ==, "64 bytes");
}

static void test_capabilities(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = cpuidd_host_list_capabilities(host, true, &error);
        g_auto(GStrv) names = cpuidd_list_capabilities();
        g_autofree char *json = NULL;

        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, g_strv_length(names));
        for (size_t i = 0; i < list->len; i++) {
                const CpuiddCapability *capability = list->pdata[i];
                const CpuiddOperation *first =
                        capability->operations->len > 0 ? capability->operations->pdata[0] : NULL;

                g_assert_cmpstr(capability->name, ==, names[i]);
                g_assert_true(capability->is_default == g_str_equal(names[i], "irqchip"));
                if (!g_str_equal(names[i], "disable-exits.mwait"))
                        continue;
                g_assert_cmpint(capability->has, ==, CPUIDD_KNOWN_YES);
                g_assert_cmphex(capability->value, ==, 0xf);
                g_assert_cmpstr(first->operation, ==, "grant");
                g_assert_cmpstr(first->field, ==, "monitor");
                g_assert_cmpstr(capability->enabling, ==,
                                "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS, 0x1) on the VM");
        }

        json = cpuidd_capabilities_to_json(list, CPUIDD_JSON_SHORT);
        g_assert_nonnull(strstr(json,
                                "\"requires\":[],\"enabling\":\"KVM_ENABLE_CAP("
                                "KVM_CAP_X86_DISABLE_EXITS, 0x1) on the VM\",\"delta\":["));
}

static void test_capabilities_change(void) {
        const char *const mwait[] = { "disable-exits.mwait", NULL };
        const char *const synic[] = { "hyperv.synic", "irqchip", NULL };
        const char *const hyperv[] = { "hyperv", NULL };
        const char *const unknown[] = { "mwait", NULL };
        const char *const none[] = { NULL };
        g_autoptr(GError) error = NULL;

        test_assert_names(cpuidd_capabilities_change(NULL, mwait, NULL, NULL),
                          "irqchip disable-exits.mwait");
        test_assert_names(cpuidd_capabilities_change(none, NULL, NULL, NULL), "");
        test_assert_names(cpuidd_capabilities_change(none, synic, NULL, NULL),
                          "irqchip hyperv.synic");
        test_assert_names(cpuidd_capabilities_change(none, synic, hyperv, NULL), "irqchip");
        test_assert_names(cpuidd_capabilities_change(NULL, mwait, mwait, NULL), "irqchip");
        g_assert_null(cpuidd_capabilities_change(NULL, unknown, NULL, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_nonnull(strstr(error->message, "did you mean 'disable-exits.mwait'"));
}

static void test_explain(void) {
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddExplanation) explanation = cpuidd_explain(host, "7.0.ebx.6", &error);
        const CpuiddParagraph *first;

        g_assert_no_error(error);
        first = explanation->paragraphs->pdata[0];
        g_assert_cmpstr(explanation->topic, ==, "7.0.ebx.6");
        g_assert_cmpstr(first->title, ==, "field");
        g_assert_cmpstr(first->text, ==, "0x7.0:ebx[6] fdp_excptn_only");

        g_assert_null(cpuidd_explain(NULL, "fdp_excptn", &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_nonnull(strstr(error->message, "did you mean fdp_excptn_only?"));
}

typedef struct BadCase {
        const char *name;
        const char *text;
        const char *form;
        const char *message; /* the whole of it, but for a list of forms */
} BadCase;

static const BadCase bad_cases[] = {
        { "empty", "", NULL, "f: is empty, expected a guest, a host profile or a CPUID dump" },
        { "no-number",
          "{\"schema\":\"cpuidd.guest/1\",\"cpuid\":[{\"leaf\":7,\"eax\":0,\"ebx\":\"x\"}]}", NULL,
          "f: leaf 0x7 sub-leaf 0: 'ebx' is not a number" },
        { "no-table", "{\"schema\":\"cpuidd.guest/1\"}", NULL, "f: 'cpuid' is missing" },
        { "dropped-leaf",
          "{\"schema\":\"cpuidd.host/1\",\"supported\":[],\"dropped\":[\"0x1d.0\",\"0x1e\"]}", NULL,
          "f: 'dropped': expected a row such as 0x1d.0, not '0x1e', and at most 256 of them" },
        { "forced-no-number",
          "{\"schema\":\"cpuidd.host/1\",\"supported\":[],\"forced_off\":[{\"leaf\":7,\"eax\":0,\"ebx\":\"x\"}]}",
          NULL, "f: 'forced_off': leaf 0x7 sub-leaf 0: 'ebx' is not a number" },
        { "view-forced-no-object",
          "{\"schema\":\"cpuidd.host/1\",\"supported\":[],\"view_forced\":[]}", NULL,
          "f: 'view_forced' is not an object" },
        { "view-forced-view-no-object",
          "{\"schema\":\"cpuidd.host/1\",\"supported\":[],\"view_forced\":{\"xcomp.amx\":7}}", NULL,
          "f: 'view_forced': 'xcomp.amx' is not an object" },
        { "view-forced-no-number",
          "{\"schema\":\"cpuidd.host/1\",\"supported\":[],"
          "\"view_forced\":{\"xcomp.amx\":{\"on\":[{\"leaf\":7,\"eax\":0,\"ebx\":\"x\"}]}}}",
          NULL, "f: 'view_forced': 'xcomp.amx': 'on': leaf 0x7 sub-leaf 0: 'ebx' is not a number" },
        { "unknown-form", "x", "xml",
          "f: there is no form 'xml', expected one of: recording, host, guest" },
};

static void test_bad(const void *data) {
        const BadCase *c = data;
        CpuiddReadOptions options = CPUIDD_READ_OPTIONS_DEFAULT;
        g_autoptr(GError) error = NULL, host_error = NULL;

        options.form = c->form;
        g_assert_null(cpuidd_guest_read_bytes("f", c->text, strlen(c->text), &options, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_true(g_str_has_prefix(error->message, c->message));
        g_assert_null(
                cpuidd_host_new_from_bytes("f", c->text, strlen(c->text), &options, &host_error));
        g_assert_error(host_error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_true(g_str_has_prefix(host_error->message, c->message));
}

static void test_errors(void) {
        g_autofree uint32_t *many = g_new0(uint32_t, 257 * 7);
        g_autoptr(CpuiddHost) host = test_skylake();
        g_autoptr(CpuiddGuest) guest = test_small_guest(0);
        GError *error = NULL;

        g_assert_null(cpuidd_guest_new_from_words("w", many, 8, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_null(cpuidd_guest_new_from_words("w", many, 257 * 7, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_null(cpuidd_guest_read("/nonexistent", NULL, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_false(cpuidd_guest_enable(guest, "nothing", &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_null(cpuidd_host_get_delta(host, "nothing", &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_true(cpuidd_host_is_offline(host));
        g_assert_false(cpuidd_host_refresh(host, NULL, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        cpuidd_host_set_interactive(host, true); /* nothing of a file */
        g_assert_null(cpuidd_host_try(host, guest, CPUIDD_TRY_DEFAULT, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_cmpstr(error->message, ==,
                        "skylake-sp-6.1: is a profile, and a trial needs this machine's KVM");
        g_clear_error(&error);
        g_assert_null(cpuidd_host_try_self(host, CPUIDD_TRY_DEFAULT, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_clear_error(&error);
        g_assert_null(cpuidd_trial_unref(NULL));
        g_assert_null(cpuidd_host_connect(CPUIDD_BUS_SYSTEM, "unix:path=/nonexistent", &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE);
        g_clear_error(&error);
}

int main(int argc, char **argv) {
        static const char *const hosts[] = {
                "skylake-sp-6.1", "sapphire-rapids-6.12",   "milan-6.12",
                "zhaoxin-6.18",   "skylake-sp-6.18-forced", "bare-cascadelake-6.6"
        };

        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
                g_autofree char *path = g_strdup_printf("/check/%s", check_cases[i].name);

                g_test_add_data_func(path, &check_cases[i], test_check);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
                g_autofree char *path = g_strdup_printf("/bad/%s", bad_cases[i].name);

                g_test_add_data_func(path, &bad_cases[i], test_bad);
        }
        g_test_add_data_func("/round-trip/forced-made-up", "../recordings/forced-made-up.recording",
                             test_host_round_trip);
        for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
                g_autofree char *path = g_strdup_printf("/round-trip/%s", hosts[i]);

                g_test_add_data_func_full(path, g_strdup_printf("hosts/%s.json", hosts[i]),
                                          test_host_round_trip, g_free);
        }
        g_test_add_func("/check/finding", test_finding);
        g_test_add_func("/check/strict", test_strict);
        g_test_add_func("/check/many", test_check_many);
        g_test_add_func("/round-trip/guest", test_guest_round_trip);
        g_test_add_func("/offer/cpuid", test_cpuid);
        g_test_add_func("/offer/fields", test_offer);
        g_test_add_func("/capabilities/list", test_capabilities);
        g_test_add_func("/capabilities/change", test_capabilities_change);
        g_test_add_func("/explain", test_explain);
        g_test_add_func("/errors", test_errors);

        return g_test_run();
}
