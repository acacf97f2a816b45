/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A list by age, of what is younger than the while: at that length nothing faster is needed. */

#include "daemon/bus/repeats.h"

#include <string.h>

#include "daemon/bus/bus-error.h"

#define DIGEST_SIZE 32 /* SHA-256 */

typedef struct Given {
        uid_t uid;
        uint8_t digest[DIGEST_SIZE];
        uint64_t when;
} Given;

struct Repeats {
        GArray *given; /* Given, the oldest first */
};

Repeats *repeats_new(void) {
        Repeats *repeats = g_new0(Repeats, 1);

        repeats->given = g_array_new(FALSE, FALSE, sizeof(Given));
        return repeats;
}

Repeats *repeats_free(Repeats *repeats) {
        if (!repeats)
                return NULL;

        g_array_unref(repeats->given);
        g_free(repeats);
        return NULL;
}

static void digest_guest(const Guest *guest, uint8_t *ret) {
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
        g_autoptr(GArray) msrs = guest_list_msrs(guest);
        CapabilitySet capabilities = capability_set_close(guest->capabilities);
        gsize size = DIGEST_SIZE;

        g_checksum_update(checksum, (const guchar *) &capabilities, sizeof(capabilities));
        for (size_t i = 0; i < msrs->len; i++) {
                uint64_t msr[] = { g_array_index(msrs, uint32_t, i), 0 };

                (void) guest_get_msr(guest, msr[0], &msr[1]);
                g_checksum_update(checksum, (const guchar *) msr, sizeof(msr));
        }
        g_checksum_update(checksum, (const guchar *) leaf_table_words(guest->table),
                          leaf_table_size(guest->table) * sizeof(Leaf));

        g_checksum_get_digest(checksum, ret, &size);
}

static void forget(Repeats *repeats, uint64_t now) {
        size_t n = 0;

        while (n < repeats->given->len &&
               (g_array_index(repeats->given, Given, n).when + REPEATS_USEC <= now ||
                repeats->given->len - n >= REPEATS_REMEMBERED_MAX))
                n++;
        g_array_remove_range(repeats->given, 0, n);
}

bool repeats_count(Repeats *repeats, uid_t uid, const Guest *guest, uint64_t now, GError **error) {
        Given given = { .uid = uid, .when = now };
        uint64_t first = now;
        size_t n = 0;

        forget(repeats, now);
        digest_guest(guest, given.digest);
        for (size_t i = repeats->given->len; i-- > 0;) {
                const Given *other = &g_array_index(repeats->given, Given, i);

                if (other->uid != uid || memcmp(other->digest, given.digest, DIGEST_SIZE) != 0)
                        continue;
                n++;
                first = other->when;
        }

        if (n >= REPEATS_MAX) {
                uint64_t seconds =
                        (first + REPEATS_USEC - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

                g_set_error(
                        error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                        "this user has had the same table tried %d times within %d seconds, and "
                        "it fills the kernel's log; ask again in %" G_GUINT64_FORMAT " second%s",
                        REPEATS_MAX, (int) (REPEATS_USEC / G_USEC_PER_SEC), seconds,
                        seconds == 1 ? "" : "s");
                return false;
        }

        g_array_append_val(repeats->given, given);
        return true;
}
