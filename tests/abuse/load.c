/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clients that each ask the next question when the last one is answered, all at once.
 *
 *     load count N     N calls of all kinds: each has the answer that it has to have, or the error
 *     load ratio N     N calls of Check, and of bench-bus's Echo in turns: the median and the tail of
 *                      one as ratios to those of the other
 *
 * In `count` a line says how many were sent and answered, for the log's count to be held against. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "dbus/names.h"
#include "tests/abuse/health.h"
#include "tests/bus/call.h"

#define N_CLIENTS 64
#define N_ROUNDS 10
#define N_MANY 3
#define PATIENCE_USEC (120 * G_USEC_PER_SEC)
#define ECHO_NAME "org.cpuidd1.Echo"

static const uint32_t monitor_row[] = { 1, 0, 0, 0, 0, 1 << 3, 0 };

typedef struct Question {
        const char *member;
        void (*fill)(sd_bus_message *call);
        const char *verdict; /* expected; NULL: whatever is no error */
        const char *error;   /* expected; NULL: none */
} Question;

typedef struct Load {
        sd_event *event;
        const Question *questions;
        size_t n_questions;
        bool is_echo;
        size_t n_wanted, n_sent, n_answered, n_errors, n_wrong;
        uint64_t *times; /* ns, n_wanted; NULL: not taken */
} Load;

typedef struct Client {
        Load *load;
        sd_bus *bus;
        const Question *question;
        int64_t start;
} Client;

static int64_t now_ns(void) {
        struct timespec now;

        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void append(sd_bus_message *call, const uint32_t *table, size_t size) {
        g_assert_cmpint(sd_bus_message_append_array(call, 'u', table, size), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
}

static void fill_good(sd_bus_message *call) {
        size_t size;
        const uint32_t *table = health_good_table(&size);

        append(call, table, size);
}

static void fill_bad(sd_bus_message *call) {
        size_t size;
        const uint32_t *table = health_bad_table(&size);

        append(call, table, size / 10 / 28 * 28);
}

static void fill_needing(sd_bus_message *call) {
        append(call, monitor_row, sizeof(monitor_row));
}

static void fill_half(sd_bus_message *call) {
        append(call, monitor_row, sizeof(monitor_row) - sizeof(uint32_t));
}

static void fill_many(sd_bus_message *call) {
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < N_MANY; i++) {
                g_assert_cmpint(sd_bus_message_open_container(call, 'r', "aua{sv}"), >=, 0);
                (i == 0 ? fill_good : fill_needing)(call);
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
}

static void fill_capabilities(sd_bus_message *call) {
        g_assert_cmpint(sd_bus_message_append(call, "as", 2, "irqchip", "hyperv"), >=, 0);
}

static void fill_nobody(sd_bus_message *call) {
        g_assert_cmpint(sd_bus_message_append(call, "as", 1, "nobody"), >=, 0);
}

static const Question all_questions[] = {
        { "Check", fill_good, "supported", NULL },
        { "Check", fill_bad, "unsupported", NULL },
        { "Check", fill_needing, "needs-capabilities", NULL },
        { "Check", fill_half, NULL, CPUIDD_ERROR_NAME_INVALID_TABLE },
        { "CheckMany", fill_many, NULL, NULL },
        { "GetCpuid", fill_capabilities, NULL, NULL },
        { "GetCpuid", fill_nobody, NULL, CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY },
};

static const Question echo_question = { "Echo", fill_good, "supported", NULL };

static bool is_right(sd_bus_message *answer, const Question *question) {
        const char *verdict;

        if (question->error)
                return sd_bus_message_is_method_error(answer, question->error);
        if (sd_bus_message_is_method_error(answer, NULL))
                return false;
        return !question->verdict ||
                (sd_bus_message_read(answer, "s", &verdict) >= 0 &&
                 strcmp(verdict, question->verdict) == 0);
}

static void ask(Client *client);

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Client *client = userdata;
        Load *load = client->load;

        (void) error;
        if (load->times)
                load->times[load->n_answered] = now_ns() - client->start;
        load->n_answered++;
        load->n_errors += sd_bus_message_is_method_error(m, NULL);
        if (!is_right(m, client->question)) {
                load->n_wrong++;
                printf("# %s: %s\n", client->question->member,
                       sd_bus_message_is_method_error(m, NULL) ? sd_bus_message_get_error(m)->name :
                                                                 "another verdict");
        }

        if (load->n_sent < load->n_wanted)
                ask(client);
        else if (load->n_answered == load->n_sent)
                (void) sd_event_exit(load->event, 0);
        return 0;
}

static void ask(Client *client) {
        Load *load = client->load;
        g_autoptr(sd_bus_message) call = NULL;

        client->question = &load->questions[load->n_sent++ % load->n_questions];
        if (load->is_echo)
                g_assert_cmpint(sd_bus_message_new_method_call(client->bus, &call, ECHO_NAME, "/",
                                                               ECHO_NAME, "Echo"),
                                >=, 0);
        else
                call = call_new_on(client->bus, client->question->member);
        client->question->fill(call);
        client->start = now_ns();
        g_assert_cmpint(
                sd_bus_call_async(client->bus, NULL, call, on_answer, client, PATIENCE_USEC), >=,
                0);
}

/* Until all is answered */
static void run(Load *load) {
        g_autofree Client *clients = g_new0(Client, N_CLIENTS);

        g_assert_cmpint(sd_event_new(&load->event), >=, 0);
        for (size_t i = 0; i < N_CLIENTS; i++) {
                clients[i].load = load;
                clients[i].bus = health_connect();
                g_assert_cmpint(sd_bus_attach_event(clients[i].bus, load->event, 0), >=, 0);
        }
        for (size_t i = 0; i < N_CLIENTS; i++)
                ask(&clients[i]);

        g_assert_cmpint(sd_event_loop(load->event), >=, 0);
        for (size_t i = 0; i < N_CLIENTS; i++) {
                (void) sd_bus_detach_event(clients[i].bus);
                sd_bus_flush_close_unref(clients[i].bus);
        }
        load->event = sd_event_unref(load->event);
}

static int count(size_t n) {
        Load load = {
                .questions = all_questions,
                .n_questions = G_N_ELEMENTS(all_questions),
                .n_wanted = n,
        };

        run(&load);
        printf("sent %zu answered %zu errors %zu wrong %zu\n", load.n_sent, load.n_answered,
               load.n_errors, load.n_wrong);
        return load.n_sent != load.n_answered || load.n_wrong > 0;
}

static int compare(const void *a, const void *b) {
        const uint64_t *one = a, *other = b;

        return (*one > *other) - (*one < *other);
}

static int ratio(size_t n) {
        static const struct {
                const char *name;
                size_t per_mille;
        } ranks[] = { { "median", 500 }, { "p99", 990 }, { "p99.9", 999 } };
        const size_t n_round = MAX(n / N_ROUNDS, N_CLIENTS);
        g_autofree uint64_t *times[2] = { g_new(uint64_t, n_round * N_ROUNDS),
                                          g_new(uint64_t, n_round * N_ROUNDS) };
        size_t n_wrong = 0;

        for (size_t i = 0; i < 2 * N_ROUNDS; i++) {
                Load load = {
                        .questions = i % 2 ? &echo_question : all_questions,
                        .n_questions = 1,
                        .is_echo = i % 2,
                        .n_wanted = n_round,
                        .times = times[i % 2] + i / 2 * n_round,
                };

                run(&load);
                n_wrong += load.n_wrong;
        }

        for (size_t i = 0; i < 2; i++)
                qsort(times[i], n_round * N_ROUNDS, sizeof(uint64_t), compare);
        for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
                size_t at = n_round * N_ROUNDS * ranks[i].per_mille / 1000;

                printf("Check : echo, %s of %zu calls by %d clients: %.2f (%.0f us)\n",
                       ranks[i].name, n_round * N_ROUNDS, N_CLIENTS,
                       (double) times[0][at] / times[1][at], times[0][at] / 1e3);
        }
        return n_wrong > 0;
}

int main(int argc, char **argv) {
        size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
        int status;

        if (n == 0)
                return 2;
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        health_begin();
        status = strcmp(argv[1], "ratio") == 0 ? ratio(n) : count(n);

        /* Everybody has left. */
        health_check();
        health_end();
        sd_bus_flush_close_unref(call_bus);
        return status;
}
