/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue of trials alone: the service's end of a bus, with calls of whatever user a test says,
 * and a test in the place of the process that tries. trials.test has started the bus. */

#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/repeats.h"
#include "daemon/bus/trials.h"
#include "dbus/names.h"
#include "policy/recording.h"

#define PATIENCE_USEC (60 * G_USEC_PER_SEC)
#define CALLS_MAX 64

typedef struct Call {
        sd_bus_message *answer;
} Call;

typedef struct Fixture {
        sd_event *event;
        sd_bus *service;
        sd_bus *clients[2];
        sd_bus_slot *object;
        Host *host;
        Trials *trials;
        const TrialRequest *request; /* under way */
        GString *tried;              /* the names of the tables, as they come */
        size_t n_added;              /* calls that have reached the queue */
        size_t n_left;
        Call calls[CALLS_MAX];
        size_t n_calls;
} Fixture;

static Host *read_host(void) {
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "recordings",
                                                      "skylake-sp-6.1.recording", NULL);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        Host *host;
        size_t n;

        g_assert_true(g_file_get_contents(path, &text, &n, &error));
        host = recording_parse(text, n, &error);
        g_assert_no_error(error);
        return host;
}

/* A table is a letter: the EAX of its only row. */
static LeafTable *new_table(char letter) {
        LeafTable *table = leaf_table_new();
        const Leaf row = { .leaf = 0x80000000, .registers = { letter } };

        leaf_table_add(table, &row);
        return table;
}

/* Test(user, letter of the table or "" for the host itself) */
static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Fixture *f = userdata;
        g_autoptr(GError) problem = NULL;
        const char *letter;
        uint32_t uid;
        int r;

        g_assert_cmpint(sd_bus_message_read(m, "us", &uid, &letter), >, 0);
        f->n_added++;
        r = trials_add(f->trials, m, uid, *letter ? guest_new(new_table(*letter)) : NULL, 0,
                       &problem);
        return r < 0 ? bus_error_reply(error, r, problem) : r;
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Test", "us", "sa(uuyyyssssttsas)a{sv}", on_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static void on_try(const TrialRequest *request, void *userdata) {
        Fixture *f = userdata;
        g_autoptr(LeafTable) table = trial_request_table(request, 0);

        g_assert_null(f->request);
        f->request = request;
        if (leaf_table_size(table) == 1)
                g_string_append_c(f->tried, (char) leaf_table_at(table, 0)->registers[0]);
        else
                g_string_append_c(f->tried, '*');
}

static int on_left(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Fixture *f = userdata;
        const char *name, *old, *new;

        (void) error;
        g_assert_cmpint(sd_bus_message_read(m, "sss", &name, &old, &new), >, 0);
        f->n_left += *name == ':' && !*new;
        return 0;
}

static sd_bus *connect_bus(Fixture *f) {
        sd_bus *bus = NULL;

        g_assert_cmpint(sd_bus_open_system(&bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, f->event, 0), >=, 0);
        return bus;
}

static void set_up(Fixture *f, gconstpointer data) {
        (void) data;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->service = connect_bus(f);
        f->host = read_host();
        f->tried = g_string_new(NULL);
        f->trials = trials_new(f->service, on_try, f);
        trials_set_host(f->trials, f->host, NULL);
        g_assert_cmpint(sd_bus_add_object_vtable(f->service, &f->object, CPUIDD_OBJECT_PATH,
                                                 CPUIDD_INTERFACE, vtable, f),
                        >=, 0);
        g_assert_cmpint(sd_bus_match_signal(f->service, NULL, "org.freedesktop.DBus", NULL,
                                            "org.freedesktop.DBus", "NameOwnerChanged", on_left, f),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(f->service, CPUIDD_BUS_NAME, 0), >=, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(f->clients); i++)
                f->clients[i] = connect_bus(f);
}

static void tear_down(Fixture *f, gconstpointer data) {
        g_autoptr(GError) problem =
                g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_NOT_READY, "the test is over");

        (void) data;
        trials_free(f->trials, problem);
        for (size_t i = 0; i < f->n_calls; i++)
                sd_bus_message_unref(f->calls[i].answer);
        for (size_t i = 0; i < G_N_ELEMENTS(f->clients); i++)
                sd_bus_flush_close_unref(f->clients[i]);
        sd_bus_slot_unref(f->object);
        sd_bus_flush_close_unref(f->service);
        host_unref(f->host);
        g_string_free(f->tried, TRUE);
        sd_event_unref(f->event);
}

static void run_until(Fixture *f, const size_t *n, size_t wanted) {
        int64_t end = g_get_monotonic_time() + PATIENCE_USEC;

        while (*n < wanted) {
                g_assert_cmpint(g_get_monotonic_time(), <, end);
                g_assert_cmpint(sd_event_run(f->event, PATIENCE_USEC), >=, 0);
        }
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Call *call = userdata;

        (void) error;
        call->answer = sd_bus_message_ref(m);
        return 0;
}

/* Gives the call's number. Calls of one client arrive in their order. */
static size_t call_of(Fixture *f, size_t client, uint32_t uid, const char *letter) {
        g_autoptr(sd_bus_message) m = NULL;
        size_t n = f->n_calls++;

        g_assert_cmpuint(n, <, CALLS_MAX);
        g_assert_cmpint(sd_bus_message_new_method_call(f->clients[client], &m, CPUIDD_BUS_NAME,
                                                       CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE,
                                                       "Test"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_append(m, "us", uid, letter), >=, 0);
        g_assert_cmpint(sd_bus_call_async(f->clients[client], NULL, m, on_answer, &f->calls[n],
                                          PATIENCE_USEC),
                        >=, 0);
        run_until(f, &f->n_added, n + 1);
        return n;
}

static sd_bus_message *answer_of(Fixture *f, size_t n) {
        while (!f->calls[n].answer)
                g_assert_cmpint(sd_event_run(f->event, PATIENCE_USEC), >, 0);
        return f->calls[n].answer;
}

static void assert_refused(Fixture *f, size_t n, const char *name, const char *message) {
        const sd_bus_error *error = sd_bus_message_get_error(answer_of(f, n));

        g_assert_nonnull(error);
        g_assert_cmpstr(error->name, ==, name);
        g_assert_cmpstr(error->message, ==, message);
}

static void assert_answered(Fixture *f, size_t n) {
        const sd_bus_error *error = sd_bus_message_get_error(answer_of(f, n));

        g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
}

static void answer_problem(Fixture *f, const char *message) {
        g_autoptr(GError) problem = g_error_new_literal(G_FILE_ERROR, 0, message);

        g_assert_nonnull(f->request);
        f->request = NULL;
        trials_answer(f->trials, NULL, problem);
}

/* A vCPU that keeps everything and refuses nothing */
static void answer_kept(Fixture *f) {
        const TrialRequest *request = g_steal_pointer(&f->request);
        GPtrArray *evidence = g_ptr_array_new_with_free_func((GDestroyNotify) trial_evidence_free);

        for (size_t i = 0; i < request->cases->len; i++) {
                TrialEvidence *of_case = trial_evidence_new();

                of_case->enabled = trial_request_capabilities(request, i);
                of_case->set = trial_request_table(request, i);
                of_case->back = leaf_table_copy(of_case->set);
                g_ptr_array_add(evidence, of_case);
        }

        trials_answer(f->trials, evidence, NULL);
}

/* All that wait, in the order of their turns */
static void answer_all(Fixture *f) {
        while (f->request)
                answer_problem(f, "no");
}

static void test_turns(Fixture *f, gconstpointer data) {
        (void) data;
        call_of(f, 0, 1, "a");
        call_of(f, 0, 1, "b");
        call_of(f, 0, 1, "c");
        call_of(f, 0, 1, "d");
        call_of(f, 0, 2, "e");
        call_of(f, 0, 2, "f");
        call_of(f, 0, 3, "g");
        g_assert_cmpstr(f->tried->str, ==, "a");

        answer_problem(f, "no");
        answer_problem(f, "no");
        g_assert_cmpstr(f->tried->str, ==, "abe");
        /* Who has just had a turn and comes again is behind all others. */
        call_of(f, 0, 2, "h");
        answer_all(f);
        g_assert_cmpstr(f->tried->str, ==, "abegcfdh");
}

static const char *const letters[TRIALS_USER_MAX] = { "b", "c", "d", "e", "f", "g", "h", "i" };

static void test_busy(Fixture *f, gconstpointer data) {
        size_t n;

        (void) data;
        call_of(f, 0, 0, "a");
        for (size_t i = 0; i < TRIALS_USER_MAX; i++)
                call_of(f, 0, 0, letters[i]);
        n = call_of(f, 0, 0, "z");
        assert_refused(f, n, CPUIDD_ERROR_NAME_BUSY,
                       "8 tables of this user wait to be tried already; try again later");

        for (size_t i = TRIALS_USER_MAX; i < TRIALS_MAX; i++)
                call_of(f, 0, i / TRIALS_USER_MAX, letters[i % TRIALS_USER_MAX]);
        n = call_of(f, 0, 99, "z");
        assert_refused(f, n, CPUIDD_ERROR_NAME_BUSY,
                       "32 tables wait to be tried already; try again later");

        /* With the next turn there is room for one more. */
        answer_problem(f, "no");
        n = call_of(f, 0, 99, "z");
        answer_all(f);
        assert_refused(f, n, CPUIDD_ERROR_NAME_TRIAL, "no");
}

static void test_repeats(Fixture *f, gconstpointer data) {
        const sd_bus_error *error;
        size_t n;

        (void) data;
        for (size_t i = 0; i < REPEATS_MAX; i++)
                n = call_of(f, 0, 1, "a");
        n = call_of(f, 0, 1, "a");
        error = sd_bus_message_get_error(answer_of(f, n));
        g_assert_cmpstr(error->name, ==, CPUIDD_ERROR_NAME_BUSY);
        g_assert_nonnull(strstr(error->message, "the same table tried 3 times within 10 seconds"));
        g_assert_nonnull(strstr(error->message, "ask again in "));

        call_of(f, 0, 1, "b");
        call_of(f, 0, 2, "a");
        answer_all(f);
        g_assert_cmpstr(f->tried->str, ==, "aaaab");
}

static void leave(Fixture *f, size_t client) {
        size_t before = f->n_left;

        f->clients[client] = sd_bus_flush_close_unref(f->clients[client]);
        run_until(f, &f->n_left, before + 1);
}

static void test_leaves_while_waiting(Fixture *f, gconstpointer data) {
        (void) data;
        call_of(f, 0, 1, "a");
        call_of(f, 1, 1, "b");
        call_of(f, 1, 2, "c");
        call_of(f, 0, 1, "d");
        leave(f, 1);
        answer_all(f);
        g_assert_cmpstr(f->tried->str, ==, "ad");
}

static void test_leaves_while_tried(Fixture *f, gconstpointer data) {
        size_t n;

        (void) data;
        call_of(f, 1, 1, "a");
        n = call_of(f, 0, 1, "b");
        leave(f, 1);
        g_assert_cmpstr(f->tried->str, ==, "a");
        answer_kept(f);
        g_assert_cmpstr(f->tried->str, ==, "ab");
        answer_kept(f);
        assert_answered(f, n);
}

static void test_problem(Fixture *f, gconstpointer data) {
        size_t first, second;

        (void) data;
        first = call_of(f, 0, 1, "a");
        second = call_of(f, 0, 1, "b");
        answer_problem(f, "the process that tries tables was ended by signal 9 (Killed)");
        assert_refused(f, first, CPUIDD_ERROR_NAME_TRIAL,
                       "the process that tries tables was ended by signal 9 (Killed)");
        answer_kept(f);
        assert_answered(f, second);
}

static void assert_fingerprint(sd_bus_message *m, const Host *host) {
        const char *key, *text = NULL;

        g_assert_cmpint(sd_bus_message_skip(m, "sa(uuyyyssssttsas)"), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{sv}"), >=, 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read(m, "s", &key), >, 0);
                if (strcmp(key, "fingerprint") == 0)
                        g_assert_cmpint(sd_bus_message_read(m, "v", "s", &text), >, 0);
                else
                        g_assert_cmpint(sd_bus_message_skip(m, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpstr(text, ==, host_fingerprint(host));
}

static void test_host_goes(Fixture *f, gconstpointer data) {
        g_autoptr(GError) problem =
                g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_NOT_READY, "there is no KVM");
        size_t first, second;

        (void) data;
        first = call_of(f, 0, 1, "a");
        second = call_of(f, 0, 1, "b");
        trials_set_host(f->trials, NULL, problem);
        assert_refused(f, second, CPUIDD_ERROR_NAME_NOT_READY, "there is no KVM");
        assert_refused(f, call_of(f, 0, 1, "c"), CPUIDD_ERROR_NAME_NOT_READY, "there is no KVM");

        /* What is under way is compared with the host that it began with. */
        answer_kept(f);
        assert_fingerprint(answer_of(f, first), f->host);

        trials_set_host(f->trials, f->host, NULL);
        call_of(f, 0, 1, "d");
        answer_all(f);
        g_assert_cmpstr(f->tried->str, ==, "ad");
}

static void test_end(Fixture *f, gconstpointer data) {
        g_autoptr(GError) problem =
                g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_NOT_READY, "cpuidd is stopping");
        size_t first, second;

        (void) data;
        first = call_of(f, 0, 1, "a");
        second = call_of(f, 0, 2, "b");
        f->trials = trials_free(f->trials, problem);
        assert_refused(f, first, CPUIDD_ERROR_NAME_NOT_READY, "cpuidd is stopping");
        assert_refused(f, second, CPUIDD_ERROR_NAME_NOT_READY, "cpuidd is stopping");
}

/* All of a host's requests one after another, then the next caller, whose table is tried once the
 * host has been compared. */
static void test_self(Fixture *f, gconstpointer data) {
        size_t n_requests = 0, self, other;
        const char *outcome;

        (void) data;
        self = call_of(f, 0, 1, "");
        other = call_of(f, 0, 2, "a");
        while (f->request) {
                n_requests++;
                answer_kept(f);
        }
        g_assert_cmpuint(n_requests, >, 0);
        g_assert_cmpint(sd_bus_message_read(answer_of(f, self), "s", &outcome), >, 0);
        g_assert_cmpstr(outcome, ==, "kept");

        g_assert_true(g_str_has_suffix(f->tried->str, "*a"));
        answer_kept(f);
        assert_answered(f, other);
}

static void test_self_leaves(Fixture *f, gconstpointer data) {
        size_t n;

        (void) data;
        call_of(f, 1, 1, "");
        n = call_of(f, 0, 2, "a");
        leave(f, 1);
        answer_kept(f);
        g_assert_cmpstr(f->tried->str, ==, "*a");
        answer_kept(f);
        assert_answered(f, n);
}

static void test_self_fails(Fixture *f, gconstpointer data) {
        size_t n;

        (void) data;
        n = call_of(f, 0, 1, "");
        call_of(f, 0, 2, "a");
        answer_problem(f, "no");
        assert_refused(f, n, CPUIDD_ERROR_NAME_TRIAL, "no");
        answer_all(f);
        g_assert_cmpstr(f->tried->str, ==, "*a");
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                void (*test)(Fixture *f, gconstpointer data);
        } tests[] = {
                { "/trials/turns", test_turns },
                { "/trials/busy", test_busy },
                { "/trials/repeats", test_repeats },
                { "/trials/leaves-while-waiting", test_leaves_while_waiting },
                { "/trials/leaves-while-tried", test_leaves_while_tried },
                { "/trials/problem", test_problem },
                { "/trials/host-goes", test_host_goes },
                { "/trials/end", test_end },
                { "/trials/self", test_self },
                { "/trials/self-leaves", test_self_leaves },
                { "/trials/self-fails", test_self_fails },
        };

        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
        return g_test_run();
}
