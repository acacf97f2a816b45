/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables of CPUID rows as they come: in any order, with duplicates. What a table means is
 * words.c's business. */

#include "policy/leaf.h"

#include <string.h>

#include "policy/error.h"

struct LeafTable {
        GArray *rows;
};

LeafTable *leaf_table_new(void) {
        LeafTable *table = g_new0(LeafTable, 1);

        table->rows = g_array_new(FALSE, FALSE, sizeof(Leaf));
        return table;
}

LeafTable *leaf_table_copy(const LeafTable *table) {
        LeafTable *copy = leaf_table_new();

        g_array_append_vals(copy->rows, table->rows->data, table->rows->len);
        return copy;
}

LeafTable *leaf_table_free(LeafTable *table) {
        if (!table)
                return NULL;

        g_array_unref(table->rows);
        g_free(table);
        return NULL;
}

LeafTable *leaf_table_new_from_words(const uint32_t *words, size_t n_words, GError **error) {
        LeafTable *table;

        if (n_words % LEAF_N_WORDS != 0) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            "a table of %zu words is no whole number of rows: a row is %zu words "
                            "(leaf, sub-leaf, flags, eax, ebx, ecx, edx)",
                            n_words, LEAF_N_WORDS);
                return NULL;
        }

        if (n_words / LEAF_N_WORDS > LEAF_TABLE_MAX) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            "a table of %zu rows is too large: KVM takes at most %d",
                            n_words / LEAF_N_WORDS, LEAF_TABLE_MAX);
                return NULL;
        }

        table = leaf_table_new();
        if (n_words > 0)
                g_array_append_vals(table->rows, words, n_words / LEAF_N_WORDS);
        return table;
}

size_t leaf_table_size(const LeafTable *table) {
        return table->rows->len;
}

const Leaf *leaf_table_at(const LeafTable *table, size_t i) {
        return &g_array_index(table->rows, Leaf, i);
}

void leaf_table_add(LeafTable *table, const Leaf *row) {
        g_array_append_vals(table->rows, row, 1);
}

const Leaf *leaf_table_find(const LeafTable *table, uint32_t leaf, uint32_t subleaf) {
        const Leaf *rows = (const Leaf *) table->rows->data;

        for (size_t i = 0; i < table->rows->len; i++)
                if (rows[i].leaf == leaf &&
                    (!(rows[i].flags & LEAF_FLAG_INDEXED) || rows[i].subleaf == subleaf))
                        return &rows[i];

        return NULL;
}

static int compare_rows(const void *a, const void *b) {
        const Leaf *left = a, *right = b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        if (left->subleaf != right->subleaf)
                return left->subleaf < right->subleaf ? -1 : 1;
        return 0;
}

void leaf_table_sort(LeafTable *table) {
        g_array_sort(table->rows, compare_rows);
}

const uint32_t *leaf_table_words(const LeafTable *table) {
        return (const uint32_t *) table->rows->data;
}

const char *register_to_string(Register reg) {
        static const char *const names[N_REGISTERS] = { "eax", "ebx", "ecx", "edx" };

        return names[reg];
}
