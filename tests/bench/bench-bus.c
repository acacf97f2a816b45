/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bench-bus --serve: owns a name and answers Echo with the bytes that Check answers an accepted
 * guest with, and does nothing else. bench-bus: asks both in turns with the host's own table. */

#include <string.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"
#include "tests/bench/bench.h"

#define ECHO_NAME "org.cpuidd1.Echo"
#define REPEAT 200

static int answer_echo(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        sd_bus_message *reply = NULL;
        int r;

        (void) userdata;
        (void) error;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "sasa(uuyyyssssttsas)", "supported", 0, 0);
        if (r >= 0)
                r = sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        return r;
}

static const sd_bus_vtable echo_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Echo", "aua{sv}", "sasa(uuyyyssssttsas)", answer_echo,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int serve(sd_bus *bus) {
        int r;

        r = sd_bus_add_object_vtable(bus, NULL, "/", ECHO_NAME, echo_vtable, NULL);
        if (r >= 0)
                r = sd_bus_request_name(bus, ECHO_NAME, 0);
        if (r < 0)
                return r;

        printf("ready\n");
        fflush(stdout);
        for (;;) {
                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0)
                        return r;
        }
}

typedef struct Question {
        sd_bus *bus;
        const char *destination;
        const char *path;
        const char *interface;
        const char *member;
        const uint32_t *table;
        size_t n_bytes;
} Question;

static int ask(const Question *question) {
        sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = sd_bus_message_new_method_call(question->bus, &m, question->destination, question->path,
                                           question->interface, question->member);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'u', question->table, question->n_bytes);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 0);
        if (r >= 0)
                r = sd_bus_call(question->bus, m, 0, NULL, &reply);
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        return r;
}

static int time_of(const Question *question, double *ret) {
        uint64_t start = bench_now();

        for (size_t i = 0; i < REPEAT; i++) {
                int r = ask(question);

                if (r < 0)
                        return r;
        }

        *ret = (double) (bench_now() - start) / REPEAT;
        return 0;
}

static int measure(sd_bus *bus) {
        double check[BENCH_ROUNDS], echo[BENCH_ROUNDS];
        sd_bus_message *reply = NULL;
        const void *table;
        size_t n_bytes;
        int r;

        r = sd_bus_call_method(bus, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE,
                               "GetCpuid", NULL, &reply, "as", 1, "irqchip");
        if (r >= 0)
                r = sd_bus_message_read_array(reply, 'u', &table, &n_bytes);
        if (r < 0)
                return r;

        for (size_t i = 0; i < BENCH_ROUNDS; i++) {
                Question ask_echo = { bus, ECHO_NAME, "/", ECHO_NAME, "Echo", table, n_bytes };
                Question ask_check = {
                        bus,   CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE, "Check",
                        table, n_bytes
                };

                r = time_of(&ask_echo, &echo[i]);
                if (r >= 0)
                        r = time_of(&ask_check, &check[i]);
                if (r < 0)
                        return r;
        }

        bench_print("D-Bus Check : echo of the same bytes on the same bus", check, echo,
                    BENCH_ROUNDS, 1.1);
        sd_bus_message_unref(reply);
        return 0;
}

int main(int argc, char **argv) {
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = argc == 2 && strcmp(argv[1], "--serve") == 0 ? serve(bus) : measure(bus);
        if (r < 0)
                fprintf(stderr, "bench-bus: %s\n", strerror(-r));

        sd_bus_flush_close_unref(bus);
        return r < 0;
}
