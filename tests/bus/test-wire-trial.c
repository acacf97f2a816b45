/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The arguments of Trial: messages that are read without having been sent */

#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/wire.h"
#include "dbus/names.h"

static sd_bus *bus; /* to nobody: a message has to be one of some bus */

static void connect_nobody(void) {
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
}

/* The values as for sd_bus_message_append() */
static sd_bus_message *new_call(const char *types, va_list values) {
        sd_bus_message *m = NULL;

        g_assert_cmpint(sd_bus_message_new_method_call(bus, &m, NULL, CPUIDD_OBJECT_PATH,
                                                       CPUIDD_INTERFACE, "Trial"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_appendv(m, types, values), >=, 0);
        g_assert_cmpint(sd_bus_message_seal(m, 1, 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        return m;
}

static void assert_reads(bool is_guest, CheckFlags expected, const char *types, ...) {
        g_autoptr(sd_bus_message) m = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = NULL;
        CheckFlags flags;
        va_list values;

        va_start(values, types);
        m = new_call(types, values);
        va_end(values);

        g_assert_cmpint(wire_read_trial(m, &guest, &flags, &error), >=, 0);
        g_assert_no_error(error);
        g_assert_true((guest != NULL) == is_guest);
        g_assert_cmpint(flags, ==, expected);
}

static void assert_refuses(ServiceError code, const char *message, const char *types, ...) {
        g_autoptr(sd_bus_message) m = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = NULL;
        CheckFlags flags;
        va_list values;

        va_start(values, types);
        m = new_call(types, values);
        va_end(values);

        g_assert_cmpint(wire_read_trial(m, &guest, &flags, &error), <, 0);
        g_assert_error(error, SERVICE_ERROR, (int) code);
        g_assert_cmpstr(error->message, ==, message);
        g_assert_null(guest);
}

static void test_options(void) {
        assert_reads(true, 0, "aua{sv}", 0, 0);
        assert_reads(true, CHECK_STRICT, "aua{sv}", 0, 2, "strict", "b", 1, "capabilities", "as",
                     0);
        assert_reads(false, CHECK_STRICT, "aua{sv}", 0, 2, "self", "b", 1, "strict", "b", 1);
        assert_reads(true, 0, "aua{sv}", 0, 2, "self", "b", 0, "tsc_khz", "t", (uint64_t) 1);
}

#define EXPECTED "; expected capabilities, msrs, self, strict, tsc_khz, unknown or unknown_msrs"

static void test_unknown_options(void) {
        assert_refuses(SERVICE_ERROR_OPTION, "there is no option 'x'" EXPECTED, "aua{sv}", 0, 1,
                       "x", "b", 1);
        assert_refuses(SERVICE_ERROR_OPTION, "there is no option 'verdict_only'" EXPECTED,
                       "aua{sv}", 0, 1, "verdict_only", "b", 1);
}

static void test_wrong_options(void) {
        assert_refuses(SERVICE_ERROR_ARGUMENT, "option 'self' has the type 's', expected 'b'",
                       "aua{sv}", 0, 1, "self", "s", "yes");
        assert_refuses(SERVICE_ERROR_ARGUMENT,
                       "option 'self' goes with an empty table: it is about this host and no guest",
                       "aua{sv}", 7, 1, 0, 0, 0, 0, 0, 0, 1, "self", "b", 1);
        /* Whichever comes first */
        assert_refuses(
                SERVICE_ERROR_ARGUMENT,
                "option 'capabilities' does not go with 'self', which is about this host and "
                "no guest",
                "aua{sv}", 0, 2, "capabilities", "as", 0, "self", "b", 1);
        assert_refuses(SERVICE_ERROR_ARGUMENT,
                       "option 'msrs' does not go with 'self', which is about this host and no "
                       "guest",
                       "aua{sv}", 0, 2, "self", "b", 1, "msrs", "a{ut}", 0);
}

int main(int argc, char **argv) {
        int status;

        g_test_init(&argc, &argv, NULL);
        connect_nobody();
        g_test_add_func("/wire-trial/options", test_options);
        g_test_add_func("/wire-trial/unknown-options", test_unknown_options);
        g_test_add_func("/wire-trial/wrong-options", test_wrong_options);
        status = g_test_run();
        sd_bus_close_unref(bus);
        return status;
}
