/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the log and the bus meet. At level debug there is a line for each call. */

#include "daemon/log-bus.h"

#include <syslog.h>

#include "daemon/bus/call-log.h"
#include "daemon/bus/log-control.h"
#include "daemon/log.h"

static void say_call(const char *line) {
        log_event(LOG_DEBUG, NULL, NULL, "%s", line);
}

static bool set_level(const char *name, GError **error) {
        if (!log_set_level(name, error))
                return false;

        call_log_set_enabled(log_has_level(LOG_DEBUG));
        return true;
}

int log_bus_add(sd_bus *bus) {
        static const LogControl control = {
                .identifier = LOG_IDENTIFIER,
                .get_level = log_level,
                .set_level = set_level,
                .get_target = log_target,
                .set_target = log_set_target,
        };

        call_log_init(bus, say_call);
        return log_control_add(bus, &control);
}
