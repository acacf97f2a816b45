/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What g_autoptr() has to know of sd-bus and sd-event, and what they do not say in one word */

#include <poll.h>
#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_flush_close_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_creds, sd_bus_creds_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_slot, sd_bus_slot_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_event, sd_event_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_event_source, sd_event_source_disable_unref)

/* Whether there are messages that nobody has read yet */
static inline bool bus_has_input(sd_bus *bus) {
        struct pollfd input = { .fd = sd_bus_get_fd(bus), .events = POLLIN };
        uint64_t n = 0;

        (void) sd_bus_get_n_queued_read(bus, &n);
        return n > 0 || poll(&input, 1, 0) > 0;
}
