/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a line of the log says of a host that has changed */

#include <string.h>

#include "policy/host-change.h"
#include "tests/unit/support.h"

typedef struct ChangeCase {
        const char *name;
        TestRow before[N_TEST_ROWS];
        TestRow after[N_TEST_ROWS];
        const char *expect;
} ChangeCase;

static const ChangeCase change_cases[] = {
        {
                .name = "tsx-turned-off",
                .before = { LEAF(0, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(4) | BIT(5) | BIT(11)) },
                .after = { LEAF(0, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(5)) },
                .expect = "lost: hle, rtm",
        },
        {
                .name = "lost-and-gained-in-table-order",
                .before = { LEAF(0, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(5)) },
                .after = { LEAF(0, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(4), .edx = BIT(14)) },
                .expect = "lost: avx2; gained: hle, serialize",
        },
        {
                .name = "a-number",
                .before = { LEAF(0x80000000, 0, .eax = 0x80000008),
                            LEAF(0x80000008, 0, .eax = 52) },
                .after = { LEAF(0x80000000, 0, .eax = 0x80000008), LEAF(0x80000008, 0, .eax = 46) },
                .expect = "maxphyaddr: 46 bits, was 52 bits",
        },
        {
                .name = "dynamic-fields-and-topology-are-no-change",
                .before = { LEAF(0, 0, .eax = 1), LEAF(1, 0, .ecx = BIT(27), .ebx = 0x1000000) },
                .after = { LEAF(0, 0, .eax = 1), LEAF(1, 0, .ebx = 0x2000000) },
                .expect = "nothing of what is offered with the usual capabilities",
        },
        {
                .name = "bits-without-a-name",
                .before = { LEAF(0, 0, .eax = 7), LEAF(7, 2, .eax = 7) },
                .after = { LEAF(0, 0, .eax = 7), LEAF(7, 2, .eax = BIT(1), .ecx = BIT(31)) },
                .expect = "lost: 0x7.2:eax[0], 0x7.2:eax[2]; gained: 0x7.2:ecx[31]",
        },
};

static void test_change(gconstpointer data) {
        const ChangeCase *c = data;
        g_autoptr(Host) before = test_host(c->before);
        g_autoptr(Host) after = test_host(c->after);
        g_autoptr(HostChange) change = host_change_new(before, after);
        g_autofree char *text = host_change_to_text(change);

        g_assert_cmpstr(text, ==, c->expect);
}

static void test_capability(void) {
        g_autoptr(Host) before = test_recording("skylake-sp-6.1");
        g_autoptr(Host) after = test_recording("skylake-sp-6.18-forced");
        g_autoptr(HostChange) change = host_change_new(after, before);
        g_autofree char *text = host_change_to_text(change);

        g_assert_true(g_ptr_array_find_with_equal_func(change->lost, "disable-exits.aperfmperf",
                                                       g_str_equal, NULL));
        g_assert_true(g_str_has_prefix(text, "lost: disable-exits.aperfmperf"));
}

/* Nobody reads a hundred names in a log. */
static void test_long(void) {
        g_autoptr(Host) before = test_recording("haswell-5.15");
        g_autoptr(Host) after = test_recording("milan-6.18");
        g_autoptr(HostChange) change = host_change_new(before, after);
        g_autofree char *text = host_change_to_text(change);

        g_assert_cmpuint(change->gained->len, >, 20);
        g_assert_nonnull(g_strstr_len(text, -1, " more; "));
        g_assert_cmpuint(strlen(text), <, 1500);
}

static void test_same(void) {
        g_autoptr(Host) before = test_recording("sapphire-rapids-6.12");
        g_autoptr(Host) after = test_recording("sapphire-rapids-6.12");
        g_autoptr(HostChange) change = host_change_new(before, after);

        g_assert_cmpuint(change->lost->len + change->gained->len + change->numbers->len, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(change_cases); i++) {
                g_autofree char *path = g_strconcat("/host-change/", change_cases[i].name, NULL);

                g_test_add_data_func(path, &change_cases[i], test_change);
        }
        g_test_add_func("/host-change/capability", test_capability);
        g_test_add_func("/host-change/long", test_long);
        g_test_add_func("/host-change/same", test_same);

        return g_test_run();
}
