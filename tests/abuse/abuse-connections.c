/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many connections, and those that do not behave: others get their answers all the same, and what
 * it all took is given back. Counted, never timed. */

#include "tests/abuse/abuse.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbus/names.h"
#include "tests/abuse/health.h"
#include "tests/abuse/raw.h"
#include "tests/bus/call.h"

#define N_CONNECTIONS 1000
#define N_PENDING 300
#define N_NEVER_READ 5000
#define N_MATCHES 1000
#define N_OTHERS 50
#define N_LARGE_GUESTS 300
#define N_FLOODS 6
#define NOBODY 65534

/* What may stay of answers that nobody reads, in kB */
#define NEVER_READ_MAX_KB 4096

static GByteArray *new_call(const char *member, uint32_t serial) {
        const RawCall call = { .member = member, .serial = serial };

        return raw_call_new(&call);
}

static void send_calls(int fd, const char *member, size_t n) {
        for (size_t i = 0; i < n; i++) {
                g_autoptr(GByteArray) bytes = new_call(member, i + 2);

                g_assert_true(raw_send(fd, bytes->data, bytes->len));
        }
}

/* false: the bus is full of what is for those who do not read, and that is said */
static bool ask_as_other(sd_bus *other) {
        g_autoptr(sd_bus_message) call = call_new_on(other, "Check"), reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        size_t size;
        const uint32_t *table = health_good_table(&size);
        int r;

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', table, size), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
        r = sd_bus_call(other, call, G_USEC_PER_SEC * 60, &error, &reply);
        if (r < 0)
                g_assert_cmpstr(error.name, ==, CPUIDD_ERROR_NAME_BUSY);
        else
                (void) reply_assert_verdict(reply, "supported");
        sd_bus_error_free(&error);
        return r >= 0;
}

/* They are answered, be it only when the others have read. */
static void ask_as_others(void) {
        g_autoptr(sd_bus) other = health_connect();
        size_t n_answers = 0;

        for (size_t i = 0; i < N_OTHERS; i++)
                n_answers += ask_as_other(other);
        g_test_message("%zu of %d others had their answer", n_answers, N_OTHERS);
        g_assert_cmpuint(n_answers, >, 0);
}

static void test_thousand(void) {
        int fds[N_CONNECTIONS];

        for (size_t i = 0; i < N_CONNECTIONS; i++)
                fds[i] = raw_connect();
        for (size_t i = 0; i < N_CONNECTIONS; i++)
                send_calls(fds[i], "GetProfile", 3);
        ask_as_others();
        for (size_t i = 0; i < N_CONNECTIONS; i++)
                g_assert_cmpuint(raw_count_answers(fds[i], 3), ==, 3);
        g_assert_cmpuint(health_descriptors(health_pid()), <, 64);
        for (size_t i = 0; i < N_CONNECTIONS; i++)
                (void) close(fds[i]);
        health_check();
}

/* More than dbus-daemon lets one have under way: the rest gets an error, and nothing is lost. */
static void test_pending(void) {
        int fd = raw_connect();

        g_assert_cmpint(kill(health_pid(), SIGSTOP), ==, 0);
        send_calls(fd, "GetProfile", N_PENDING);
        g_assert_cmpint(kill(health_pid(), SIGCONT), ==, 0);
        g_assert_cmpuint(raw_count_answers(fd, N_PENDING), ==, N_PENDING);
        (void) close(fd);
        health_check();
}

/* Its answers fill what there is between us, and then the bus: not the service. */
static void test_never_reads(void) {
        size_t before = health_memory(health_pid()), after;
        int fd = raw_connect(), least = 1;

        (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
        send_calls(fd, "GetProfile", N_NEVER_READ);
        ask_as_others();
        after = health_memory(health_pid());
        g_test_message("from %zu to %zu kB", before, after);
        if (!health_is_sanitized())
                g_assert_cmpuint(after, <, before + NEVER_READ_MAX_KB);
        (void) close(fd);
        health_check();
}

/* Refresh is answered later, and who asked may have gone: 64 wait, and the others are told. */
static void test_refreshes(void) {
        int fds[4];

        for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
                fds[i] = raw_connect();
                send_calls(fds[i], "Refresh", 100);
        }
        ask_as_others();
        (void) close(fds[0]);
        for (size_t i = 1; i < G_N_ELEMENTS(fds); i++) {
                g_assert_cmpuint(raw_count_answers(fds[i], 100), ==, 100);
                (void) close(fds[i]);
        }
        health_check();
}

static void append_large(sd_bus_message *call) {
        size_t size;
        const uint32_t *table = health_bad_table(&size);

        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < N_LARGE_GUESTS; i++) {
                g_assert_cmpint(sd_bus_message_open_container(call, 'r', "aua{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_append_array(call, 'u', table, size), >=, 0);
                g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 1, "verdict_only", "b", 1), >=,
                                0);
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
}

/* Another user, with a large question under way at any time until he is killed. @fd: told of the
 * first answer. */
static void flood(int fd) {
        g_autoptr(sd_bus) bus = NULL;

        (void) !setuid(NOBODY);
        bus = health_connect();
        for (bool is_first = true;; is_first = false) {
                g_autoptr(sd_bus_message) call = call_new_on(bus, "CheckMany");

                append_large(call);
                (void) sd_bus_call(bus, call, G_USEC_PER_SEC * 600, NULL, NULL);
                if (is_first)
                        g_assert_cmpint(write(fd, "", 1), ==, 1);
        }
}

static void test_flood(void) {
        pid_t children[N_FLOODS];
        int fds[2], status;
        char first;

        g_assert_cmpint(pipe(fds), ==, 0);
        for (size_t i = 0; i < N_FLOODS; i++) {
                children[i] = fork();
                g_assert_cmpint(children[i], >=, 0);
                if (children[i] == 0)
                        flood(fds[1]);
        }

        g_assert_cmpint(read(fds[0], &first, 1), ==, 1);
        ask_as_others();
        for (size_t i = 0; i < N_FLOODS; i++) { /* they still do */
                g_assert_cmpint(waitpid(children[i], &status, WNOHANG), ==, 0);
                g_assert_cmpint(kill(children[i], SIGKILL), ==, 0);
                g_assert_cmpint(waitpid(children[i], &status, 0), ==, children[i]);
        }
        (void) close(fds[0]);
        (void) close(fds[1]);
        health_check();
}

/* They are the bus's to look through, and it has a limit to them. */
static void test_matches(void) {
        g_autoptr(sd_bus) bus = health_connect();
        g_autoptr(sd_bus_message) refresh = call_new_on(bus, "Refresh");
        unsigned n_taken = 0;

        for (size_t i = 0; i < N_MATCHES; i++) {
                g_autofree char *rule =
                        g_strdup_printf("type='signal',path='/org/cpuidd1',arg0='%zu'", i);
                int r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                           "org.freedesktop.DBus", "AddMatch", NULL, NULL, "s",
                                           rule);

                n_taken += r >= 0;
        }
        g_test_message("%u of %u", n_taken, N_MATCHES);
        g_assert_cmpuint(n_taken, <, N_MATCHES);

        g_assert_cmpint(sd_bus_call(bus, refresh, G_USEC_PER_SEC * 60, NULL, NULL), >=, 0);
        ask_as_others();
        health_check();
}

void add_connection_tests(void) {
        g_test_add_func("/abuse/connections/a-thousand", test_thousand);
        g_test_add_func("/abuse/connections/more-than-may-pend", test_pending);
        g_test_add_func("/abuse/connections/one-that-never-reads", test_never_reads);
        g_test_add_func("/abuse/connections/refreshes", test_refreshes);
        g_test_add_func("/abuse/connections/another-user-floods", test_flood);
        g_test_add_func("/abuse/connections/match-rules", test_matches);
}
