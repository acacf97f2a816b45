/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* org.freedesktop.LogControl1: how much is logged, and where to. What a log is its owner knows. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

typedef const char *(*LogControlGetFunc)(void);
/* @error says what was expected */
typedef bool (*LogControlSetFunc)(const char *value, GError **error);

typedef struct LogControl {
        const char *identifier; /* of syslog(3) */
        LogControlGetFunc get_level;
        LogControlSetFunc set_level;
        LogControlGetFunc get_target;
        LogControlSetFunc set_target;
} LogControl;

/* For as long as the bus, and so has @control to be. Negative errno. */
int log_control_add(sd_bus *bus, const LogControl *control);
