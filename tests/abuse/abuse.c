/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client may think of to do to the service. abuse.test has started the daemon and its bus.
 * After each the plain questions have their answers, and the daemon holds what it held before. */

#include "tests/abuse/abuse.h"

#include <sys/resource.h>

#include "tests/abuse/health.h"
#include "tests/bus/call.h"

#define N_DESCRIPTORS 4096

int main(int argc, char **argv) {
        const struct rlimit limit = { N_DESCRIPTORS, N_DESCRIPTORS };
        int r;

        g_test_init(&argc, &argv, NULL);
        (void) setrlimit(RLIMIT_NOFILE, &limit);
        g_assert_cmpint(sd_bus_open_system(&call_bus), >=, 0);
        health_begin();

        add_message_tests();
        add_byte_tests();
        add_connection_tests();

        r = g_test_run();
        health_end();
        sd_bus_flush_close_unref(call_bus);
        return r;
}
