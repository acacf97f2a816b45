/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The entry of libFuzzer for what peers send. $RECORDING is the host that they ask about. */

#include <stdlib.h>

#include "tests/fuzz/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        const char *recording = g_getenv("RECORDING");

        if (!recording)
                abort();
        (void) fuzz_wire(recording, bytes, n_bytes);
        return 0;
}
