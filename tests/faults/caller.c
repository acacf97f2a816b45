/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who asks while things go wrong:
 *
 *     caller ask MEMBER       "asked" when the service has the call, then "ok", or the error's name and
 *                             message; CheckMany is one that takes a while
 *     caller load SECONDS     all kinds of questions, some at a time, over buses that come and go; at
 *                             last how many there were, and what became of them
 *
 * A call is lost that has no answer and no error in ten minutes, or an error without a name. An answer
 * is wrong that takes a guest that no host supports. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)

#define WAIT_USEC (600 * G_USEC_PER_SEC)
#define N_GUESTS 400
#define N_ROWS 60
#define ROW_N_WORDS 7
#define N_AT_A_TIME 16

typedef struct Load {
        sd_bus *bus;
        unsigned n_open;
        unsigned n_calls;
        unsigned n_answers;
        unsigned n_errors;
        unsigned n_lost;
        unsigned n_wrong;
        GHashTable *names; /* of errors, with how many */
} Load;

static void append_table(sd_bus_message *call) {
        uint32_t words[N_ROWS * ROW_N_WORDS] = {};

        for (uint32_t i = 0; i < N_ROWS; i++) {
                uint32_t *row = words + i * ROW_N_WORDS;

                row[0] = i < 30 ? i : 0x80000000 + i - 30;
                row[3] = row[4] = row[5] = row[6] = UINT32_MAX;
        }

        (void) sd_bus_message_append_array(call, 'u', words, sizeof(words));
}

static int new_call(sd_bus *bus, const char *member, unsigned n_guests, sd_bus_message **ret) {
        int r = sd_bus_message_new_method_call(bus, ret, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                               CPUIDD_INTERFACE, member);

        if (r < 0)
                return r;
        if (strcmp(member, "Check") == 0) {
                append_table(*ret);
                return sd_bus_message_append(*ret, "a{sv}", 0);
        }
        if (strcmp(member, "CheckMany") != 0)
                return 0;

        (void) sd_bus_message_open_container(*ret, 'a', "(aua{sv})");
        for (unsigned i = 0; i < n_guests; i++) {
                (void) sd_bus_message_open_container(*ret, 'r', "aua{sv}");
                append_table(*ret);
                (void) sd_bus_message_append(*ret, "a{sv}", 1, "verdict_only", "b", 1);
                (void) sd_bus_message_close_container(*ret);
        }
        return sd_bus_message_close_container(*ret);
}

static int wait_more(sd_bus *bus, uint64_t usec) {
        int r = sd_bus_process(bus, NULL);

        return r == 0 ? sd_bus_wait(bus, usec) : r;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *problem = sd_bus_message_get_error(m);

        (void) error;
        if (problem)
                printf("%s: %s\n", problem->name, problem->message);
        else
                puts("ok");
        *(bool *) userdata = true;
        return 0;
}

static int ask(const char *member) {
        g_autoptr(sd_bus_message) call = NULL, small = NULL;
        bool is_done = false;
        sd_bus *bus;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = new_call(bus, member, N_GUESTS, &call);
        if (r >= 0)
                r = sd_bus_call_async(bus, NULL, call, on_reply, &is_done, WAIT_USEC);
        /* What is answered behind it came behind it. */
        if (r >= 0)
                r = new_call(bus, "GetProfile", 0, &small);
        if (r >= 0) {
                (void) sd_bus_call(bus, small, WAIT_USEC, NULL, NULL);
                puts("asked");
                (void) fflush(stdout);
        }

        while (r >= 0 && !is_done)
                r = wait_more(bus, WAIT_USEC);
        return r;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *problem = sd_bus_message_get_error(m);
        Load *load = userdata;
        gpointer key = NULL, n = NULL;

        (void) error;
        load->n_open--;
        if (!problem) {
                load->n_answers++;
                return 0;
        }
        if (!problem->name || sd_bus_error_has_name(problem, SD_BUS_ERROR_TIMEOUT)) {
                load->n_lost++;
                return 0;
        }

        load->n_errors++;
        (void) g_hash_table_lookup_extended(load->names, problem->name, &key, &n);
        g_hash_table_replace(load->names, g_strdup(problem->name),
                             GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
        return 0;
}

/* No host has every bit of every register. */
static int on_verdict(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Load *load = userdata;
        const char *verdict = "";

        if (!sd_bus_message_is_method_error(m, NULL) &&
            (sd_bus_message_read(m, "s", &verdict) < 0 || strcmp(verdict, "unsupported") != 0))
                load->n_wrong++;
        return on_answer(m, userdata, error);
}

static bool ask_something(Load *load) {
        unsigned any = g_random_int_range(0, 30);
        const char *member = any == 0 ? "Refresh" :
                any == 1              ? "CheckMany" :
                any < 6               ? "GetProfile" :
                                        "Check";
        g_autoptr(sd_bus_message) call = NULL;

        if (new_call(load->bus, member, 20, &call) < 0 ||
            sd_bus_call_async(load->bus, NULL, call,
                              strcmp(member, "Check") == 0 ? on_verdict : on_answer, load,
                              WAIT_USEC) < 0)
                return false;

        load->n_calls++;
        load->n_open++;
        return true;
}

/* Until there is a bus that can be talked to. sd-bus tells those who wait of the end of one. */
static void renew_bus(Load *load) {
        if (load->bus && sd_bus_is_open(load->bus) > 0)
                return;

        while (load->bus && load->n_open > 0 && sd_bus_process(load->bus, NULL) >= 0)
                ;
        load->n_lost += load->n_open;
        load->n_open = 0;

        load->bus = sd_bus_close_unref(load->bus);
        if (sd_bus_open_system(&load->bus) < 0) {
                load->bus = NULL;
                g_usleep(10 * 1000);
        }
}

static void work(Load *load, bool asks) {
        renew_bus(load);
        while (load->bus && asks && load->n_open < N_AT_A_TIME && ask_something(load))
                ;
        if (load->bus)
                (void) wait_more(load->bus, G_USEC_PER_SEC / 10);
}

static int ask_load(unsigned n_seconds) {
        Load load = { .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
        int64_t end = g_get_monotonic_time() + n_seconds * G_USEC_PER_SEC;
        GHashTableIter iter;
        gpointer name, n;

        while (g_get_monotonic_time() < end)
                work(&load, true);
        while (load.n_open > 0 && g_get_monotonic_time() < end + (int64_t) WAIT_USEC)
                work(&load, false);

        load.n_lost += load.n_open;
        printf("calls %u, answers %u, named errors %u, lost %u, wrong %u\n", load.n_calls,
               load.n_answers, load.n_errors, load.n_lost, load.n_wrong);
        g_hash_table_iter_init(&iter, load.names);
        while (g_hash_table_iter_next(&iter, &name, &n))
                printf("    %u %s\n", GPOINTER_TO_UINT(n), (char *) name);

        g_hash_table_unref(load.names);
        sd_bus_close_unref(load.bus);
        return load.n_lost > 0 || load.n_wrong > 0 || load.n_answers == 0 ? -EIO : 0;
}

int main(int argc, char **argv) {
        int r = -EINVAL;

        if (argc == 3 && strcmp(argv[1], "ask") == 0)
                r = ask(argv[2]);
        else if (argc == 3 && strcmp(argv[1], "load") == 0)
                r = ask_load(atoi(argv[2]));
        if (r < 0)
                fprintf(stderr, "caller: %s\n", g_strerror(-r));

        return r < 0;
}
