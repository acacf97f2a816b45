/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A queue of senders, each with a queue of calls. The first sender's first call is answered, then it
 * goes to the end. A timer gives the turns: at once where nothing else is to be done, and otherwise
 * when others have had nine times as long as the last turn took. */

#include "daemon/bus/turns.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/caller.h"

#define OTHERS_SHARE 9

typedef struct Waiting {
        sd_bus_message *call;
        Guest *guest;
        CheckFlags flags;
} Waiting;

typedef struct Sender {
        Turns *turns;
        char *name; /* on the bus */
        GQueue waiting;
        Caller *caller; /* nobody explains what nobody waits for */
} Sender;

struct Turns {
        GQueue senders;
        size_t n_waiting;
        sd_event_source *source;
        TurnsFunc func;
        void *userdata;
};

static void waiting_free(gpointer data) {
        Waiting *waiting = data;

        sd_bus_message_unref(waiting->call);
        guest_free(waiting->guest);
        g_free(waiting);
}

static void sender_free(gpointer data) {
        Sender *sender = data;

        sender->turns->n_waiting -= sender->waiting.length;
        g_queue_clear_full(&sender->waiting, waiting_free);
        caller_free(sender->caller);
        g_free(sender->name);
        g_free(sender);
}

Turns *turns_new(TurnsFunc func, void *userdata) {
        Turns *turns = g_new0(Turns, 1);

        g_queue_init(&turns->senders);
        turns->func = func;
        turns->userdata = userdata;
        return turns;
}

static void refuse(gpointer data, gpointer userdata) {
        const Waiting *waiting = data;

        (void) bus_error_send(waiting->call, userdata);
}

Turns *turns_free(Turns *turns, const GError *problem) {
        if (!turns)
                return NULL;

        for (GList *l = turns->senders.head; l; l = l->next)
                g_queue_foreach(&((Sender *) l->data)->waiting, refuse, (gpointer) problem);
        g_queue_clear_full(&turns->senders, sender_free);
        sd_event_source_disable_unref(turns->source);
        g_free(turns);
        return NULL;
}

bool turns_must_wait(const Turns *turns, sd_bus_message *call) {
        return turns->senders.length > 0 || bus_has_input(sd_bus_message_get_bus(call));
}

static int schedule(Turns *turns, uint64_t usec) {
        int r;

        r = sd_event_source_set_time_relative(turns->source, usec);
        return r < 0 ? r : sd_event_source_set_enabled(turns->source, SD_EVENT_ONESHOT);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata) {
        Turns *turns = userdata;
        Sender *sender = g_queue_pop_head(&turns->senders);
        int64_t start = g_get_monotonic_time();
        Waiting *waiting;
        bool is_busy;

        (void) source;
        (void) usec;
        if (!sender)
                return 0;

        waiting = g_queue_pop_head(&sender->waiting);
        turns->n_waiting--;
        is_busy = bus_has_input(sd_bus_message_get_bus(waiting->call));
        turns->func(waiting->call, waiting->guest, waiting->flags, turns->userdata);
        waiting_free(waiting);

        if (sender->waiting.length > 0)
                g_queue_push_tail(&turns->senders, sender);
        else
                sender_free(sender);
        if (turns->senders.length == 0)
                return 0;
        return schedule(turns, is_busy ? OTHERS_SHARE * (g_get_monotonic_time() - start) : 0);
}

static void on_gone(void *userdata) {
        Sender *sender = userdata;

        g_queue_remove(&sender->turns->senders, sender);
        sender_free(sender);
}

static Sender *find_sender(const Turns *turns, const char *name) {
        for (GList *l = turns->senders.head; l; l = l->next)
                if (strcmp(((Sender *) l->data)->name, name) == 0)
                        return l->data;

        return NULL;
}

/* Its place in the queue is the caller's to give */
static int sender_new(Turns *turns, sd_bus_message *call, const char *name, Sender **ret) {
        Sender *sender = g_new0(Sender, 1);
        int r;

        sender->turns = turns;
        sender->name = g_strdup(name);
        g_queue_init(&sender->waiting);
        /* A peer that has no name is there as long as its connection. */
        r = caller_watch(call, on_gone, sender, &sender->caller);
        if (r < 0 && r != -ENOTCONN) {
                sender_free(sender);
                return r;
        }

        *ret = sender;
        return 0;
}

static Sender *largest_sender(const Turns *turns) {
        Sender *largest = NULL;

        for (GList *l = turns->senders.head; l; l = l->next) {
                Sender *sender = l->data;

                if (!largest || sender->waiting.length > largest->waiting.length)
                        largest = sender;
        }

        return largest;
}

static void set_busy(GError **error) {
        g_set_error_literal(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "as many questions as can wait are waiting to be explained; ask again "
                            "when some are answered");
}

/* Who has most has it from the others. */
static bool make_room(Turns *turns, const Sender *sender, GError **error) {
        size_t n = sender ? sender->waiting.length : 0;
        g_autoptr(GError) problem = NULL;
        Sender *largest;
        Waiting *last;

        if (n < TURNS_SENDER_MAX && turns->n_waiting < TURNS_MAX)
                return true;

        largest = largest_sender(turns);
        if (!largest || n >= TURNS_SENDER_MAX || largest->waiting.length <= n + 1) {
                set_busy(error);
                return false;
        }

        last = g_queue_pop_tail(&largest->waiting);
        turns->n_waiting--;
        set_busy(&problem);
        (void) bus_error_send(last->call, problem);
        waiting_free(last);
        return true;
}

static int start(Turns *turns, sd_bus_message *call) {
        sd_event *event = sd_bus_get_event(sd_bus_message_get_bus(call));

        if (turns->source)
                return turns->senders.length > 1 ? 0 : schedule(turns, 0);
        return sd_event_add_time_relative(event, &turns->source, CLOCK_MONOTONIC, 0, 1, on_turn,
                                          turns);
}

int turns_add(Turns *turns, sd_bus_message *call, Guest *guest, CheckFlags flags, GError **error) {
        const char *name = sd_bus_message_get_sender(call) ?: "";
        Sender *sender = find_sender(turns, name);
        g_autoptr(Guest) own_guest = guest;
        Waiting *waiting;
        int r;

        if (!make_room(turns, sender, error))
                return -EBUSY;

        if (!sender) {
                r = sender_new(turns, call, name, &sender);
                if (r < 0)
                        return r;
                g_queue_push_tail(&turns->senders, sender);
                r = start(turns, call);
                if (r < 0) {
                        on_gone(sender);
                        return r;
                }
        }

        waiting = g_new0(Waiting, 1);
        waiting->call = sd_bus_message_ref(call);
        waiting->guest = g_steal_pointer(&own_guest);
        waiting->flags = flags;
        g_queue_push_tail(&sender->waiting, waiting);
        turns->n_waiting++;
        return 1;
}
