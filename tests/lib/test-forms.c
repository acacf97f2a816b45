/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What libcpuidd makes of files that do not tell everything, and of forms to write */

#include <string.h>

#include <glib.h>

#include "client/lib/cpuidd.h"
#include "tests/lib/support.h"

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
        g_autoptr(CpuiddHost) host = test_skylake();
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
        test_assert_names(g_strdupv((char **) cpuidd_verdict_get_unchecked(verdict)),
                          "0x1.0:ecx[14]");
        g_assert_nonnull(strstr(answer, "\"unchecked\":[\"0x1.0:ecx[14]\"],\"findings\""));

        again = cpuidd_guest_read_bytes("again", json, strlen(json), NULL, &error);
        g_assert_no_error(error);
        test_assert_names(cpuidd_guest_get_unknown(again), "0x1.0:eax 0x1.0:ecx[14]");
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
        test_assert_names(g_strdupv((char **) cpuidd_verdict_get_unchecked(verdict)), "0x1.0:ecx");
        test_assert_names(g_strdupv((char **) status->unknown), "0x1.0:ecx 0x14");
        test_assert_names(g_strdupv((char **) offer->unknown), "0x1.0:ecx 0x14");
        g_assert_nonnull(strstr(json, "\"unknown\":[\"0x1.0:ecx\",\"0x14\"]"));
        g_assert_nonnull(strstr(recording, "\nunknown 0x1.0:ecx\nunknown 0x14\n"));

        again = cpuidd_host_new_from_bytes("h", recording, strlen(recording), NULL, &error);
        g_assert_no_error(error);
        fingerprint = test_fingerprint_of(again);
        g_assert_cmpstr(fingerprint, ==, status->fingerprint);
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
        g_autoptr(CpuiddGuest) guest = test_small_guest(MONITOR);
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
        g_autofree char *path = test_source_path("recordings", "skylake-sp-6.1.recording");
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddHost) host = test_skylake(), again = NULL;
        g_autoptr(CpuiddGuest) guest = cpuidd_guest_read(path, NULL, &error);
        g_autofree char *text = NULL, *text_again = NULL, *fingerprint = test_fingerprint_of(host);
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
        g_autoptr(CpuiddGuest) guest = test_small_guest(0);

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

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/write/guest", test_write);
        g_test_add_func("/write/host", test_write_host);
        g_test_add_func("/write/errors", test_write_errors);
        g_test_add_func("/write/forms", test_forms);
        g_test_add_func("/unknown/guest", test_unknown_guest);
        g_test_add_func("/dump-as-host", test_dump_as_host);
        g_test_add_func("/dump-that-lost-a-part", test_dump_that_lost_a_part);
        g_test_add_func("/unknown/host", test_unknown_host);

        return g_test_run();
}
