/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sd-bus tells how many messages it has not got rid of, and not how large they are: so sizes are
 * remembered by the messages' cookies, which count up. dbus-daemon reads nothing from a connection
 * of which it keeps 127 MiB for others, and says nothing: it is asked whether it is there, while
 * there is anybody who would wait for it. */

#include "daemon/bus/outbox.h"

#include <malloc.h>
#include <poll.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"

/* So many that it is worth while to look for what they took */
#define MANY 64

typedef struct Sent {
        uint64_t cookie;
        size_t size;
} Sent;

struct Outbox {
        sd_bus *bus;
        sd_bus_slot *filter;
        sd_event_source *timer;
        sd_bus_slot *question; /* whether the bus is there; NULL: not asked */
        uint64_t asked;        /* the question's cookie */
        OutboxStuckFunc func;
        void *userdata;
        GArray *sent; /* Sent: those that may still be here, in order */
        size_t size;  /* of them */
        bool has_been_many;
};

static uint64_t count_waiting(const Outbox *outbox) {
        uint64_t n = 0;

        return sd_bus_get_n_queued_write(outbox->bus, &n) < 0 ? 0 : n;
}

/* What waits is what was sent last. */
static void forget_taken(Outbox *outbox, uint64_t n_waiting) {
        const GArray *sent = outbox->sent;
        size_t n = 0;

        while (n < sent->len) {
                const Sent *one = &g_array_index(sent, Sent, n);
                const Sent *last = &g_array_index(sent, Sent, sent->len - 1);

                if (n_waiting > 0 && one->cookie + n_waiting > last->cookie)
                        break;
                outbox->size -= one->size;
                n++;
        }

        g_array_remove_range(outbox->sent, 0, n);
}

/* What many answers took is below what came later, so that glibc does not give it back by itself. */
static void give_memory_back(Outbox *outbox, uint64_t n_waiting) {
        if (n_waiting > MANY)
                outbox->has_been_many = true;
        else if (n_waiting == 0 && outbox->has_been_many) {
                outbox->has_been_many = false;
                (void) malloc_trim(0);
        }
}

static int on_pong(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* Its question stands behind all that waits. */
static void ask_bus(Outbox *outbox) {
        g_autoptr(sd_bus_message) m = NULL;
        int r;

        r = sd_bus_message_new_method_call(outbox->bus, &m, "org.freedesktop.DBus",
                                           "/org/freedesktop/DBus", "org.freedesktop.DBus.Peer",
                                           "Ping");
        if (r >= 0)
                r = sd_bus_call_async(outbox->bus, &outbox->question, m, on_pong, outbox,
                                      OUTBOX_PATIENCE_USEC);
        if (r >= 0)
                (void) sd_bus_message_get_cookie(m, &outbox->asked);
}

/* No answer in time may be our own fault, who have not come to read it: but not where there is
 * nothing to read, nor where the question itself still waits here. The next one's cookie tells. */
static bool is_stuck(Outbox *outbox) {
        const uint64_t asked = outbox->asked;
        struct pollfd input = { .fd = sd_bus_get_fd(outbox->bus), .events = POLLIN };
        uint64_t n_read = 0;

        (void) sd_bus_get_n_queued_read(outbox->bus, &n_read);
        if (n_read == 0 && poll(&input, 1, 0) == 0)
                return true;

        ask_bus(outbox);
        return asked + count_waiting(outbox) > outbox->asked;
}

static int on_pong(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Outbox *outbox = userdata;

        (void) error;
        outbox->question = sd_bus_slot_unref(outbox->question);
        if ((sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY) ||
             sd_bus_message_is_method_error(m, SD_BUS_ERROR_TIMEOUT)) &&
            is_stuck(outbox))
                outbox->func(outbox->userdata);
        return 0;
}

static int on_time_to_ask(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        ask_bus(userdata);
        return 0;
}

/* After the call at hand, so that whoever waits in vain is not the only one to know */
static void ask_soon(Outbox *outbox) {
        int is_enabled;

        if (outbox->question || !outbox->timer ||
            sd_event_source_get_enabled(outbox->timer, &is_enabled) != 0)
                return;

        (void) sd_event_source_set_time_relative(outbox->timer, OUTBOX_INTERVAL_USEC);
        (void) sd_event_source_set_enabled(outbox->timer, SD_EVENT_ONESHOT);
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Outbox *outbox = userdata;
        g_autoptr(GError) problem = NULL;
        uint64_t n_waiting;

        if (!sd_bus_message_is_method_call(m, NULL, NULL))
                return 0;
        ask_soon(outbox);

        n_waiting = count_waiting(outbox);
        forget_taken(outbox, n_waiting);
        give_memory_back(outbox, n_waiting);
        if (n_waiting < OUTBOX_MESSAGES_MAX && outbox->size < OUTBOX_SIZE_MAX)
                return 0;

        if (!sd_bus_message_get_expect_reply(m))
                return 1;
        g_set_error_literal(&problem, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "the bus does not take answers as fast as questions come; ask again "
                            "later");
        return bus_error_reply(error, 0, problem);
}

/* A bus without a loop is somebody's who looks after it himself. */
static int add_timer(Outbox *outbox, sd_event *event) {
        int r;

        if (!event)
                return 0;
        r = sd_event_add_time(event, &outbox->timer, CLOCK_MONOTONIC, 0, 0, on_time_to_ask, outbox);
        return r < 0 ? r : sd_event_source_set_enabled(outbox->timer, SD_EVENT_OFF);
}

int outbox_new(sd_bus *bus, OutboxStuckFunc func, void *userdata, Outbox **ret) {
        g_autoptr(Outbox) outbox = g_new0(Outbox, 1);
        int r;

        outbox->bus = sd_bus_ref(bus);
        outbox->func = func;
        outbox->userdata = userdata;
        outbox->sent = g_array_new(FALSE, FALSE, sizeof(Sent));
        r = sd_bus_add_filter(bus, &outbox->filter, on_message, outbox);
        if (r < 0)
                return r;
        r = add_timer(outbox, sd_bus_get_event(bus));
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&outbox);
        return 0;
}

Outbox *outbox_free(Outbox *outbox) {
        if (!outbox)
                return NULL;

        sd_bus_slot_unref(outbox->filter);
        sd_event_source_disable_unref(outbox->timer);
        sd_bus_slot_unref(outbox->question);
        sd_bus_unref(outbox->bus);
        g_array_unref(outbox->sent);
        g_free(outbox);
        return NULL;
}

int outbox_send(Outbox *outbox, sd_bus_message *answer, size_t size) {
        uint64_t n_waiting;
        Sent sent = { .size = size };
        int r;

        r = sd_bus_message_send(answer);
        n_waiting = count_waiting(outbox);
        if (r < 0 || n_waiting == 0 || sd_bus_message_get_cookie(answer, &sent.cookie) < 0)
                return r;

        g_array_append_val(outbox->sent, sent);
        outbox->size += size;
        forget_taken(outbox, n_waiting);
        return r;
}
