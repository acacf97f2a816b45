/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/support.h"

#include <string.h>

#include "policy/recording.h"

LeafTable *test_table(const TestRow *rows) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < N_TEST_ROWS && rows[i].is_there; i++) {
                const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, rows[i].leaf);
                Leaf row = {
                        .leaf = rows[i].leaf,
                        .subleaf = rows[i].subleaf,
                        .flags = leaf && leaf->indexed ? LEAF_FLAG_INDEXED : 0,
                        .registers = { rows[i].eax, rows[i].ebx, rows[i].ecx, rows[i].edx },
                };

                leaf_table_add(table, &row);
        }

        return table;
}

Host *test_host(const TestRow *rows) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        g_assert_true(host_seal(host, &error));
        g_assert_no_error(error);
        return g_steal_pointer(&host);
}

Host *test_recording(const char *name) {
        g_autofree char *file = g_strconcat(name, ".recording", NULL);
        g_autofree char *path =
                g_test_build_filename(G_TEST_DIST, "tests", "recordings", file, NULL);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        Host *host;
        gsize n;

        g_file_get_contents(path, &text, &n, &error);
        g_assert_no_error(error);
        host = recording_parse(text, n, &error);
        g_assert_no_error(error);
        return host;
}

static int compare_names(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *list_recordings(void) {
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "recordings", NULL);
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        GPtrArray *names = g_ptr_array_new();
        const char *name;

        g_assert_nonnull(folder);
        while ((name = g_dir_read_name(folder)))
                if (g_str_has_suffix(name, ".recording"))
                        g_ptr_array_add(names,
                                        g_strndup(name, strlen(name) - strlen(".recording")));

        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        return names;
}

const char *const *test_recording_names(void) {
        static GPtrArray *names; /* for as long as the program */

        if (!names)
                names = list_recordings();
        return (const char *const *) names->pdata;
}

Guest *test_guest(const TestRow *rows) {
        return guest_new(test_table(rows));
}

Guest *test_guest_of_offer(const Offer *offer) {
        Guest *guest = guest_new(offer_to_table(offer));

        guest->capabilities = offer->capabilities;
        return guest;
}

Guest *test_guest_of_offer_with(const Offer *offer, const Field *field, uint32_t value) {
        g_autoptr(LeafTable) table = offer_to_table(offer), changed = leaf_table_new();
        uint32_t leaf = words_leaf(offer->words, field->interface, field->leaf);
        bool is_there = false;
        Guest *guest;

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                if (row.leaf == leaf && row.subleaf == field->subleaf) {
                        row.registers[field->reg] &= ~field_mask(field);
                        row.registers[field->reg] |= (value << field->low) & field_mask(field);
                        is_there = true;
                }
                leaf_table_add(changed, &row);
        }

        if (!is_there)
                return NULL;

        guest = guest_new(g_steal_pointer(&changed));
        guest->capabilities = offer->capabilities;
        return guest;
}

const Finding *test_finding_at(const Verdict *verdict, const char *where) {
        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict->findings, i);
                g_autofree char *at = finding_where(finding);

                if (g_str_equal(at, where))
                        return finding;
        }

        return NULL;
}
