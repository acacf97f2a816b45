/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each member of org.cpuidd1.Host, asked well and badly. members.test has started a daemon that
 * serves a recording of a Skylake server. */

#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"
#include "tests/bus/call.h"

#define ROW_N_WORDS 7

static void append_words(sd_bus_message *call, uint32_t word, size_t n) {
        g_autofree uint32_t *words = g_new(uint32_t, n);

        for (size_t i = 0; i < n; i++)
                words[i] = word;
        g_assert_cmpint(sd_bus_message_append_array(call, 'u', words, n * sizeof(*words)), >=, 0);
}

static void append_no_options(sd_bus_message *call) {
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
}

static void test_check(void) {
        g_autoptr(sd_bus_message) table = call_ask("GetCpuid", "as", 1, "irqchip");
        g_autoptr(sd_bus_message) call = call_new("Check");
        g_autoptr(sd_bus_message) reply = NULL;
        const void *words;
        size_t size;

        g_assert_cmpint(sd_bus_message_read_array(table, 'u', &words, &size), >=, 0);
        g_assert_cmpuint(size, >, 0);
        g_assert_cmpuint(size % (ROW_N_WORDS * sizeof(uint32_t)), ==, 0);

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', words, size), >=, 0);
        append_no_options(call);
        reply = call_send(call);
        g_assert_cmpuint(reply_assert_verdict(reply, "supported"), ==, 0);
}

static void test_check_empty(void) {
        g_autoptr(sd_bus_message) reply = call_ask("Check", "aua{sv}", 0, 0);

        (void) reply_assert_verdict(reply, NULL);
}

static void test_check_half_row(void) {
        call_refuse("Check", CPUIDD_ERROR_NAME_INVALID_TABLE, "8 words", "aua{sv}", 8, 1, 0, 0, 0,
                    0, 0, 0, 1, 0);
        call_refuse("Check", CPUIDD_ERROR_NAME_INVALID_TABLE, "1 words", "aua{sv}", 1, 1, 0);
}

static void test_check_rows(void) {
        g_autoptr(sd_bus_message) most = call_new("Check");
        g_autoptr(sd_bus_message) more = call_new("Check");
        g_autoptr(sd_bus_message) many = call_new("Check");
        g_autoptr(sd_bus_message) reply = NULL;

        append_words(most, 0, 256 * ROW_N_WORDS);
        append_no_options(most);
        reply = call_send(most);

        append_words(more, 0, 257 * ROW_N_WORDS);
        append_no_options(more);
        call_assert_refused(more, CPUIDD_ERROR_NAME_TOO_LARGE, "257 rows");

        append_words(many, 0, 1000000);
        append_no_options(many);
        call_assert_refused(many, CPUIDD_ERROR_NAME_TOO_LARGE, "142857 rows");
}

static void test_check_options(void) {
        g_autoptr(sd_bus_message) reply =
                call_ask("Check", "aua{sv}", 0, 5, "capabilities", "as", 2, "irqchip",
                         "disable-exits.mwait", "strict", "b", 1, "msrs", "a{ut}", 1, 0x10a,
                         UINT64_C(0), "tsc_khz", "t", UINT64_C(2000000), "verdict_only", "b", 1);

        g_assert_cmpuint(reply_assert_verdict(reply, NULL), ==, 0);
}

static void test_check_strict(void) {
        g_autoptr(sd_bus_message) usual = call_ask("Check", "aua{sv}", 0, 0);
        g_autoptr(sd_bus_message) strict = call_ask("Check", "aua{sv}", 0, 1, "strict", "b", 1);

        (void) reply_assert_verdict(usual, "supported");
        (void) reply_assert_verdict(strict, "unsupported");
}

static void test_check_capability(void) {
        /* MONITOR, in a table that says so of nothing else */
        static const uint32_t monitor[] = { 1, 0, 0, 0, 0, 1 << 3, 0 };
        g_autoptr(sd_bus_message) call = call_new("Check");
        g_autoptr(sd_bus_message) with = call_new("Check");
        g_autoptr(sd_bus_message) refused = NULL, accepted = NULL;
        g_auto(GStrv) needs = NULL;
        const char *verdict;

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', monitor, sizeof(monitor)), >=, 0);
        append_no_options(call);
        refused = call_send(call);
        g_assert_cmpint(sd_bus_message_read(refused, "s", &verdict), >=, 0);
        g_assert_cmpstr(verdict, ==, "needs-capabilities");
        g_assert_cmpint(sd_bus_message_read_strv(refused, &needs), >=, 0);
        g_assert_nonnull(needs);
        g_assert_cmpstr(needs[0], ==, "disable-exits.mwait");
        g_assert_null(needs[1]);

        g_assert_cmpint(sd_bus_message_append_array(with, 'u', monitor, sizeof(monitor)), >=, 0);
        g_assert_cmpint(sd_bus_message_append(with, "a{sv}", 1, "capabilities", "as", 2, "irqchip",
                                              "disable-exits.mwait"),
                        >=, 0);
        accepted = call_send(with);
        (void) reply_assert_verdict(accepted, "supported");
}

static void test_check_bad_options(void) {
        call_refuse("Check", CPUIDD_ERROR_NAME_UNKNOWN_OPTION, "'stric'", "aua{sv}", 0, 1, "stric",
                    "b", 1);
        call_refuse("Check", CPUIDD_ERROR_NAME_UNKNOWN_OPTION, "''", "aua{sv}", 0, 1, "", "b", 1);
        call_refuse("Check", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, "'disable-exits.nothing'",
                    "aua{sv}", 0, 1, "capabilities", "as", 1, "disable-exits.nothing");
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS,
                    "option 'strict' has the type 's', expected 'b'", "aua{sv}", 0, 1, "strict",
                    "s", "yes");
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "option 'msrs' has the type 'a{uu}'",
                    "aua{sv}", 0, 1, "msrs", "a{uu}", 0);
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "option 'tsc_khz' has the type 'u'",
                    "aua{sv}", 0, 1, "tsc_khz", "u", 1);
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "option 'strict' is given twice", "aua{sv}",
                    0, 2, "strict", "b", 1, "strict", "b", 0);
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "aua{sv}", "s", "guest.json");
}

static sd_bus_message *new_call_with_msrs(uint32_t n) {
        sd_bus_message *call = call_open_option("msrs", "a{ut}");

        for (uint32_t i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(call, "{ut}", i, UINT64_C(0)), >=, 0);
        call_close_option(call);
        return call;
}

static sd_bus_message *new_call_with_capabilities(size_t n) {
        sd_bus_message *call = call_open_option("capabilities", "as");

        for (size_t i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(call, "s", "irqchip"), >=, 0);
        call_close_option(call);
        return call;
}

static void test_check_large_options(void) {
        g_autoptr(sd_bus_message) msrs = new_call_with_msrs(4096);
        g_autoptr(sd_bus_message) more_msrs = new_call_with_msrs(4097);
        g_autoptr(sd_bus_message) names = new_call_with_capabilities(256);
        g_autoptr(sd_bus_message) more_names = new_call_with_capabilities(257);
        g_autoptr(sd_bus_message) good = call_send(msrs), good_too = call_send(names);
        g_autofree char *name = g_strnfill(100000, 'x');

        call_assert_refused(more_msrs, CPUIDD_ERROR_NAME_TOO_LARGE, "4096 MSRs");
        call_assert_refused(more_names, CPUIDD_ERROR_NAME_TOO_LARGE, "256 capabilities");
        call_refuse("Check", CPUIDD_ERROR_NAME_TOO_LARGE, "100000 characters", "aua{sv}", 0, 1,
                    name, "b", 1);
}

static sd_bus_message *new_call_with_guests(size_t n, const uint32_t *words, size_t n_words) {
        sd_bus_message *call = call_new("CheckMany");

        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < n; i++) {
                g_assert_cmpint(sd_bus_message_open_container(call, 'r', "aua{sv}"), >=, 0);
                g_assert_cmpint(
                        sd_bus_message_append_array(call, 'u', words, n_words * sizeof(*words)), >=,
                        0);
                append_no_options(call);
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        return call;
}

static void test_check_many(void) {
        g_autoptr(sd_bus_message) none = new_call_with_guests(0, NULL, 0);
        g_autoptr(sd_bus_message) most = new_call_with_guests(1024, NULL, 0);
        g_autoptr(sd_bus_message) more = new_call_with_guests(1025, NULL, 0);
        g_autoptr(sd_bus_message) no_verdicts = call_send(none), verdicts = call_send(most);

        g_assert_cmpuint(reply_count(no_verdicts, "(sasa" FINDING ")"), ==, 0);
        g_assert_cmpuint(reply_count(verdicts, "(sasa" FINDING ")"), ==, 1024);
        call_assert_refused(more, CPUIDD_ERROR_NAME_TOO_LARGE, "1024 guests");
}

static void test_check_many_names_the_guest(void) {
        call_refuse("CheckMany", CPUIDD_ERROR_NAME_INVALID_TABLE, "guest 1: a table of 2 words",
                    "a(aua{sv})", 3, 0, 0, 2, 1, 2, 0, 0, 0);
        call_refuse("CheckMany", CPUIDD_ERROR_NAME_UNKNOWN_OPTION,
                    "guest 0: there is no option 'x'", "a(aua{sv})", 1, 0, 1, "x", "b", 1);
}

/* What could make dbus-daemon cut the connection, had it no bound */
static void test_check_many_large_answer(void) {
        g_autoptr(sd_bus_message) call = NULL;
        g_autofree uint32_t *words = g_new0(uint32_t, 256 * ROW_N_WORDS);
        double seconds;

        for (size_t i = 0; i < 256; i++) {
                words[i * ROW_N_WORDS] = 0x1000 + i;
                for (size_t j = 3; j < ROW_N_WORDS; j++)
                        words[i * ROW_N_WORDS + j] = UINT32_MAX;
        }

        call = new_call_with_guests(1024, words, 256 * ROW_N_WORDS);
        g_test_timer_start();
        call_assert_refused(call, CPUIDD_ERROR_NAME_TOO_LARGE, "MiB");
        seconds = g_test_timer_elapsed();
        g_test_message("refused after %.2f s", seconds);
}

static void test_get_cpuid(void) {
        g_autoptr(sd_bus_message) base = call_ask("GetCpuid", "as", 0);
        g_autoptr(sd_bus_message) usual =
                call_ask("GetCpuid", "as", 2, "irqchip", "disable-exits.mwait");
        const void *without, *with;
        size_t n_without, n_with;

        g_assert_cmpint(sd_bus_message_read_array(base, 'u', &without, &n_without), >=, 0);
        g_assert_cmpint(sd_bus_message_read_array(usual, 'u', &with, &n_with), >=, 0);
        g_assert_false(n_without == n_with && memcmp(without, with, n_with) == 0);

        call_refuse("GetCpuid", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, "'irqchop'", "as", 1,
                    "irqchop");
        call_refuse("GetCpuid", SD_BUS_ERROR_INVALID_ARGS, "as", "s", "irqchip");
}

static void test_list_capabilities(void) {
        g_autoptr(sd_bus_message) reply = call_ask("ListCapabilities", "");
        const char *name, *summary;
        bool found = false;
        uint64_t value;
        int has;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(sbts)"), >=, 0);
        while (sd_bus_message_read(reply, "(sbts)", &name, &has, &value, &summary) > 0) {
                g_assert_cmpstr(summary, !=, "");
                if (strcmp(name, "irqchip") == 0)
                        found = has && value == 1;
        }
        g_assert_true(found);

        call_refuse("ListCapabilities", SD_BUS_ERROR_INVALID_ARGS, "", "s", "irqchip");
}

static void test_get_delta(void) {
        g_autoptr(sd_bus_message) reply = call_ask("GetDelta", "s", "disable-exits.mwait");
        uint32_t leaf, subleaf;
        uint8_t reg, low, high;
        const char *operation;
        uint64_t value;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(uuyyyst)"), >=, 0);
        g_assert_cmpint(sd_bus_message_read(reply, "(uuyyyst)", &leaf, &subleaf, &reg, &low, &high,
                                            &operation, &value),
                        >, 0);
        g_assert_cmpuint(leaf, ==, 1);
        g_assert_cmpuint(reg, ==, 2);
        g_assert_cmpuint(low, ==, 3);
        g_assert_cmpuint(high, ==, 3);
        g_assert_cmpstr(operation, ==, "grant");
        g_assert_cmpuint(value, ==, 1);

        call_refuse("GetDelta", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, "'mwait'", "s", "mwait");
        call_refuse("GetDelta", CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, "''", "s", "");
        call_refuse("GetDelta", SD_BUS_ERROR_INVALID_ARGS, "", "u", 1);
}

static char *get_text(const char *property) {
        char *text;

        g_assert_cmpint(sd_bus_get_property_string(call_bus, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                                   CPUIDD_INTERFACE, property, NULL, &text),
                        >=, 0);
        return text;
}

static void test_get_profile(void) {
        g_autoptr(sd_bus_message) reply = call_ask("GetProfile", "");
        g_autoptr(GString) keys = g_string_new(NULL);
        g_autofree char *fingerprint = get_text("Fingerprint");
        const char *key, *text = NULL;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "{sv}"), >=, 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read(reply, "s", &key), >=, 0);
                g_string_append_printf(keys, "%s ", key);
                if (strcmp(key, "fingerprint") == 0)
                        g_assert_cmpint(sd_bus_message_read(reply, "v", "s", &text), >=, 0);
                else
                        g_assert_cmpint(sd_bus_message_skip(reply, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }

        g_assert_true(g_str_has_prefix(keys->str, "schema name host supported "));
        g_assert_cmpstr(text, ==, fingerprint);
        call_refuse("GetProfile", SD_BUS_ERROR_INVALID_ARGS, "", "s", "x");
}

static void test_refresh(void) {
        g_autoptr(sd_bus_message) reply = call_ask("Refresh", "");
        int changed;

        g_assert_cmpint(sd_bus_message_read(reply, "b", &changed), >=, 0);
        g_assert_false(changed);
        call_refuse("Refresh", SD_BUS_ERROR_INVALID_ARGS, "", "b", 1);
}

static void test_trial(void) {
        call_refuse("Trial", CPUIDD_ERROR_NAME_TRIAL,
                    "this daemon serves a recording, so there is nothing to try a table on",
                    "aua{sv}", 0, 0);
        call_refuse("Trial", SD_BUS_ERROR_INVALID_ARGS, "", "au", 0);
}

static void test_properties(void) {
        static const char *const expected[][2] = {
                { "Vendor", "GenuineIntel" },
                { "KernelRelease", "6.1.158" },
                { "Module", "kvm_intel" },
        };
        g_autofree char *probed_at = get_text("ProbedAt"), *fingerprint = get_text("Fingerprint");
        int ready;

        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_autofree char *text = get_text(expected[i][0]);

                g_assert_cmpstr(text, ==, expected[i][1]);
        }

        g_assert_true(g_regex_match_simple("^[0-9-]{10}T[0-9:]{8}Z$", probed_at, 0, 0));
        g_assert_true(g_regex_match_simple("^sha256:[0-9a-f]{64}$", fingerprint, 0, 0));
        g_assert_cmpint(sd_bus_get_property_trivial(call_bus, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                                    CPUIDD_INTERFACE, "Ready", NULL, 'b', &ready),
                        >=, 0);
        g_assert_true(ready);
        g_assert_cmpint(sd_bus_set_property(call_bus, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                            CPUIDD_INTERFACE, "Vendor", NULL, "s", "x"),
                        <, 0);
}

static void test_unknown(void) {
        call_refuse("Chekc", SD_BUS_ERROR_UNKNOWN_METHOD, "Chekc", "");
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);

        g_test_add_func("/check/own-offer-is-supported", test_check);
        g_test_add_func("/check/empty-table", test_check_empty);
        g_test_add_func("/check/half-a-row", test_check_half_row);
        g_test_add_func("/check/256-rows-and-more", test_check_rows);
        g_test_add_func("/check/every-option", test_check_options);
        g_test_add_func("/check/strict", test_check_strict);
        g_test_add_func("/check/capability", test_check_capability);
        g_test_add_func("/check/bad-options", test_check_bad_options);
        g_test_add_func("/check/large-options", test_check_large_options);
        g_test_add_func("/check-many/1024-guests-and-more", test_check_many);
        g_test_add_func("/check-many/names-the-guest", test_check_many_names_the_guest);
        g_test_add_func("/check-many/large-answer", test_check_many_large_answer);
        g_test_add_func("/get-cpuid", test_get_cpuid);
        g_test_add_func("/list-capabilities", test_list_capabilities);
        g_test_add_func("/get-delta", test_get_delta);
        g_test_add_func("/get-profile", test_get_profile);
        g_test_add_func("/refresh", test_refresh);
        g_test_add_func("/trial", test_trial);
        g_test_add_func("/properties", test_properties);
        g_test_add_func("/unknown-member", test_unknown);

        r = g_test_run();
        sd_bus_flush_close_unref(call_bus);
        return r;
}
