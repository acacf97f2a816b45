/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Texts of AIDA64, InstLatx64 and libcpuid of real CPUs, from the corpus where it is there */

#include <string.h>

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

/* Kinds of core differ, and that is worth a sentence. */
static bool is_hybrid(const char *name) {
        return strstr(name, "AlderLake") || strstr(name, "MeteorLake") || strstr(name, "LunarLake");
}

static void check_corpus_file(const char *path) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) guest = {}, host = {};
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        size_t n_text;

        g_test_message("%s", path);
        format_read_guest_path(path, &options, &guest, &error);
        g_assert_no_error(error);
        if (guest.warnings->len > 0 && !is_hybrid(path))
                g_error("%s", (const char *) guest.warnings->pdata[0]);
        format_read_host_path(path, &options, &host, &error);
        g_assert_no_error(error);

        g_assert_true(g_file_get_contents(path, &text, &n_text, NULL));
        for (size_t n = 997; n < MIN(n_text, 20000); n += 997) {
                g_autofree char *wrong = form_check_cut(guest.guest, text, n, NULL);

                g_assert_cmpstr(wrong, ==, NULL);
        }
}

static void test_corpus(const void *data) {
        g_autofree char *path =
                g_build_filename(g_getenv("top_srcdir") ?: ".", "../shared/corpus", data, NULL);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name;

        if (!directory) {
                g_test_skip("there is no corpus");
                return;
        }

        while ((name = g_dir_read_name(directory))) {
                g_autofree char *file = g_build_filename(path, name, NULL);

                check_corpus_file(file);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_data_func("/corpus/instlatx64", "instlatx64", test_corpus);
        g_test_add_data_func("/corpus/libcpuid", "libcpuid", test_corpus);

        return g_test_run();
}
