/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The plain questions, with answers that are known beforehand, and /proc */

#include "tests/abuse/health.h"

#include <stdlib.h>
#include <string.h>

#include "tests/bus/call.h"

#define ROW_N_WORDS 7
#define WARM_UP 200
#define N_CALLS_MAX 5000

/* Pages that the allocator keeps from what was large: whatever is really kept grows with each round
 * of a test, and the tests have many. */
#define MEMORY_SLACK_KB 2048

static struct {
        uint32_t *good, *bad;
        size_t size;
        size_t memory, descriptors;
} health;

int health_pid(void) {
        const char *pid = g_getenv("CPUIDD_PID");

        g_assert_nonnull(pid);
        return atoi(pid);
}

bool health_is_sanitized(void) {
        return g_getenv("CPUIDD_SANITIZED") != NULL;
}

sd_bus *health_connect(void) {
        sd_bus *bus;

        g_assert_cmpint(sd_bus_open_system(&bus), >=, 0);
        return bus;
}

size_t health_memory(int pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/status", pid), *text = NULL;
        const char *line;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        line = strstr(text, "\nVmRSS:");
        g_assert_nonnull(line);
        return strtoul(line + strlen("\nVmRSS:"), NULL, 10);
}

size_t health_descriptors(int pid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
        GDir *dir = g_dir_open(path, 0, NULL);
        size_t n = 0;

        g_assert_nonnull(dir);
        while (g_dir_read_name(dir))
                n++;
        g_dir_close(dir);
        return n;
}

const uint32_t *health_good_table(size_t *ret_size) {
        *ret_size = health.size;
        return health.good;
}

const uint32_t *health_bad_table(size_t *ret_size) {
        *ret_size = health.size;
        return health.bad;
}

static void ask(const uint32_t *table, const char *expected) {
        g_autoptr(sd_bus_message) call = call_new("Check"), reply = NULL;

        g_assert_cmpint(sd_bus_message_append_array(call, 'u', table, health.size), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
        reply = call_send(call);
        (void) reply_assert_verdict(reply, expected);
}

static void ask_both(void) {
        ask(health.good, "supported");
        ask(health.bad, "unsupported");
}

void health_begin(void) {
        g_autoptr(sd_bus_message) table = call_ask("GetCpuid", "as", 1, "irqchip");
        const void *words;

        g_assert_cmpint(sd_bus_message_read_array(table, 'u', &words, &health.size), >=, 0);
        health.good = g_memdup2(words, health.size);
        health.bad = g_memdup2(words, health.size);
        for (size_t i = 0; i < health.size / sizeof(*health.bad); i++)
                if (i % ROW_N_WORDS >= 3)
                        health.bad[i] = UINT32_MAX;

        for (size_t i = 0; i < WARM_UP; i++)
                ask_both();
        health.memory = health_memory(health_pid());
        health.descriptors = health_descriptors(health_pid());
}

void health_end(void) {
        g_free(health.good);
        g_free(health.bad);
}

static bool is_as_before(void) {
        ask_both();
        return health_descriptors(health_pid()) == health.descriptors &&
                (health_is_sanitized() ||
                 health_memory(health_pid()) <= health.memory + MEMORY_SLACK_KB);
}

/* The bus may not have told it yet of who has gone, and KVM may be being asked: it has a number of
 * calls for that. */
void health_check(void) {
        size_t n = 0;

        while (!is_as_before() && n < N_CALLS_MAX)
                n++;

        g_test_message("%zu kB, %zu at first; %zu descriptors, %zu; after %zu calls",
                       health_memory(health_pid()), health.memory, health_descriptors(health_pid()),
                       health.descriptors, n + 1);
        g_assert_cmpuint(n, <, N_CALLS_MAX);
}
