/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same table again and again, at times that a test says */

#include <glib.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/repeats.h"

static LeafTable *new_table(char letter) {
        LeafTable *table = leaf_table_new();
        const Leaf row = { .leaf = 0x80000000, .registers = { letter } };

        leaf_table_add(table, &row);
        return table;
}

static void count(Repeats *repeats, uid_t uid, const Guest *guest, uint64_t now,
                  const char *message) {
        g_autoptr(GError) error = NULL;

        (void) repeats_count(repeats, uid, guest, now, &error);
        g_assert_cmpstr(error ? error->message : NULL, ==, message);
        if (error)
                g_assert_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY);
}

#define REFUSED(WHEN)                                                                         \
        "this user has had the same table tried 3 times within 10 seconds, and it fills the " \
        "kernel's log; ask again in " WHEN

static void test_repeats_window(void) {
        const uint64_t second = G_USEC_PER_SEC;
        g_autoptr(Repeats) repeats = repeats_new();
        g_autoptr(Guest) guest = guest_new(new_table('a'));

        count(repeats, 1, guest, 100 * second, NULL);
        count(repeats, 1, guest, 104 * second, NULL);
        count(repeats, 1, guest, 105 * second, NULL);
        count(repeats, 1, guest, 105 * second, REFUSED("5 seconds"));
        count(repeats, 1, guest, 110 * second - 1, REFUSED("1 second"));
        /* A refusal is not counted, so it may be asked again when it says so. */
        count(repeats, 1, guest, 110 * second, NULL);
        count(repeats, 1, guest, 110 * second, REFUSED("4 seconds"));
}

static void test_repeats_differences(void) {
        g_autoptr(Repeats) repeats = repeats_new();
        g_autoptr(Guest) guest = guest_new(new_table('a')), same = guest_new(new_table('a'));
        g_autoptr(Guest) other = guest_new(new_table('b'));

        for (size_t i = 0; i < REPEATS_MAX; i++)
                count(repeats, 1, guest, 1, NULL);
        count(repeats, 1, same, 1, REFUSED("10 seconds"));
        count(repeats, 2, same, 1, NULL);
        count(repeats, 1, other, 1, NULL);
        same->capabilities = 0;
        count(repeats, 1, same, 1, NULL);
        same->capabilities = guest->capabilities;
        guest_set_msr(same, 0x10a, 1);
        count(repeats, 1, same, 1, NULL);
        for (size_t i = 1; i < REPEATS_MAX; i++)
                count(repeats, 1, same, 1, NULL);
        count(repeats, 1, same, 1, REFUSED("10 seconds"));
        guest_set_msr(same, 0x10a, 2);
        count(repeats, 1, same, 1, NULL);
}

/* What is remembered is bounded: of too much the oldest is forgotten. */
static void test_repeats_bound(void) {
        g_autoptr(Repeats) repeats = repeats_new();
        g_autoptr(Guest) guest = guest_new(new_table('a'));

        for (size_t i = 0; i < REPEATS_MAX; i++)
                count(repeats, 1, guest, 1, NULL);
        count(repeats, 1, guest, 1, REFUSED("10 seconds"));
        for (uid_t uid = 2; uid < 2 + REPEATS_REMEMBERED_MAX; uid++)
                count(repeats, uid, guest, 1, NULL);
        count(repeats, 1, guest, 1, NULL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/repeats/window", test_repeats_window);
        g_test_add_func("/repeats/differences", test_repeats_differences);
        g_test_add_func("/repeats/bound", test_repeats_bound);
        return g_test_run();
}
