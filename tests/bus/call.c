/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls of the service that a test makes, and what is expected of the replies */

#include "tests/bus/call.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "dbus/names.h"

sd_bus *call_bus;

sd_bus_message *call_new_on(sd_bus *bus, const char *member) {
        sd_bus_message *call;

        g_assert_cmpint(sd_bus_message_new_method_call(bus, &call, CPUIDD_BUS_NAME,
                                                       CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE,
                                                       member),
                        >=, 0);
        return call;
}

sd_bus_message *call_new(const char *member) {
        return call_new_on(call_bus, member);
}

static sd_bus_message *new_filled(const char *member, const char *types, va_list values) {
        sd_bus_message *call = call_new(member);

        g_assert_cmpint(sd_bus_message_appendv(call, types, values), >=, 0);
        return call;
}

sd_bus_message *call_send(sd_bus_message *call) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_call(call_bus, call, 0, &error, &reply);
        if (r < 0)
                g_test_message("%s: %s", error.name, error.message);
        g_assert_cmpint(r, >=, 0);
        return reply;
}

void call_assert_refused(sd_bus_message *call, const char *name, const char *text) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_call(call_bus, call, 0, &error, NULL);
        g_assert_cmpint(r, <, 0);
        g_assert_cmpstr(error.name, ==, name);
        if (!strstr(error.message, text))
                g_test_message("'%s' is not in '%s'", text, error.message);
        g_assert_nonnull(strstr(error.message, text));
        sd_bus_error_free(&error);
}

sd_bus_message *call_ask(const char *member, const char *types, ...) {
        g_autoptr(sd_bus_message) call = NULL;
        va_list values;

        va_start(values, types);
        call = new_filled(member, types, values);
        va_end(values);
        return call_send(call);
}

void call_refuse(const char *member, const char *name, const char *text, const char *types, ...) {
        g_autoptr(sd_bus_message) call = NULL;
        va_list values;

        va_start(values, types);
        call = new_filled(member, types, values);
        va_end(values);
        call_assert_refused(call, name, text);
}

sd_bus_message *call_open_option(const char *name, const char *type) {
        sd_bus_message *call = call_new("Check");

        g_assert_cmpint(sd_bus_message_append(call, "au", 0), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "{sv}"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'e', "sv"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "s", name), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'v', type), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', type + 1), >=, 0);
        return call;
}

void call_close_option(sd_bus_message *call) {
        for (unsigned i = 0; i < 4; i++)
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
}

size_t reply_count(sd_bus_message *m, const char *type) {
        size_t n = 0;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', type), >=, 0);
        while (!sd_bus_message_at_end(m, false)) {
                g_assert_cmpint(sd_bus_message_skip(m, type), >=, 0);
                n++;
        }
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        return n;
}

size_t reply_assert_verdict(sd_bus_message *m, const char *expected) {
        const char *verdict;

        g_assert_cmpint(sd_bus_message_read(m, "s", &verdict), >=, 0);
        if (expected)
                g_assert_cmpstr(verdict, ==, expected);
        (void) reply_count(m, "s");
        return reply_count(m, FINDING);
}
