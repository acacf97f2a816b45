/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The option `unknown`, given well and badly. unknown.test has started a daemon that serves a
 * recording of a Skylake server. */

#include <stdint.h>

#include <glib.h>

#include "dbus/names.h"
#include "tests/bus/call.h"

/* A feature that the host has not got, told and not told of the guest. Runs are leaf, leaf, sub-leaf,
 * sub-leaf, eax, ebx, ecx, edx. */
static void test_check_unknown(void) {
        static const uint32_t monitor[] = { 1, 0, 0, 0, 0, 1 << 3, 0 };
        g_autoptr(sd_bus_message) call = call_new("Check"), all = call_new("Check");
        g_autoptr(sd_bus_message) reply = NULL, reply_all = NULL, many = NULL;

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', monitor, sizeof(monitor)), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 1, "unknown", "au", 8, 1, 1, 0, 0, 0,
                                              0, 1 << 3, 0),
                        >=, 0);
        reply = call_send(call);
        (void) reply_assert_verdict(reply, "supported");

        g_assert_cmpint(sd_bus_message_append_array(all, 'u', monitor, sizeof(monitor)), >=, 0);
        g_assert_cmpint(sd_bus_message_append(all, "a{sv}", 1, "unknown", "au", 8, 0, UINT32_MAX, 0,
                                              UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                                              UINT32_MAX),
                        >=, 0);
        reply_all = call_send(all);
        g_assert_cmpuint(reply_assert_verdict(reply_all, "supported"), ==, 0);

        many = call_ask("CheckMany", "a(aua{sv})", 2, 7, 1, 0, 0, 0, 0, 8, 0, 1, "unknown", "au", 8,
                        1, 1, 0, 0, 0, 0, 8, 0, 7, 1, 0, 0, 0, 0, 8, 0, 0);
        g_assert_cmpint(sd_bus_message_enter_container(many, 'a', "(sasa" FINDING ")"), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(many, 'r', "sasa" FINDING), >=, 0);
        (void) reply_assert_verdict(many, "supported");
        g_assert_cmpint(sd_bus_message_exit_container(many), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(many, 'r', "sasa" FINDING), >=, 0);
        (void) reply_assert_verdict(many, "needs-capabilities");
}

/* The host is not known to have any promise. */
static void test_check_unknown_msrs(void) {
        static const uint32_t rows[] = { 7, 0, 1, 0, 0, 0, 1 << 29 };
        g_autoptr(sd_bus_message) told = call_new("Check"), untold = call_new("Check");
        g_autoptr(sd_bus_message) reply_told = NULL, reply_untold = NULL;

        g_assert_cmpint(sd_bus_message_append_array(told, 'u', rows, sizeof(rows)), >=, 0);
        g_assert_cmpint(sd_bus_message_append(told, "a{sv}", 1, "msrs", "a{ut}", 1, 0x10a,
                                              UINT64_C(1) << 62),
                        >=, 0);
        reply_told = call_send(told);
        g_assert_cmpuint(reply_assert_verdict(reply_told, "unsupported"), >, 0);

        /* In any order, and beside places in CPUID */
        g_assert_cmpint(sd_bus_message_append_array(untold, 'u', rows, sizeof(rows)), >=, 0);
        g_assert_cmpint(sd_bus_message_append(untold, "a{sv}", 3, "unknown_msrs", "a{ut}", 1, 0x10a,
                                              UINT64_C(1) << 62, "unknown", "au", 8, 1, 1, 0, 0, 0,
                                              0, 1 << 3, 0, "msrs", "a{ut}", 1, 0x10a,
                                              UINT64_C(1) << 62),
                        >=, 0);
        reply_untold = call_send(untold);
        (void) reply_assert_verdict(reply_untold, "supported");

        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "option 'unknown_msrs' has the type 'au'",
                    "aua{sv}", 0, 1, "unknown_msrs", "au", 0);
}

static sd_bus_message *new_call_with_unknown(size_t n_words) {
        sd_bus_message *call = call_open_option("unknown", "au");

        for (size_t i = 0; i < n_words; i++)
                g_assert_cmpint(sd_bus_message_append(call, "u", 0), >=, 0);
        call_close_option(call);
        return call;
}

static void test_check_bad_unknown(void) {
        g_autoptr(sd_bus_message) half = new_call_with_unknown(9),
                                  most = new_call_with_unknown(1024 * 8),
                                  more = new_call_with_unknown(1025 * 8);
        g_autoptr(sd_bus_message) good = call_send(most);

        call_assert_refused(half, CPUIDD_ERROR_NAME_INVALID_TABLE, "option 'unknown': 9 words");
        call_assert_refused(more, CPUIDD_ERROR_NAME_INVALID_TABLE, "at most 1024 times");
        call_refuse("Check", CPUIDD_ERROR_NAME_INVALID_TABLE, "run 2: ends before it starts",
                    "aua{sv}", 0, 1, "unknown", "au", 16, 1, 1, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 1, 0,
                    0, 0);
        call_refuse("Check", SD_BUS_ERROR_INVALID_ARGS, "option 'unknown' has the type 'as'",
                    "aua{sv}", 0, 1, "unknown", "as", 1, "0x7");
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);

        g_test_add_func("/unknown/good", test_check_unknown);
        g_test_add_func("/unknown/msrs", test_check_unknown_msrs);
        g_test_add_func("/unknown/bad", test_check_bad_unknown);

        r = g_test_run();
        sd_bus_flush_close_unref(call_bus);
        return r;
}
