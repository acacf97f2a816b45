/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asks and never reads, on many connections, each with less than the bus keeps for one, until the
 * bus takes no more from the service, and somebody else's call has no answer. Stays until it is
 * killed. */

#include <stdio.h>
#include <unistd.h>

#include "tests/abuse/raw.h"
#include "tests/bus/call.h"

#define N_CONNECTIONS 20
#define N_CALLS 50
#define N_ROUNDS 1000
#define PATIENCE_USEC (20 * G_USEC_PER_SEC)

static void send_calls(int fd, uint32_t serial) {
        for (uint32_t i = 0; i < N_CALLS; i++) {
                const RawCall call = { .member = "GetProfile", .serial = serial + i };
                g_autoptr(GByteArray) bytes = raw_call_new(&call);

                g_assert_true(raw_send(fd, bytes->data, bytes->len));
        }
}

int main(void) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int fds[N_CONNECTIONS], r = 0;

        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        for (size_t i = 0; i < N_CONNECTIONS; i++)
                fds[i] = raw_connect();

        for (uint32_t round = 0; r >= 0 && round < N_ROUNDS; round++) {
                g_autoptr(sd_bus_message) call = call_new("ListCapabilities");

                for (size_t i = 0; i < N_CONNECTIONS; i++)
                        send_calls(fds[i], 2 + round * N_CALLS);
                r = sd_bus_call(call_bus, call, PATIENCE_USEC, &error, NULL);
        }

        printf("%s\n", r < 0 ? error.name : "answered");
        (void) fflush(stdout);
        (void) pause();
        return 0;
}
