/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* QEMU's answers on real machines, where the corpus is beside this tree: each is read, says of
 * each feature, by name and by bit, what libvirt has made of it in the files beside, and is never
 * read wrongly when it is cut off. */

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
        uint64_t msr = 0;

        if (name->is_msr)
                return guest_get_msr(guest, name->index, &msr) &&
                                !(unknown_msr_mask(guest->unknown, name->index) >> name->bit & 1) ?
                        (int) (msr >> name->bit & 1) :
                        -1;

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

/* Each bit of a mask is what @is_on says; what is off need not be told. How many are. */
static unsigned compare_bits(const Guest *guest, const Guest *mask, bool is_on) {
        unsigned n = 0;

        for (size_t i = 0; i < leaf_table_size(mask->table); i++) {
                const Leaf *row = leaf_table_at(mask->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t told = row->registers[reg] &
                                ~unknown_mask(guest->unknown, row->leaf, row->subleaf, reg);
                        uint32_t has = form_register(guest, row->leaf, row->subleaf, reg);

                        g_test_message("0x%x.%u:%s", row->leaf, row->subleaf,
                                       register_to_string(reg));
                        g_assert_cmphex(has & told, ==, is_on ? row->registers[reg] : 0);
                        n += (unsigned) __builtin_popcount(told);
                }
        }

        return n;
}

/* The same of MSRs */
static unsigned compare_msr_bits(const Guest *guest, const Guest *mask, bool is_on) {
        unsigned n = 0;
        GHashTableIter iter;
        void *key, *value;

        if (!guest->msrs || !mask->msrs)
                return 0;

        g_hash_table_iter_init(&iter, mask->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                const uint64_t *has = g_hash_table_lookup(guest->msrs, key);
                uint64_t told = has ? *(const uint64_t *) value : 0;

                g_test_message("msr 0x%x", GPOINTER_TO_UINT(key));
                g_assert_cmphex((has ? *has : 0) & told, ==, is_on ? told : 0);
                n += (unsigned) __builtin_popcountll(told);
        }

        return n;
}

/* @suffix: of the file beside that tells what QEMU could give, or could not */
static unsigned compare_mask(const Guest *guest, const char *stem, const char *suffix, bool is_on) {
        g_autofree char *path = g_strconcat(stem, suffix, NULL), *text = NULL;
        size_t n_text;
        g_autoptr(Guest) mask = read_file(path, &text, &n_text);

        g_assert_nonnull(mask);
        return compare_bits(guest, mask, is_on) + compare_msr_bits(guest, mask, is_on);
}

static void test_libvirt(void) {
        g_autofree char *folder = corpus_path("libvirt");
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        unsigned n_files = 0, n_features = 0, n_on = 0, n_off = 0;
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
                n_on += compare_mask(guest, stem, "-enabled.xml", true);
                n_off += compare_mask(guest, stem, "-disabled.xml", false);
                n_files++;
                form_assert_cuts(text, n_text, NULL, 997);
        }

        g_test_message("%u files, %u features, %u bits on, %u bits off", n_files, n_features, n_on,
                       n_off);
        g_assert_cmpuint(n_on, >=, 50 * n_files);
        g_assert_cmpuint(n_off, >=, n_files);
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
