/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of libcpuidd share; it knows the library by its header alone */

#include "tests/lib/support.h"

char *test_source_path(const char *folder, const char *name) {
        return g_test_build_filename(G_TEST_DIST, "tests", folder, name, NULL);
}

CpuiddHost *test_skylake(void) {
        g_autofree char *path = test_source_path("recordings", "skylake-sp-6.1.recording");
        g_autoptr(GError) error = NULL;
        CpuiddHost *host = cpuidd_host_new_from_file(path, NULL, &error);

        g_assert_no_error(error);
        return host;
}

CpuiddGuest *test_small_guest(uint32_t features) {
        const uint32_t words[] = {
                0x0, 0, 0, 0x16,    0x756e6547, 0x6c65746e, 0x49656e69,
                0x1, 0, 0, 0x50654, 0x800,      features,   0x1,
        };
        g_autoptr(GError) error = NULL;
        CpuiddGuest *guest =
                cpuidd_guest_new_from_words("small", words, G_N_ELEMENTS(words), &error);

        g_assert_no_error(error);
        return guest;
}

char *test_fingerprint_of(CpuiddHost *host) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(host, &error);

        g_assert_no_error(error);
        return g_strdup(status->fingerprint);
}

void test_assert_names(char **names, const char *expected) {
        g_autofree char *joined = g_strjoinv(" ", names);

        g_assert_cmpstr(joined, ==, expected);
        g_strfreev(names);
}
