/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One who asks much that takes long keeps nobody waiting but himself. Counted, not timed: what of his is
 * answered when the other has its answer. */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"
#include "tests/bus/call.h"

#define PATIENCE_USEC (300 * G_USEC_PER_SEC)

#define N_CONNECTIONS 8
#define N_CALLS 40 /* of each: fewer than one may have waiting */
#define N_TOO_MANY 110

typedef struct Client {
        sd_bus *bus;
        unsigned n_verdicts;
        unsigned n_busy;
        unsigned n_others;
        char *refusal; /* the last */
} Client;

static uint32_t *offer, *unfit;
static size_t size;

static void open_client(Client *client) {
        *client = (Client){};
        g_assert_cmpint(sd_bus_open_system(&client->bus), >=, 0);
}

static void close_client(Client *client) {
        sd_bus_close_unref(client->bus);
        g_free(client->refusal);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Client *client = userdata;
        const sd_bus_error *refusal = sd_bus_message_get_error(m);

        (void) error;
        if (!refusal)
                client->n_verdicts++;
        else if (strcmp(refusal->name, CPUIDD_ERROR_NAME_BUSY) == 0)
                client->n_busy++;
        else
                client->n_others++;
        if (refusal) {
                g_free(client->refusal);
                client->refusal = g_strdup(refusal->message);
        }
        return 0;
}

/* Without findings: those of hundreds would not come as fast as they are made. */
static sd_bus_message *new_check(sd_bus *bus, const uint32_t *table) {
        sd_bus_message *call = call_new_on(bus, "Check");

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', table, size), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 1, "verdict_only", "b", 1), >=, 0);
        return call;
}

static void send_checks(Client *client, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                g_autoptr(sd_bus_message) call = new_check(client->bus, unfit);

                g_assert_cmpint(sd_bus_call_async(client->bus, NULL, call, on_answer, client,
                                                  PATIENCE_USEC),
                                >=, 0);
        }

        /* When the bus answers it has passed on what came before. */
        g_assert_cmpint(sd_bus_call_method(client->bus, "org.freedesktop.DBus",
                                           "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                                           NULL, NULL, ""),
                        >=, 0);
}

static unsigned n_answers(const Client *client) {
        return client->n_verdicts + client->n_busy + client->n_others;
}

/* What has come */
static void process(Client *client) {
        int r;

        while ((r = sd_bus_process(client->bus, NULL)) > 0)
                ;
        g_assert_cmpint(r, >=, 0);
}

static void await(Client *client, unsigned n) {
        for (process(client); n_answers(client) < n; process(client))
                g_assert_cmpint(sd_bus_wait(client->bus, PATIENCE_USEC), >=, 0);
}

static void check_now(const uint32_t *table, const char *verdict) {
        g_autoptr(sd_bus_message) call = new_check(call_bus, table), reply = call_send(call);

        (void) reply_assert_verdict(reply, verdict);
}

static void test_others_first(void) {
        Client clients[N_CONNECTIONS];
        unsigned n_verdicts = 0;

        for (size_t i = 0; i < N_CONNECTIONS; i++)
                open_client(&clients[i]);
        for (size_t i = 0; i < N_CONNECTIONS; i++)
                send_checks(&clients[i], N_CALLS);

        check_now(offer, "supported");
        check_now(unfit, "unsupported");
        for (size_t i = 0; i < N_CONNECTIONS; i++) {
                process(&clients[i]);
                n_verdicts += clients[i].n_verdicts;
        }
        g_test_message("%u of %u were answered before", n_verdicts, N_CONNECTIONS * N_CALLS);
        g_assert_cmpuint(n_verdicts, <, N_CONNECTIONS * N_CALLS / 2);

        for (size_t i = 0; i < N_CONNECTIONS; i++) {
                await(&clients[i], N_CALLS);
                g_assert_cmpuint(clients[i].n_verdicts, ==, N_CALLS);
                close_client(&clients[i]);
        }
}

static void test_too_many(void) {
        Client client;

        open_client(&client);
        send_checks(&client, N_TOO_MANY);
        await(&client, N_TOO_MANY);
        g_test_message("%u verdicts, %u busy", client.n_verdicts, client.n_busy);
        g_assert_cmpuint(client.n_others, ==, 0);
        g_assert_cmpuint(client.n_verdicts, >=, 64);
        if (client.n_busy > 0)
                g_assert_cmpstr(client.refusal, ==,
                                "as many questions as can wait are waiting to be explained; ask "
                                "again when some are answered");
        close_client(&client);
        check_now(unfit, "unsupported");
}

/* More than are kept of all: who has most gives way, so that who comes later has a place. */
static void test_crowd(void) {
        Client clients[2 * N_CONNECTIONS], late;
        unsigned n_busy = 0, n_verdicts = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(clients); i++)
                open_client(&clients[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(clients); i++)
                send_checks(&clients[i], 60);
        await(&clients[0], 1);

        open_client(&late);
        send_checks(&late, 1);
        await(&late, 1);
        g_assert_cmpuint(late.n_verdicts, ==, 1);
        close_client(&late);
        for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
                await(&clients[i], 60);
                n_busy += clients[i].n_busy;
                n_verdicts += clients[i].n_verdicts;
                g_assert_cmpuint(clients[i].n_others, ==, 0);
                close_client(&clients[i]);
        }
        g_test_message("%u verdicts, %u busy", n_verdicts, n_busy);
        g_assert_cmpuint(n_verdicts + n_busy, ==, 60 * G_N_ELEMENTS(clients));
}

/* Nobody explains what nobody waits for. */
static void test_gone(void) {
        Client client;

        open_client(&client);
        send_checks(&client, N_CALLS);
        await(&client, 1);
        close_client(&client);
        check_now(unfit, "unsupported");
        check_now(offer, "supported");
}

static void read_tables(void) {
        g_autoptr(sd_bus_message) m = call_ask("GetCpuid", "as", 1, "irqchip");
        const void *words;

        g_assert_cmpint(sd_bus_message_read_array(m, 'u', &words, &size), >, 0);
        offer = g_memdup2(words, size);
        unfit = g_memdup2(words, size);
        for (size_t i = 0; i < size / sizeof(uint32_t); i++)
                if (i % 7 > 2)
                        unfit[i] = UINT32_MAX;
}

int main(int argc, char **argv) {
        int status;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        g_assert_cmpint(sd_bus_set_method_call_timeout(call_bus, PATIENCE_USEC), >=, 0);
        read_tables();

        g_test_add_func("/turns/others-first", test_others_first);
        g_test_add_func("/turns/too-many", test_too_many);
        g_test_add_func("/turns/crowd", test_crowd);
        g_test_add_func("/turns/gone", test_gone);
        status = g_test_run();

        g_free(offer);
        g_free(unfit);
        sd_bus_flush_close_unref(call_bus);
        return status;
}
