/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcpuidd as a program has it: through its header alone, without a daemon */

#include <string.h>

#include <glib.h>

#include "client/lib/cpuidd.h"

/* Features of leaf 1, register ECX: all that a small guest has but the vendor and an FPU */
#define MONITOR (UINT32_C(1) << 3)
#define SSSE3 (UINT32_C(1) << 9)
#define XTPR (UINT32_C(1) << 14)

static char *source_path(const char *folder, const char *name) {
        return g_test_build_filename(G_TEST_DIST, "tests", folder, name, NULL);
}

static CpuiddHost *skylake(void) {
        g_autofree char *path = source_path("recordings", "skylake-sp-6.1.recording");
        g_autoptr(GError) error = NULL;
        CpuiddHost *host = cpuidd_host_new_from_file(path, NULL, &error);

        g_assert_no_error(error);
        return host;
}

static CpuiddGuest *small_guest(uint32_t features) {
        const uint32_t words[] = {
                0x0, 0, 0, 0x16,    0x756e6547, 0x6c65746e, 0x49656e69,
                0x1, 0, 0, 0x50654, 0x800,      features,   0x1,
        };
        g_autoptr(GError) error = NULL;
        CpuiddGuest *guest =
                cpuidd_guest_new_from_words("small", words, G_N_ELEMENTS(words), &error);

        g_assert_no_error(error);
        return guest;
}

static char *fingerprint_of(CpuiddHost *host) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(host, &error);

        g_assert_no_error(error);
        return g_strdup(status->fingerprint);
}

static void assert_names(char **names, const char *expected) {
        g_autofree char *joined = g_strjoinv(" ", names);

        g_assert_cmpstr(joined, ==, expected);
        g_strfreev(names);
}

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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) guest = small_guest(c->features);
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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) guest = small_guest(MONITOR);
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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) guest = small_guest(SSSE3);
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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) first = small_guest(SSSE3), second = small_guest(MONITOR);
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
        g_autoptr(CpuiddGuest) guest = small_guest(MONITOR), again = NULL;
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
        assert_names(cpuidd_guest_get_capabilities(again), "irqchip hyperv.synic");
}

static CpuiddGuest *partial_guest(const char *unknown) {
        g_autofree char *json = g_strdup_printf(
                "{\"schema\": \"cpuidd.guest/1\", \"name\": \"partial\", \"cpuid\": [{\"leaf\": 1, "
                "\"subleaf\": 0, \"eax\": 0, \"ebx\": 0, \"ecx\": \"0x4000\", \"edx\": 0}], "
                "\"unknown\": [%s]}",
                unknown);
        g_autoptr(GError) error = NULL;
        CpuiddGuest *guest = cpuidd_guest_read_bytes("partial", json, strlen(json), NULL, &error);

        g_assert_no_error(error);
        return guest;
}

/* XTPR, which nobody offers: told, it is found; not told, it is not checked. */
static void test_unknown_guest(void) {
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) told = partial_guest(""),
                               guest = partial_guest("\"0x1.0:ecx[14]\", \"0x1.0:eax\""),
                               again = NULL;
        g_autoptr(CpuiddVerdict) found = cpuidd_host_check(host, told, 0, NULL),
                                 verdict = cpuidd_host_check(host, guest, 0, NULL);
        g_autofree char *json = cpuidd_guest_to_json(guest, CPUIDD_JSON_SHORT),
                        *answer = cpuidd_verdict_to_json(verdict, CPUIDD_JSON_SHORT),
                        *whole = cpuidd_verdict_to_json(found, CPUIDD_JSON_SHORT);
        g_autoptr(GError) error = NULL;

        g_assert_false(cpuidd_verdict_is_supported(found));
        g_assert_null(cpuidd_verdict_get_unchecked(found)[0]);
        g_assert_null(strstr(whole, "unchecked"));

        g_assert_true(cpuidd_verdict_is_supported(verdict));
        assert_names(g_strdupv((char **) cpuidd_verdict_get_unchecked(verdict)), "0x1.0:ecx[14]");
        g_assert_nonnull(strstr(answer, "\"unchecked\":[\"0x1.0:ecx[14]\"],\"findings\""));

        again = cpuidd_guest_read_bytes("again", json, strlen(json), NULL, &error);
        g_assert_no_error(error);
        assert_names(cpuidd_guest_get_unknown(again), "0x1.0:eax 0x1.0:ecx[14]");
}

/* A dump that is a host is all of its CPUs, or the one that is asked for. */
static void test_dump_as_host(void) {
        static const char dump[] = "CPU 0:\n   0x00000000 0x00: eax=0x1 ebx=0x1 ecx=0x1 edx=0x1\n"
                                   "CPU 1:\n   0x00000000 0x00: eax=0x1 ebx=0x1 ecx=0x1 edx=0x3\n"
                                   "CPU 2:\n";
        CpuiddReadOptions options = CPUIDD_READ_OPTIONS_DEFAULT;
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) all =
                cpuidd_host_new_from_bytes("h", dump, strlen(dump), NULL, &error),
                              one = NULL;
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(all, &error);
        const char *const *warnings = cpuidd_host_get_warnings(all);

        g_assert_no_error(error);
        g_assert_cmpuint(status->n_kinds, ==, 2);
        g_assert_cmpstr(warnings[0], ==, "there is no leaf of CPU 2");
        g_assert_null(warnings[1]);

        options.cpu = 1;
        one = cpuidd_host_new_from_bytes("h", dump, strlen(dump), &options, &error);
        g_assert_no_error(error);
        g_assert_nonnull(strstr(cpuidd_host_get_warnings(one)[0], "CPU 1 is taken"));
}

/* What got lost of one CPU is neither 0 nor another kind, and what all have there is not known. */
static void test_dump_that_lost_a_part(void) {
        static const char dump[] = "CPU 0:\n   0x00000000 0x00: eax=0x1 ebx=0x1 ecx=0x1 edx=0x1\n"
                                   "   0x00000001 0x00: eax=0x611 ebx=0x0 ecx=0x1 edx=0x1\n"
                                   "CPU 1:\n   0x00000000 0x00: eax=0x1 ebx=0x1 ecx=0x1 edx=0x1\n";
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host =
                cpuidd_host_new_from_bytes("h", dump, strlen(dump), NULL, &error);
        g_autoptr(CpuiddGuest) guest =
                cpuidd_guest_read_bytes("g", dump, strlen(dump), NULL, &error);
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(host, &error);
        g_autoptr(CpuiddVerdict) verdict = cpuidd_host_check(host, guest, 0, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(status->n_kinds, ==, 0);
        g_assert_true(g_strv_contains(status->unknown, "0x1"));
        g_assert_cmpuint(cpuidd_verdict_get_n_errors(verdict), ==, 0);
        g_assert_true(g_strv_contains(cpuidd_verdict_get_unchecked(verdict), "0x1"));
        g_assert_null(cpuidd_guest_get_warnings(guest)[0]);
}

/* What is not told of a host is kept by both forms, and shown by all that speak of it. */
static void test_unknown_host(void) {
        static const char profile[] =
                "{\"schema\": \"cpuidd.host/1\", \"name\": \"h\", \"supported\": [{\"leaf\": 1, "
                "\"subleaf\": 0, \"eax\": 0, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}], "
                "\"unknown\": [\"0x1.0:ecx\", \"0x14\"]}";
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host =
                cpuidd_host_new_from_bytes("h", profile, strlen(profile), NULL, &error),
                              again = NULL;
        g_autoptr(CpuiddGuest) guest = partial_guest("");
        g_autoptr(CpuiddVerdict) verdict = cpuidd_host_check(host, guest, 0, &error);
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(host, &error);
        g_autoptr(CpuiddOffer) offer = cpuidd_host_get_offer(host, NULL, &error);
        g_autofree char *json = cpuidd_host_get_profile(host, CPUIDD_JSON_SHORT, &error),
                        *recording = cpuidd_host_get_recording(host, &error), *fingerprint = NULL;

        g_assert_no_error(error);
        g_assert_true(cpuidd_verdict_is_supported(verdict));
        assert_names(g_strdupv((char **) cpuidd_verdict_get_unchecked(verdict)), "0x1.0:ecx");
        assert_names(g_strdupv((char **) status->unknown), "0x1.0:ecx 0x14");
        assert_names(g_strdupv((char **) offer->unknown), "0x1.0:ecx 0x14");
        g_assert_nonnull(strstr(json, "\"unknown\":[\"0x1.0:ecx\",\"0x14\"]"));
        g_assert_nonnull(strstr(recording, "\nunknown 0x1.0:ecx\nunknown 0x14\n"));

        again = cpuidd_host_new_from_bytes("h", recording, strlen(recording), NULL, &error);
        g_assert_no_error(error);
        fingerprint = fingerprint_of(again);
        g_assert_cmpstr(fingerprint, ==, status->fingerprint);
}

/* A host, written in either form, is the same host when it is read. */
static void test_host_round_trip(const void *data) {
        g_autofree char *path = source_path("cases", data);
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

        fingerprint = fingerprint_of(host);
        of_json = fingerprint_of(from_json);
        of_recording = fingerprint_of(from_recording);
        g_assert_true(g_str_has_prefix(fingerprint, "sha256:"));
        g_assert_cmpstr(of_json, ==, fingerprint);
        g_assert_cmpstr(of_recording, ==, fingerprint);

        json_again = cpuidd_host_get_profile(from_json, CPUIDD_JSON_SHORT, &error);
        g_assert_cmpstr(json_again, ==, json);
}

/* What a host gives is what a guest of it may have. */
static void test_cpuid(void) {
        g_autoptr(CpuiddHost) host = skylake();
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

static void assert_written(char *text, char **losses, const char *part, const char *lost) {
        g_autofree char *joined = g_strjoinv("\n", losses);

        g_assert_nonnull(text);
        g_assert_nonnull(strstr(text, part));
        g_assert_true(g_str_has_suffix(text, "\n"));
        g_assert_cmpstr(joined, ==, lost);
        g_free(text);
        g_strfreev(losses);
}

static void test_write(void) {
        const CpuiddWriteOptions in_one_line = { .style = CPUIDD_JSON_SHORT };
        g_autoptr(CpuiddGuest) guest = small_guest(MONITOR);
        g_autoptr(GError) error = NULL;
        char **losses = NULL;
        char *text;

        cpuidd_guest_set_msr(guest, 0x10a, 1);
        text = cpuidd_guest_write(guest, "cpuid", NULL, &losses, &error);
        g_assert_no_error(error);
        assert_written(text, losses, "CPU:\n   0x00000000 0x00: eax=0x00000016", "its MSRs: 0x10a");

        text = cpuidd_guest_write(guest, "json", NULL, &losses, &error);
        assert_written(text, losses, "  \"name\" : \"small\",\n", "");
        text = cpuidd_guest_write(guest, "json", &in_one_line, &losses, &error);
        assert_written(text, losses, "\"name\":\"small\"", "");

        cpuidd_guest_set_name(guest, "other");
        text = cpuidd_guest_write(guest, "c", NULL, NULL, &error);
        g_assert_no_error(error);
        assert_written(text, g_new0(char *, 1), " other_cpuid[] = {\n", "");
        g_assert_null(cpuidd_guest_get_host(guest));
}

/* Whole where the form carries hosts, else what it offers; the same whether it was read as one */
static void test_write_host(void) {
        g_autofree char *path = source_path("recordings", "skylake-sp-6.1.recording");
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host = skylake(), again = NULL;
        g_autoptr(CpuiddGuest) guest = cpuidd_guest_read(path, NULL, &error);
        g_autofree char *text = NULL, *text_again = NULL, *fingerprint = fingerprint_of(host);
        g_autofree char *guest_text = NULL, *host_text = NULL;
        char **losses = NULL, *json;

        again = cpuidd_guest_get_host(guest);
        text = cpuidd_host_write(host, "recording", NULL, &losses, &error);
        text_again = cpuidd_host_write(again, "recording", NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, text_again);
        g_assert_null(losses[0]);
        g_strfreev(losses);
        json = cpuidd_host_write(host, "json", NULL, &losses, &error);
        assert_written(json, losses, fingerprint, "");

        host_text = cpuidd_host_write(host, "cpuid", NULL, NULL, &error);
        guest_text = cpuidd_guest_write(guest, "cpuid", NULL, NULL, &error);
        g_assert_cmpstr(host_text, ==, guest_text);
}

typedef struct WriteErrorCase {
        const char *form;
        const char *model;
        const char *message;
} WriteErrorCase;

static const WriteErrorCase write_error_cases[] = {
        { "xml", NULL, "there is no form 'xml', expected one of: recording, json, " },
        { "guest", NULL, "there is no form 'guest', expected one of: " },
        { "recording", NULL,
          "is a guest, and 'recording' is of hosts: expected a host's profile or recording" },
        { "cpuid", "max", "the form 'cpuid' starts from no CPU model, and 'max' is given" },
};

static void test_write_errors(void) {
        g_autoptr(CpuiddGuest) guest = small_guest(0);

        for (size_t i = 0; i < G_N_ELEMENTS(write_error_cases); i++) {
                const WriteErrorCase *c = &write_error_cases[i];
                const CpuiddWriteOptions options = { .model = c->model };
                g_autoptr(GError) error = NULL;
                char **losses = NULL;

                g_assert_null(cpuidd_guest_write(guest, c->form, &options, &losses, &error));
                g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
                g_assert_true(g_str_has_prefix(error->message, c->message));
                g_assert_null(losses);
        }
}

static void test_forms(void) {
        g_autoptr(GPtrArray) forms = cpuidd_list_forms();
        g_autofree char *json = cpuidd_forms_to_json(forms, CPUIDD_JSON_SHORT);
        g_autoptr(GString) flags = g_string_new(NULL);

        for (size_t i = 0; i < forms->len; i++) {
                const CpuiddForm *form = forms->pdata[i];

                g_string_append_printf(flags, " %s:%d%d%d%d ", form->name, form->can_read,
                                       form->can_write, form->is_host_only, form->is_json);
                g_assert_nonnull(form->description);
        }

        g_assert_nonnull(strstr(flags->str, " recording:1110 "));
        g_assert_nonnull(strstr(flags->str, " guest:1000 "));
        g_assert_nonnull(strstr(flags->str, " json:1101 "));
        g_assert_nonnull(strstr(flags->str, " cpuid:1100 "));
        g_assert_nonnull(strstr(flags->str, " table:0100 "));
        g_assert_true(g_str_has_prefix(json,
                                       "{\"schema\":\"cpuidd.forms/1\",\"forms\":["
                                       "{\"name\":\"recording\",\"description\":"));
        g_assert_nonnull(strstr(json, "\"read\":true,\"write\":true,\"hosts_only\":true}"));
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
        g_autoptr(CpuiddHost) host = skylake();
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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = cpuidd_host_list_capabilities(host, true, &error);
        g_auto(GStrv) names = cpuidd_list_capabilities();

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
        }
}

static void test_capabilities_change(void) {
        const char *const mwait[] = { "disable-exits.mwait", NULL };
        const char *const synic[] = { "hyperv.synic", "irqchip", NULL };
        const char *const hyperv[] = { "hyperv", NULL };
        const char *const unknown[] = { "mwait", NULL };
        const char *const none[] = { NULL };
        g_autoptr(GError) error = NULL;

        assert_names(cpuidd_capabilities_change(NULL, mwait, NULL, NULL),
                     "irqchip disable-exits.mwait");
        assert_names(cpuidd_capabilities_change(none, NULL, NULL, NULL), "");
        assert_names(cpuidd_capabilities_change(none, synic, NULL, NULL), "irqchip hyperv.synic");
        assert_names(cpuidd_capabilities_change(none, synic, hyperv, NULL), "irqchip");
        assert_names(cpuidd_capabilities_change(NULL, mwait, mwait, NULL), "irqchip");
        g_assert_null(cpuidd_capabilities_change(NULL, unknown, NULL, &error));
        g_assert_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT);
        g_assert_nonnull(strstr(error->message, "did you mean 'disable-exits.mwait'"));
}

static void test_explain(void) {
        g_autoptr(CpuiddHost) host = skylake();
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
        g_autoptr(CpuiddHost) host = skylake();
        g_autoptr(CpuiddGuest) guest = small_guest(0);
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
        for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
                g_autofree char *path = g_strdup_printf("/round-trip/%s", hosts[i]);

                g_test_add_data_func_full(path, g_strdup_printf("hosts/%s.json", hosts[i]),
                                          test_host_round_trip, g_free);
        }
        g_test_add_func("/check/finding", test_finding);
        g_test_add_func("/check/strict", test_strict);
        g_test_add_func("/check/many", test_check_many);
        g_test_add_func("/round-trip/guest", test_guest_round_trip);
        g_test_add_func("/write/guest", test_write);
        g_test_add_func("/write/host", test_write_host);
        g_test_add_func("/write/errors", test_write_errors);
        g_test_add_func("/write/forms", test_forms);
        g_test_add_func("/unknown/guest", test_unknown_guest);
        g_test_add_func("/dump-as-host", test_dump_as_host);
        g_test_add_func("/dump-that-lost-a-part", test_dump_that_lost_a_part);
        g_test_add_func("/unknown/host", test_unknown_host);
        g_test_add_func("/offer/cpuid", test_cpuid);
        g_test_add_func("/offer/fields", test_offer);
        g_test_add_func("/capabilities/list", test_capabilities);
        g_test_add_func("/capabilities/change", test_capabilities_change);
        g_test_add_func("/explain", test_explain);
        g_test_add_func("/errors", test_errors);

        return g_test_run();
}
