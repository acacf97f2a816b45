/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QEMU's answers on real machines, where the corpus is beside this tree: each is read, says of
 * each feature what libvirt has made of it in the file beside, and is never read wrongly when it
 * is cut off. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/names.h"
#include "tests/unit/form-support.h"

#define FEATURE "<feature policy='"

static char *corpus_path(const char *folder) {
        return g_build_filename(g_test_get_dir(G_TEST_DIST), "..", "shared", "corpus", folder,
                                NULL);
}

/* No property of a real QEMU is news. */
static void check_warnings(const char *text) {
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(text, NULL, &warnings);

        g_assert_null(strstr(warnings, "does not know"));
}

static Guest *read_file(const char *path, char **ret_text, size_t *ret_n_text) {
        g_autoptr(GError) error = NULL;
        Guest *guest;

        g_file_get_contents(path, ret_text, ret_n_text, &error);
        g_assert_no_error(error);
        g_test_message("%s", path);
        guest = form_read(*ret_text, *ret_n_text, NULL, &error);
        if (error)
                g_test_message("%s", error->message);
        else
                check_warnings(*ret_text);
        return guest;
}

/* 1, 0, or -1: not told */
static int feature_of(const Guest *guest, const FeatureName *name) {
        uint32_t bit = UINT32_C(1) << (name->bit % 32);
        const uint64_t *msr;

        if (name->is_msr) {
                msr = guest->msrs ?
                        g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(name->index)) :
                        NULL;
                return msr ? (int) (*msr >> name->bit & 1) : -1;
        }

        if (unknown_mask(guest->unknown, name->index, name->subleaf, name->reg) & bit)
                return -1;
        return (form_register(guest, name->index, name->subleaf, name->reg) & bit) != 0;
}

/* Each line with a feature of a definition of libvirt's */
static unsigned compare_features(const Guest *guest, const char *path) {
        g_autofree char *text = NULL;
        unsigned n = 0;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return 0;

        for (const char *p = text; (p = strstr(p, FEATURE)); n++) {
                bool is_required = g_str_has_prefix(p += strlen(FEATURE), "require");
                g_autofree char *word = NULL;
                const FeatureName *name;
                const char *start = strstr(p, "name='") + strlen("name='");
                int value;

                word = g_strndup(start, strchr(start, '\'') - start);
                name = feature_name_find(word, NAME_LIBVIRT);
                g_assert_nonnull(name);
                value = feature_of(guest, name);
                if (value >= 0 && value != is_required)
                        g_test_message("%s: %s", path, word);
                g_assert_true(value < 0 || value == is_required);
        }

        return n;
}

static void test_libvirt(void) {
        g_autofree char *folder = corpus_path("libvirt");
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        unsigned n_files = 0, n_features = 0;
        const char *name;

        if (!dir) {
                g_test_skip("there is no corpus beside this tree");
                return;
        }

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);
                g_autofree char *stem = g_strndup(path, MAX(strlen(path), 5) - 5);
                g_autofree char *beside = g_strconcat(stem, "-json.xml", NULL);
                g_autofree char *text = NULL;
                g_autoptr(Guest) guest = NULL;
                size_t n_text;

                if (!g_str_has_suffix(name, ".json"))
                        continue;
                guest = read_file(path, &text, &n_text);
                g_assert_nonnull(guest);
                n_features += compare_features(guest, beside);
                n_files++;
                form_assert_cuts(text, n_text, NULL, 997);
        }

        g_test_message("%u files, %u features", n_files, n_features);
        g_assert_cmpuint(n_features, >=, n_files);
}

/* Whether a file that a live QEMU wrote is of a CPU */
static bool is_of_a_cpu(const char *name) {
        return g_str_has_suffix(name, ".json") && !strstr(name, "query-cpu-definitions") &&
                !strstr(name, "query-version");
}

static void test_live(void) {
        g_autofree char *folder = corpus_path("live/qemu");
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;

        if (!dir) {
                g_test_skip("there is no corpus beside this tree");
                return;
        }

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
                g_autoptr(Guest) guest = NULL;
                size_t n_text;

                if (!g_str_has_suffix(name, ".json"))
                        continue;
                guest = read_file(path, &text, &n_text);
                g_assert_cmpint(guest != NULL, ==, is_of_a_cpu(name));
                if (guest)
                        form_assert_cuts(text, n_text, NULL, 331);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/corpus-qemu/libvirt", test_libvirt);
        g_test_add_func("/corpus-qemu/live", test_live);
        return g_test_run();
}
