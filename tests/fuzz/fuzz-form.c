/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The entry of libFuzzer: a program that is called fuzz-NAME fuzzes the form NAME, fuzz-any what
 * finds the form. */

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "tests/fuzz/fuzz.h"

static const char *form;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
        const char *name = strstr((*argv)[0], "fuzz-");

        (void) argc;
        while (name && strstr(name + 1, "fuzz-"))
                name = strstr(name + 1, "fuzz-");
        if (!name)
                abort();

        form = g_str_equal(name, "fuzz-any") ? NULL : name + strlen("fuzz-");
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        fuzz_one(form, bytes, n_bytes);
        return 0;
}
