/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Calls of org.cpuidd1.Host, one line each in a test. All of them abort where the bus fails. */

#include <stddef.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#define FINDING "(uuyyyssssttsas)"

/* Opened and closed by the program */
extern sd_bus *call_bus;

sd_bus_message *call_new(const char *member);
/* Of another connection than that */
sd_bus_message *call_new_on(sd_bus *bus, const char *member);
sd_bus_message *call_send(sd_bus_message *call);

/* @text: a part of the message */
void call_assert_refused(sd_bus_message *call, const char *name, const char *text);

/* The values as for sd_bus_message_append() */
sd_bus_message *call_ask(const char *member, const char *types, ...);
void call_refuse(const char *member, const char *name, const char *text, const char *types, ...);

/* Check of no rows with one option, an array: between the two its elements are appended */
sd_bus_message *call_open_option(const char *name, const char *type);
void call_close_option(sd_bus_message *call);

/* The elements of an array */
size_t reply_count(sd_bus_message *m, const char *type);
/* Gives the number of findings. @expected: NULL for any */
size_t reply_assert_verdict(sd_bus_message *m, const char *expected);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
