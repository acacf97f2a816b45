/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CheckMany when it is a lot: others are answered meanwhile, and nobody gets more than a share.
 * batch.test has started the daemon. */

#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"
#include "tests/bus/call.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_flush_close_unref)

#define ROW_N_WORDS 7
#define N_GUESTS 400

static sd_bus *connect_bus(void) {
        sd_bus *bus;

        g_assert_cmpint(sd_bus_open_system(&bus), >=, 0);
        return bus;
}

/* Every bit of every leaf that the host has: as much to explain as there can be */
static uint32_t *new_unfit_table(sd_bus *bus, size_t *ret_size) {
        g_autoptr(sd_bus_message) call = call_new_on(bus, "GetCpuid"), reply = NULL;
        const void *offered;
        uint32_t *words;
        size_t size;

        g_assert_cmpint(sd_bus_message_append(call, "as", 0), >=, 0);
        g_assert_cmpint(sd_bus_call(bus, call, 0, NULL, &reply), >=, 0);
        g_assert_cmpint(sd_bus_message_read_array(reply, 'u', &offered, &size), >=, 0);

        words = g_memdup2(offered, size);
        for (size_t i = 0; i < size / sizeof(*words); i++)
                if (i % ROW_N_WORDS >= 3)
                        words[i] = UINT32_MAX;

        *ret_size = size;
        return words;
}

static sd_bus_message *new_large_call(sd_bus *bus) {
        g_autoptr(sd_bus_message) call = call_new_on(bus, "CheckMany");
        size_t size;
        g_autofree uint32_t *words = new_unfit_table(bus, &size);

        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < N_GUESTS; i++) {
                g_assert_cmpint(sd_bus_message_open_container(call, 'r', "aua{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_append_array(call, 'u', words, size), >=, 0);
                g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 1, "verdict_only", "b", 1), >=,
                                0);
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
        return g_steal_pointer(&call);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        sd_bus_message **ret = userdata;

        (void) error;
        *ret = sd_bus_message_ref(m);
        return 0;
}

static void send(sd_bus *bus, sd_bus_message **ret) {
        g_autoptr(sd_bus_message) call = new_large_call(bus);

        g_assert_cmpint(sd_bus_call_async(bus, NULL, call, on_answer, ret, G_USEC_PER_SEC * 300),
                        >=, 0);
        g_assert_cmpint(sd_bus_flush(bus), >=, 0);
}

static void wait_for(sd_bus *bus, sd_bus_message *const *answer) {
        while (!*answer) {
                int r = sd_bus_process(bus, NULL);

                g_assert_cmpint(r, >=, 0);
                if (r == 0)
                        g_assert_cmpint(sd_bus_wait(bus, UINT64_MAX), >=, 0);
        }
}

static void assert_verdicts(sd_bus_message *answer) {
        size_t n = 0;

        g_assert_false(sd_bus_message_is_method_error(answer, NULL));
        g_assert_cmpint(sd_bus_message_enter_container(answer, 'a', "(sasa" FINDING ")"), >=, 0);
        while (!sd_bus_message_at_end(answer, false)) {
                g_assert_cmpint(sd_bus_message_enter_container(answer, 'r', "sasa" FINDING), >=, 0);
                (void) reply_assert_verdict(answer, "unsupported");
                g_assert_cmpint(sd_bus_message_exit_container(answer), >=, 0);
                n++;
        }
        g_assert_cmpuint(n, ==, N_GUESTS);
}

static void test_others(void) {
        g_autoptr(sd_bus) one = connect_bus(), other = connect_bus();
        g_autoptr(sd_bus_message) answer = NULL, small = call_new_on(other, "GetProfile");
        int64_t start;

        send(one, &answer);
        start = g_get_monotonic_time();
        g_assert_cmpint(sd_bus_call(other, small, 0, NULL, NULL), >=, 0);
        g_test_message("another waited for %d ms", (int) ((g_get_monotonic_time() - start) / 1000));

        wait_for(one, &answer);
        g_test_message("the large answer took %d ms",
                       (int) ((g_get_monotonic_time() - start) / 1000));
        assert_verdicts(answer);
}

static void test_share(void) {
        g_autoptr(sd_bus) one = connect_bus();
        g_autoptr(sd_bus_message) first = NULL, second = NULL, third = NULL;

        send(one, &first);
        send(one, &second);
        wait_for(one, &second);
        g_assert_true(sd_bus_message_is_method_error(second, CPUIDD_ERROR_NAME_BUSY));
        g_assert_nonnull(strstr(sd_bus_message_get_error(second)->message, "one a client"));

        wait_for(one, &first);
        assert_verdicts(first);

        /* Its place is free again. */
        send(one, &third);
        wait_for(one, &third);
        assert_verdicts(third);
}

/* Who goes away leaves nothing behind that keeps others out. */
static void test_gone(void) {
        g_autoptr(sd_bus_message) answer = NULL;
        g_autoptr(sd_bus) last = connect_bus();

        for (size_t i = 0; i < 3; i++) {
                g_autoptr(sd_bus) gone = connect_bus();
                g_autoptr(sd_bus_message) never = NULL;

                send(gone, &never);
        }

        do {
                g_clear_pointer(&answer, sd_bus_message_unref);
                send(last, &answer);
                wait_for(last, &answer);
        } while (sd_bus_message_is_method_error(answer, CPUIDD_ERROR_NAME_BUSY));
        assert_verdicts(answer);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/batch/others-are-answered-meanwhile", test_others);
        g_test_add_func("/batch/one-a-client", test_share);
        g_test_add_func("/batch/a-client-that-goes-away", test_gone);
        return g_test_run();
}
