/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trial on this machine's KVM. trial.test has started the daemon; CPUIDD_PID is its process. */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"
#include "tests/bus/call.h"

#define PATIENCE_USEC (300 * G_USEC_PER_SEC)

/* Trials of which the process is killed, each a little later than the one before */
#define N_KILLS 60
#define KILL_STEP_USEC 250

/* What Check may take while something is tried: far more than it does, on a loaded machine */
#define CHECK_USEC (2 * G_USEC_PER_SEC)

#define CHECK_EVERY_USEC (2 * 1000)

static pid_t daemon_pid;

static void append_self(sd_bus_message *call) {
        g_assert_cmpint(sd_bus_message_append(call, "aua{sv}", 0, 1, "self", "b", 1), >=, 0);
}

/* A table that was not tried before */
static void append_new(sd_bus_message *call) {
        static uint32_t n;

        g_assert_cmpint(
                sd_bus_message_append(call, "aua{sv}", 7, 0x40000000, 0, 0, ++n, 0, 0, 0, 0), >=,
                0);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        sd_bus_message **ret = userdata;

        (void) error;
        *ret = sd_bus_message_ref(m);
        return 0;
}

static void send(sd_bus_message *call, sd_bus_message **ret) {
        g_assert_cmpint(sd_bus_call_async(call_bus, NULL, call, on_answer, ret, PATIENCE_USEC), >=,
                        0);
        g_assert_cmpint(sd_bus_flush(call_bus), >=, 0);
}

static void process(void) {
        int r;

        do {
                r = sd_bus_process(call_bus, NULL);
                g_assert_cmpint(r, >=, 0);
        } while (r > 0);
}

static sd_bus_message *wait_for(sd_bus_message **answer) {
        for (process(); !*answer; process())
                g_assert_cmpint(sd_bus_wait(call_bus, PATIENCE_USEC), >=, 0);
        return *answer;
}

/* The process that tries, 0 where there is none */
static pid_t child(void) {
        g_autofree char *path =
                g_strdup_printf("/proc/%d/task/%d/children", (int) daemon_pid, (int) daemon_pid);
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return atoi(text);
}

/* An answer is sent before the process that it comes from is reaped. */
static void wait_for_no_child(void) {
        while (child() > 0)
                g_thread_yield();
}

/* What is in the details as a text */
static char *detail(sd_bus_message *m, const char *wanted) {
        const char *key, *text = NULL;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{sv}"), >=, 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read(m, "s", &key), >, 0);
                if (strcmp(key, wanted) == 0)
                        g_assert_cmpint(sd_bus_message_read(m, "v", "s", &text), >, 0);
                else
                        g_assert_cmpint(sd_bus_message_skip(m, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        return g_strdup(text);
}

/* What this host offers, tried on it */
static void test_own_offer(void) {
        g_autoptr(sd_bus_message) offer = call_ask("GetCpuid", "as", 1, "irqchip");
        g_autoptr(sd_bus_message) call = call_new("Trial"), reply = NULL;
        g_autofree char *verdict = NULL;
        const char *outcome;
        const void *words;
        size_t size;

        g_assert_cmpint(sd_bus_message_read_array(offer, 'u', &words, &size), >, 0);
        g_assert_cmpint(sd_bus_message_append_array(call, 'u', words, size), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
        reply = call_send(call);

        g_assert_cmpint(sd_bus_message_read(reply, "s", &outcome), >, 0);
        g_test_message("its own offer is %s", outcome);
        g_assert_true(g_strv_contains((const char *[]){ "kept", "changed", NULL }, outcome));
        g_assert_cmpuint(reply_count(reply, FINDING), >, 0);
        verdict = detail(reply, "verdict");
        g_assert_cmpstr(verdict, ==, "supported");
}

/* Others are answered while a host is tried, which takes longest. */
static void test_check_meanwhile(void) {
        g_autoptr(sd_bus_message) call = call_new("Trial"), answer = NULL;
        const sd_bus_error *error;
        sd_bus *other = NULL;
        int64_t longest = 0;
        size_t n = 0;

        g_assert_cmpint(sd_bus_open_system(&other), >=, 0);
        append_self(call);
        send(call, &answer);
        for (process(); !answer; process()) {
                g_autoptr(sd_bus_message) check = call_new_on(other, "Check");
                int64_t begin = g_get_monotonic_time();

                g_assert_cmpint(sd_bus_message_append(check, "aua{sv}", 0, 0), >=, 0);
                g_assert_cmpint(sd_bus_call(other, check, PATIENCE_USEC, NULL, NULL), >=, 0);
                longest = MAX(longest, g_get_monotonic_time() - begin);
                n++;
                /* The process that tries needs a CPU, too. */
                g_assert_cmpint(sd_bus_wait(call_bus, CHECK_EVERY_USEC), >=, 0);
        }

        error = sd_bus_message_get_error(answer);
        g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
        g_test_message("%zu answers meanwhile, the slowest after %d us", n, (int) longest);
        g_assert_cmpuint(n, >, 1);
        g_assert_cmpint(longest, <, CHECK_USEC);
        sd_bus_flush_close_unref(other);
}

/* One clean error, and the next is served */
static bool kill_after(int64_t usec, bool is_self) {
        g_autoptr(sd_bus_message) call = call_new("Trial"), answer = NULL;
        const sd_bus_error *error;
        int64_t when = 0;
        pid_t pid;

        wait_for_no_child();
        (is_self ? append_self : append_new)(call);
        send(call, &answer);
        for (process(); !answer; process()) {
                if (when == 0 && child() > 0)
                        when = g_get_monotonic_time() + usec;
                if (when == 0 || g_get_monotonic_time() < when)
                        continue;
                pid = child();
                if (pid > 0)
                        (void) kill(pid, SIGKILL);
                break;
        }

        error = sd_bus_message_get_error(wait_for(&answer));
        if (!error)
                return false;
        g_assert_cmpstr(error->name, ==, CPUIDD_ERROR_NAME_TRIAL);
        if (!strstr(error->message, "signal 9"))
                g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, "signal 9"));
        return true;
}

static void assert_served(void) {
        g_autoptr(sd_bus_message) call = call_new("Trial");

        append_new(call);
        sd_bus_message_unref(call_send(call));
}

static void test_killed(void) {
        size_t n_killed = 0;

        for (int64_t i = 0; i < N_KILLS; i++) {
                n_killed += kill_after(i * KILL_STEP_USEC, i % 2 == 0);
                assert_served();
        }

        g_test_message("%zu of %d were killed in time", n_killed, N_KILLS);
        g_assert_cmpuint(n_killed, >, 0);
}

/* Last, since nobody is there afterwards: what is tried when the daemon stops is killed. */
static void test_stop(void) {
        g_autoptr(sd_bus_message) call = call_new("Trial"), answer = NULL;
        const sd_bus_error *error;
        pid_t pid;

        wait_for_no_child();
        append_self(call);
        send(call, &answer);
        while ((pid = child()) == 0)
                process();
        g_assert_cmpint(kill(daemon_pid, SIGTERM), ==, 0);

        error = sd_bus_message_get_error(wait_for(&answer));
        g_assert_nonnull(error);
        g_assert_cmpstr(error->name, ==, CPUIDD_ERROR_NAME_NOT_READY);
        g_assert_cmpstr(error->message, ==, "cpuidd is stopping");
        while (kill(pid, 0) == 0)
                g_thread_yield();
        g_assert_cmpint(errno, ==, ESRCH);
}

int main(int argc, char **argv) {
        int status;

        g_test_init(&argc, &argv, NULL);
        daemon_pid = atoi(g_getenv("CPUIDD_PID"));
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        g_test_add_func("/trial/own-offer", test_own_offer);
        g_test_add_func("/trial/check-meanwhile", test_check_meanwhile);
        g_test_add_func("/trial/killed", test_killed);
        g_test_add_func("/trial/stop", test_stop);
        status = g_test_run();
        sd_bus_flush_close_unref(call_bus);
        return status;
}
