/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A line for each call: who called what, how it ended, and how long that took. While it is off a
 * call costs nothing more for it. */

#include <stdbool.h>

#include <systemd/sd-bus.h>

typedef void (*CallLogFunc)(const char *line);

/* One bus a process, which has its event loop. Off at first. */
void call_log_init(sd_bus *bus, CallLogFunc func);
void call_log_set_enabled(bool is_enabled);

/* For handlers: how the call at hand ended, in a static word. The first that is said counts. */
void call_log_outcome(const char *outcome);
