/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables that no guest ever had, one after another, while somebody else asks whether its guest is
 * supported: all are answered, and nothing of them is left behind.
 *
 *     trial-storm N [SEED]     CPUIDD_PID is the daemon's process, STORM_MEMORY is empty where its
 *                              memory tells nothing
 *
 * What is tried is another process's work, so that one's answers cannot hide behind the other's. How
 * long Check takes is printed, as a ratio to what it takes when nothing is tried; it fails nothing. */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "tests/bus/call.h"

#define PATIENCE_USEC (300 * G_USEC_PER_SEC)

/* Calls at once: as many as one user may have waiting, and one that is tried */
#define N_AT_ONCE 8

/* Until everything that is kept has been made once */
#define N_WARM 30

#define N_QUIET 3000 /* calls of Check while nothing is tried */

/* A KVM that leaks a page for each table would show; a cache that fills would not. */
#define GROWTH_MAX_KB 2048

typedef struct Storm {
        unsigned n_sent;
        unsigned n_waiting;
        unsigned n_outcomes[3];
        unsigned n_errors;
} Storm;

static const char *const outcomes[] = { "kept", "changed", "refused" };

static uint32_t *own_offer;
static size_t n_own_offer;

static uint32_t random_word(GRand *rand) {
        switch (g_rand_int_range(rand, 0, 4)) {
        case 0:
                return 0;
        case 1:
                return UINT32_MAX;
        case 2:
                return UINT32_C(1) << g_rand_int_range(rand, 0, 32);
        default:
                return g_rand_int(rand);
        }
}

static uint32_t random_leaf(GRand *rand) {
        static const uint32_t bases[] = { 0, 0x40000000, 0x40000100, 0x80000000, 0xc0000000 };

        if (g_rand_boolean(rand))
                return g_rand_int_range(rand, 0, 0x25);
        return bases[g_rand_int_range(rand, 0, G_N_ELEMENTS(bases))] +
                g_rand_int_range(rand, 0, 0x28);
}

/* Rows of anything */
static void add_noise(GRand *rand, GArray *words) {
        int n_rows = g_rand_boolean(rand) ? 256 : g_rand_int_range(rand, 0, 80);

        for (int i = 0; i < n_rows; i++) {
                uint32_t row[7] = { random_leaf(rand), g_rand_int_range(rand, 0, 4),
                                    g_rand_int_range(rand, 0, 2) };

                for (size_t j = 3; j < 7; j++)
                        row[j] = random_word(rand);
                g_array_append_vals(words, row, 7);
        }
}

/* What the host offers with some of it turned over, or all of it full */
static void add_own(GRand *rand, GArray *words) {
        bool is_full = g_rand_int_range(rand, 0, 8) == 0;

        g_array_append_vals(words, own_offer, n_own_offer);
        for (size_t i = 0; is_full && i < words->len; i++)
                if (i % 7 > 2)
                        g_array_index(words, uint32_t, i) = UINT32_MAX;
        for (int i = g_rand_int_range(rand, 1, 20); i > 0; i--) {
                size_t at = g_rand_int_range(rand, 0, words->len / 7) * 7 +
                        g_rand_int_range(rand, 3, 7);

                g_array_index(words, uint32_t, at) ^= random_word(rand);
        }
}

static void append_options(GRand *rand, sd_bus_message *call) {
        static const char *const names[] = {
                "irqchip",      "x2apic-api",  "disable-exits.hlt", "disable-exits.mwait",
                "xcomp.amx",    "hyperv",      "pmu.disable",       "pv.map-gpa-range",
                "hyperv.synic", "vm-type.sev", "emulated",          "quirk.misc-enable-no-mwait",
        };
        int n = g_rand_int_range(rand, 0, 5);

        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "{sv}"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'e', "sv"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "s", "capabilities"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'v', "as"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(call, 'a', "s"), >=, 0);
        while (n-- > 0)
                g_assert_cmpint(
                        sd_bus_message_append(
                                call, "s", names[g_rand_int_range(rand, 0, G_N_ELEMENTS(names))]),
                        >=, 0);
        for (int i = 0; i < 3; i++)
                g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);

        if (g_rand_int_range(rand, 0, 4) == 0)
                g_assert_cmpint(sd_bus_message_append(call, "{sv}", "msrs", "a{ut}", 2, 0x10a,
                                                      (uint64_t) g_rand_int(rand), g_rand_int(rand),
                                                      (uint64_t) random_word(rand)),
                                >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(call), >=, 0);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Storm *storm = userdata;
        const char *outcome;

        (void) error;
        storm->n_waiting--;
        if (sd_bus_message_is_method_error(m, NULL)) {
                storm->n_errors++;
                g_printerr("# %s: %s\n", sd_bus_message_get_error(m)->name,
                           sd_bus_message_get_error(m)->message);
                return 0;
        }

        g_assert_cmpint(sd_bus_message_read(m, "s", &outcome), >, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++)
                storm->n_outcomes[i] += strcmp(outcomes[i], outcome) == 0;
        return 0;
}

static void try_one(GRand *rand, Storm *storm) {
        g_autoptr(GArray) words = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_autoptr(sd_bus_message) call = call_new("Trial");

        if (g_rand_boolean(rand))
                add_noise(rand, words);
        else
                add_own(rand, words);

        g_assert_cmpint(
                sd_bus_message_append_array(call, 'u', words->data, words->len * sizeof(uint32_t)),
                >=, 0);
        append_options(rand, call);
        g_assert_cmpint(sd_bus_call_async(call_bus, NULL, call, on_answer, storm, PATIENCE_USEC),
                        >=, 0);
        storm->n_sent++;
        storm->n_waiting++;
}

static void run_storm(unsigned n, GRand *rand, Storm *storm) {
        *storm = (Storm){};
        while (storm->n_sent < n || storm->n_waiting > 0) {
                int r;

                while (storm->n_sent < n && storm->n_waiting < N_AT_ONCE)
                        try_one(rand, storm);
                while ((r = sd_bus_process(call_bus, NULL)) > 0)
                        ;
                g_assert_cmpint(r, >=, 0);
                if (storm->n_waiting > 0)
                        g_assert_cmpint(sd_bus_wait(call_bus, PATIENCE_USEC), >=, 0);
        }
}

static void open_bus(void) {
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        g_assert_cmpint(sd_bus_set_method_call_timeout(call_bus, PATIENCE_USEC), >=, 0);
}

static int64_t check_once(void) {
        g_autoptr(sd_bus_message) call = call_new("Check"), reply = NULL;
        int64_t start;

        g_assert_cmpint(
                sd_bus_message_append_array(call, 'u', own_offer, n_own_offer * sizeof(uint32_t)),
                >=, 0);
        g_assert_cmpint(sd_bus_message_append(call, "a{sv}", 0), >=, 0);
        start = g_get_monotonic_time();
        reply = call_send(call);
        start = g_get_monotonic_time() - start;
        (void) reply_assert_verdict(reply, "supported");
        return start;
}

static int compare_times(const void *a, const void *b) {
        int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

        return (x > y) - (x < y);
}

static int64_t part(const GArray *times, double of) {
        return g_array_index(times, int64_t, (size_t) ((times->len - 1) * of));
}

static unsigned count_descriptors(void) {
        g_autofree char *path = g_strdup_printf("/proc/%s/fd", g_getenv("CPUIDD_PID"));
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        unsigned n = 0;

        g_assert_nonnull(folder);
        while (g_dir_read_name(folder))
                n++;
        return n;
}

static uint64_t resident_kb(void) {
        g_autofree char *path = g_strdup_printf("/proc/%s/status", g_getenv("CPUIDD_PID"));
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return g_ascii_strtoull(strstr(text, "VmRSS:") + strlen("VmRSS:"), NULL, 10);
}

/* VMs of the whole machine; -1 where the kernel does not show them to us */
static int count_vms(void) {
        g_autoptr(GDir) folder = g_dir_open("/sys/kernel/debug/kvm", 0, NULL);
        const char *name;
        int n = 0;

        if (!folder)
                return -1;
        while ((name = g_dir_read_name(folder)))
                n += g_ascii_isdigit(*name) != 0;
        return n;
}

static void read_own_offer(void) {
        g_autoptr(sd_bus_message) offer = call_ask("GetCpuid", "as", 1, "irqchip");
        const void *words;
        size_t size;

        g_assert_cmpint(sd_bus_message_read_array(offer, 'u', &words, &size), >, 0);
        own_offer = g_memdup2(words, size);
        n_own_offer = size / sizeof(uint32_t);
}

/* In a process of its own; what came of it goes into the pipe */
static pid_t start_storm(unsigned n, uint32_t seed, int *ret_fd) {
        int fds[2];
        pid_t pid;

        g_assert_cmpint(pipe(fds), ==, 0);
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
                Storm storm;

                open_bus();
                run_storm(n, rand, &storm);
                _exit(write(fds[1], &storm, sizeof(storm)) == sizeof(storm) ? 0 : 1);
        }

        (void) close(fds[1]);
        *ret_fd = fds[0];
        return pid;
}

static Storm storm_while_checking(unsigned n, uint32_t seed, GArray *times) {
        Storm storm = {};
        int fd, status;
        pid_t pid = start_storm(n, seed, &fd);

        do {
                int64_t time = check_once();

                g_array_append_val(times, time);
        } while (waitpid(pid, &status, WNOHANG) == 0);

        g_assert_cmpint(status, ==, 0);
        g_assert_cmpint(read(fd, &storm, sizeof(storm)), ==, sizeof(storm));
        (void) close(fd);
        return storm;
}

static void report_times(const char *name, GArray *times, const GArray *quiet) {
        qsort(times->data, times->len, sizeof(int64_t), compare_times);
        printf("# %s: %u checks, median %.2f and p99 %.2f of the quiet median\n", name, times->len,
               (double) part(times, 0.5) / part(quiet, 0.5),
               (double) part(times, 0.99) / part(quiet, 0.5));
}

static unsigned n_tests, n_failed;

static void ok(bool is_good, const char *name) {
        printf("%sok %u - %s\n", is_good ? "" : "not ", ++n_tests, name);
        n_failed += !is_good;
}

int main(int argc, char **argv) {
        unsigned n = argc > 1 ? atoi(argv[1]) : 200;
        uint32_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) : g_random_int();
        g_autoptr(GArray) quiet = g_array_new(FALSE, FALSE, sizeof(int64_t));
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(int64_t));
        unsigned descriptors;
        uint64_t resident;
        Storm storm;
        int vms;

        printf("# %u tables, seed %u\n", n, seed);
        open_bus();
        read_own_offer();
        for (unsigned i = 0; i < N_QUIET; i++) {
                int64_t time = check_once();

                g_array_append_val(quiet, time);
        }
        qsort(quiet->data, quiet->len, sizeof(int64_t), compare_times);
        report_times("nothing is tried", quiet, quiet);

        storm = storm_while_checking(N_WARM, seed + 1, times);
        descriptors = count_descriptors();
        resident = resident_kb();
        vms = count_vms();

        g_array_set_size(times, 0);
        storm = storm_while_checking(n, seed, times);
        report_times("while tables are tried", times, quiet);
        printf("# %u tried: %u kept, %u changed, %u refused, %u errors\n", storm.n_sent,
               storm.n_outcomes[0], storm.n_outcomes[1], storm.n_outcomes[2], storm.n_errors);
        printf("# descriptors %u, then %u; resident %" G_GUINT64_FORMAT
               " kB, then %" G_GUINT64_FORMAT "; VMs %d, then %d\n",
               descriptors, count_descriptors(), resident, resident_kb(), vms, count_vms());

        ok(storm.n_outcomes[0] + storm.n_outcomes[1] + storm.n_outcomes[2] == n,
           "every table has an answer");
        ok(count_descriptors() == descriptors, "no descriptor is left");
        ok(!*g_getenv("STORM_MEMORY") || resident_kb() <= resident + GROWTH_MAX_KB,
           *g_getenv("STORM_MEMORY") ? "no memory is left" :
                                       "no memory is left # SKIP with sanitizers it is kept");
        ok(count_vms() == vms, "no VM is left");
        ok(check_once() >= 0, "Check answers");
        printf("1..%u\n", n_tests);
        sd_bus_flush_close_unref(call_bus);
        g_free(own_offer);
        return n_failed > 0;
}
