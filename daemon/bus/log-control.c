/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The object that systemd prescribes, at the path that it prescribes. Everyone may read it; writing
 * is for root and the user as whom the service runs: sd-bus sees to that, since the properties are
 * not marked as unprivileged, and before it the bus, by its policy, so that nobody else has sd-bus
 * ask who he is. */

#include "daemon/bus/log-control.h"

#include <string.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"

#define LOG_CONTROL_PATH "/org/freedesktop/LogControl1"
#define LOG_CONTROL_INTERFACE "org.freedesktop.LogControl1"

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const LogControl *control = userdata;
        const char *value = strcmp(property, "LogLevel") == 0 ? control->get_level() :
                strcmp(property, "LogTarget") == 0            ? control->get_target() :
                                                                control->identifier;

        (void) bus;
        (void) path;
        (void) interface;
        (void) error;
        return sd_bus_message_append_basic(reply, 's', value);
}

static int set_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *value, void *userdata, sd_bus_error *error) {
        const LogControl *control = userdata;
        LogControlSetFunc set =
                strcmp(property, "LogLevel") == 0 ? control->set_level : control->set_target;
        g_autoptr(GError) problem = NULL;
        g_autoptr(GError) refusal = NULL;
        const char *word;
        int r;

        (void) bus;
        (void) path;
        (void) interface;
        r = sd_bus_message_read(value, "s", &word);
        if (r < 0)
                return r;
        if (set(word, &problem))
                return 0;

        refusal = g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_ARGUMENT, problem->message);
        return bus_error_reply(error, 0, refusal);
}

static const sd_bus_vtable log_control_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_property, set_property, 0, 0),
        SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_property, set_property, 0, 0),
        SD_BUS_PROPERTY("SyslogIdentifier", "s", get_property, 0, 0),
        SD_BUS_VTABLE_END,
};

int log_control_add(sd_bus *bus, const LogControl *control) {
        return sd_bus_add_object_vtable(bus, NULL, LOG_CONTROL_PATH, LOG_CONTROL_INTERFACE,
                                        log_control_vtable, (void *) control);
}
