/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* replay-wire RECORDING [FILE...]: good calls to the service, with each byte in turn another one and
 * cut off at each, and what fuzzers found, without one. TAP.
 * replay-wire --seeds DIR: the good calls, for fuzzers to begin with */

#include <stdio.h>
#include <string.h>

#include "tests/fuzz/wire.h"

static int write_seeds(const char *dir) {
        g_autoptr(GPtrArray) seeds = fuzz_wire_seeds();

        for (size_t i = 0; i < seeds->len; i++) {
                const GByteArray *seed = seeds->pdata[i];
                g_autofree char *path = g_strdup_printf("%s/seed-%zu", dir, i);

                if (!g_file_set_contents(path, (const char *) seed->data, seed->len, NULL))
                        return 1;
        }

        return 0;
}

/* A byte of a length, a type or a text: small ones, large ones, none */
static void replay_changed(const char *recording, const GByteArray *seed) {
        static const uint8_t others[] = { 0, 1, 'v', 0x80, 0xff };
        g_autofree uint8_t *bytes = g_memdup2(seed->data, seed->len);

        for (size_t i = 0; i < seed->len; i++) {
                for (size_t j = 0; j < G_N_ELEMENTS(others); j++) {
                        bytes[i] = others[j];
                        (void) fuzz_wire(recording, bytes, seed->len);
                }
                bytes[i] = seed->data[i];
        }
}

static void replay_seeds(const char *recording) {
        g_autoptr(GPtrArray) seeds = fuzz_wire_seeds();

        for (size_t i = 0; i < seeds->len; i++) {
                const GByteArray *seed = seeds->pdata[i];

                g_assert_cmpuint(fuzz_wire(recording, seed->data, seed->len), ==, 1);
                for (size_t n = 0; n <= seed->len; n++) {
                        g_autofree uint8_t *bytes = g_memdup2(seed->data, n);

                        (void) fuzz_wire(recording, bytes, n);
                }
                replay_changed(recording, seed);
                printf("ok %zu - call %zu, cut off and changed at each of %u bytes\n", i + 1, i,
                       seed->len);
        }
        printf("1..%u\n", seeds->len);
}

static int replay_file(const char *recording, const char *path, int number) {
        g_autofree char *text = NULL;
        gsize n;

        if (!g_file_get_contents(path, &text, &n, NULL)) {
                printf("not ok %d - %s cannot be read\n", number, path);
                return 1;
        }

        (void) fuzz_wire(recording, (const uint8_t *) text, n);
        printf("ok %d - %s\n", number, path);
        return 0;
}

int main(int argc, char **argv) {
        int status = 0;

        if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
                return write_seeds(argv[2]);
        if (argc < 2)
                return 2;
        if (argc == 2)
                replay_seeds(argv[1]);

        for (int i = 2; i < argc; i++)
                status |= replay_file(argv[1], argv[i], i - 1);
        if (argc > 2)
                printf("1..%d\n", argc - 2);
        return status;
}
