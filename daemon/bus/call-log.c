/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A filter sees each call before its handler does, and the event loop says when that has returned.
 * Neither is there while this is off. What is answered later (Refresh, large ones of CheckMany) has
 * the time until it was put aside. */

#include "daemon/bus/call-log.h"

#include "daemon/bus/bus-util.h"

typedef struct CallLog {
        sd_bus *bus; /* its user's */
        CallLogFunc func;
        sd_bus_slot *filter; /* NULL: off */
        sd_event_source *after;
        sd_bus_message *call; /* under way; NULL: none */
        const char *outcome;
        int64_t start;
} CallLog;

static CallLog call_log;

static void end_call(void) {
        g_autoptr(sd_bus_message) call = g_steal_pointer(&call_log.call);
        g_autofree char *line = NULL;

        if (!call)
                return;

        line = g_strdup_printf("call of %s by %s: %s, %" G_GINT64_FORMAT " us",
                               sd_bus_message_get_member(call),
                               sd_bus_message_get_sender(call) ?: "its peer",
                               call_log.outcome ?: "done", g_get_monotonic_time() - call_log.start);
        call_log.func(line);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        end_call();
        if (!sd_bus_message_is_method_call(m, NULL, NULL))
                return 0;

        call_log.call = sd_bus_message_ref(m);
        call_log.outcome = NULL;
        call_log.start = g_get_monotonic_time();
        return 0;
}

static int on_handled(sd_event_source *source, void *userdata) {
        (void) source;
        (void) userdata;
        end_call();
        return 0;
}

void call_log_init(sd_bus *bus, CallLogFunc func) {
        call_log.bus = bus;
        call_log.func = func;
}

/* Floating, both end with the bus and the loop and keep neither. */
static void enable(void) {
        if (sd_bus_add_filter(call_log.bus, &call_log.filter, on_message, NULL) < 0 ||
            sd_event_add_post(sd_bus_get_event(call_log.bus), &call_log.after, on_handled, NULL) <
                    0) {
                call_log_set_enabled(false);
                return;
        }

        (void) sd_event_source_set_priority(call_log.after, SD_EVENT_PRIORITY_IMPORTANT);
        (void) sd_bus_slot_set_floating(call_log.filter, true);
        (void) sd_event_source_set_floating(call_log.after, true);
}

static void disable(void) {
        if (call_log.filter)
                (void) sd_bus_slot_set_floating(call_log.filter, false);
        call_log.filter = sd_bus_slot_unref(call_log.filter);
        if (call_log.after)
                (void) sd_event_source_set_floating(call_log.after, false);
        call_log.after = sd_event_source_disable_unref(call_log.after);
        call_log.call = sd_bus_message_unref(call_log.call);
}

void call_log_set_enabled(bool is_enabled) {
        if (is_enabled && !call_log.filter)
                enable();
        else if (!is_enabled)
                disable();
}

void call_log_outcome(const char *outcome) {
        if (call_log.call && !call_log.outcome)
                call_log.outcome = outcome;
}
