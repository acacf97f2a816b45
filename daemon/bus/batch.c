/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A call is read guest by guest, and its reply written verdict by verdict, so that at any time it
 * can be put aside: there is nothing to keep but the two messages and the host that was asked. */

#include "daemon/bus/batch.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/caller.h"
#include "daemon/bus/wire.h"
#include "policy/check.h"
#include "policy/offer.h"

/* As long as others are kept waiting at first, and each time after that; guests that fit are done a
 * thousand in the first. */
#define FIRST_SLICE_USEC (50 * 1000)
#define SLICE_USEC (10 * 1000)

struct Batches {
        GPtrArray *under_way; /* Batch */
};

typedef struct Batch {
        Batches *batches;
        Outbox *outbox;
        sd_bus_message *call;
        sd_bus_message *reply;
        sd_event_source *source;
        Caller *caller;     /* nobody explains what nobody waits for */
        OfferCache *offers; /* its own: the host may be another one before this is done */
        size_t n_guests;
        size_t size; /* of the verdicts so far */
} Batch;

static Batch *batch_free(Batch *batch) {
        if (!batch)
                return NULL;

        sd_bus_message_unref(batch->call);
        sd_bus_message_unref(batch->reply);
        sd_event_source_disable_unref(batch->source);
        caller_free(batch->caller);
        g_clear_pointer(&batch->offers, offer_cache_free);
        g_free(batch);
        return NULL;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)

Batches *batches_new(void) {
        Batches *batches = g_new0(Batches, 1);

        batches->under_way = g_ptr_array_new_with_free_func((GDestroyNotify) batch_free);
        return batches;
}

Batches *batches_free(Batches *batches, const GError *problem) {
        if (!batches)
                return NULL;

        for (size_t i = 0; i < batches->under_way->len; i++) {
                const Batch *batch = batches->under_way->pdata[i];

                (void) bus_error_send(batch->call, problem);
        }

        g_ptr_array_unref(batches->under_way);
        g_free(batches);
        return NULL;
}

static int append_verdict(sd_bus_message *reply, const Verdict *verdict) {
        int r;

        r = sd_bus_message_open_container(reply, 'r', "sasa(uuyyyssssttsas)");
        if (r < 0)
                return r;
        r = wire_append_verdict(reply, verdict);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int check_guest(Batch *batch, GError **error) {
        g_autoptr(Guest) guest = NULL;
        g_auto(Verdict) verdict = {};
        CheckFlags flags;
        int r;

        r = wire_read_guest(batch->call, &guest, &flags, error);
        if (r < 0)
                return r;

        check(offer_cache_get(batch->offers, guest->capabilities), guest, flags, &verdict);

        batch->size += wire_verdict_size(&verdict);
        if (batch->size > WIRE_VERDICTS_SIZE_MAX) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                            "the answer is larger than %d MiB; ask about fewer guests, or with "
                            "verdict_only",
                            WIRE_VERDICTS_SIZE_MAX / (1024 * 1024));
                return -EINVAL;
        }

        return append_verdict(batch->reply, &verdict);
}

/* 0 at the end of them */
static int check_next(Batch *batch, GError **error) {
        int r;

        r = sd_bus_message_enter_container(batch->call, 'r', "aua{sv}");
        if (r <= 0)
                return r;

        if (batch->n_guests == WIRE_GUESTS_MAX) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE,
                            "more than %d guests; ask in several calls", WIRE_GUESTS_MAX);
                return -EINVAL;
        }

        r = check_guest(batch, error);
        if (r < 0) {
                g_prefix_error(error, "guest %zu: ", batch->n_guests);
                return r;
        }

        batch->n_guests++;
        r = sd_bus_message_exit_container(batch->call);
        return r < 0 ? r : 1;
}

/* 0: answered; 1: there is more to do */
static int run_slice(Batch *batch, int64_t usec, GError **error) {
        int64_t end = g_get_monotonic_time() + usec;
        int r;

        do {
                r = check_next(batch, error);
        } while (r > 0 && g_get_monotonic_time() < end);
        if (r != 0)
                return r;

        r = sd_bus_message_close_container(batch->reply);
        if (r < 0)
                return r;
        r = outbox_send(batch->outbox, batch->reply, batch->size);
        return r < 0 ? r : 0;
}

/* A timer at now: unlike a deferred source it takes its place behind all that waits already. That
 * is one message of the bus, so where there are more they have as much time as all batches together
 * take, and as much again. */
static int wait_for_turn(Batch *batch) {
        uint64_t usec = bus_has_input(sd_bus_message_get_bus(batch->call)) ?
                2 * batch->batches->under_way->len * SLICE_USEC :
                0;
        int r;

        r = sd_event_source_set_time_relative(batch->source, usec);
        return r < 0 ? r : sd_event_source_set_enabled(batch->source, SD_EVENT_ONESHOT);
}

/* Its pieces are many, and what came meanwhile is above them: glibc does not give them back by
 * itself. */
static void end_batch(Batch *batch) {
        GPtrArray *under_way = batch->batches->under_way;

        g_ptr_array_remove(under_way, batch);
        if (under_way->len == 0)
                (void) malloc_trim(0);
}

static void on_gone(void *userdata) {
        end_batch(userdata);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata) {
        Batch *batch = userdata;
        g_autoptr(GError) error = NULL;
        int r;

        (void) source;
        (void) usec;
        r = run_slice(batch, SLICE_USEC, &error);
        if (r > 0)
                return wait_for_turn(batch);

        bus_error_answer(batch->call, r, error);
        end_batch(batch);
        return 0;
}

static bool may_put_aside(const Batches *batches, sd_bus_message *call, GError **error) {
        const char *sender = sd_bus_message_get_sender(call) ?: "";
        bool is_busy = batches->under_way->len >= BATCHES_MAX;

        for (size_t i = 0; i < batches->under_way->len; i++) {
                const Batch *other = batches->under_way->pdata[i];

                is_busy |= strcmp(sd_bus_message_get_sender(other->call) ?: "", sender) == 0;
        }

        if (is_busy)
                g_set_error(
                        error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                        "as many large questions as are taken at once (one a client, %d in all) "
                        "are being answered; ask again later, or about fewer guests",
                        BATCHES_MAX);
        return !is_busy;
}

static int put_aside(Batches *batches, Batch *batch, GError **error) {
        sd_event *event = sd_bus_get_event(sd_bus_message_get_bus(batch->call));
        int r;

        if (!may_put_aside(batches, batch->call, error))
                return -EBUSY;

        /* A peer that has no name is there as long as its connection. */
        r = caller_watch(batch->call, on_gone, batch, &batch->caller);
        if (r < 0 && r != -ENOTCONN)
                return r;
        return sd_event_add_time_relative(event, &batch->source, CLOCK_MONOTONIC, 0, 1, on_turn,
                                          batch);
}

static int batch_new(Batches *batches, Host *host, sd_bus_message *call, Batch **ret) {
        g_autoptr(Batch) batch = g_new0(Batch, 1);
        int r;

        batch->batches = batches;
        batch->call = sd_bus_message_ref(call);
        batch->offers = offer_cache_new(host);
        r = sd_bus_message_new_method_return(call, &batch->reply);
        if (r < 0)
                return r;

        r = sd_bus_message_enter_container(call, 'a', "(aua{sv})");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(batch->reply, 'a', "(sasa(uuyyyssssttsas))");
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&batch);
        return 0;
}

int batches_answer(Batches *batches, Outbox *outbox, Host *host, sd_bus_message *call,
                   GError **error) {
        g_autoptr(Batch) batch = NULL;
        int r;

        r = batch_new(batches, host, call, &batch);
        if (r < 0)
                return r;
        batch->outbox = outbox;
        r = run_slice(batch, FIRST_SLICE_USEC, error);
        if (r < 0)
                return r;
        if (r == 0)
                return 1;

        r = put_aside(batches, batch, error);
        if (r < 0)
                return r;
        g_ptr_array_add(batches->under_way, g_steal_pointer(&batch));
        return 1;
}
