/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The difference between two tables with nearly the same rows */

#include "policy/trial-delta.h"

#include <string.h>

#include "policy/trial-line.h"

static bool is_of(const Leaf *row, const Leaf *other) {
        return row->leaf == other->leaf && row->subleaf == other->subleaf;
}

/* The @n-th row with the same numbers, or NULL */
static const Leaf *nth_of(const LeafTable *table, const Leaf *like, size_t n) {
        for (size_t i = 0; i < leaf_table_size(table); i++)
                if (is_of(leaf_table_at(table, i), like) && n-- == 0)
                        return leaf_table_at(table, i);

        return NULL;
}

/* How many there are among the first @n_rows */
static size_t count_of(const LeafTable *table, const Leaf *like, size_t n_rows) {
        size_t n = 0;

        for (size_t i = 0; i < n_rows; i++)
                n += is_of(leaf_table_at(table, i), like);

        return n;
}

static bool is_kept(const LeafTable *set, const LeafTable *back, const Leaf *like) {
        for (size_t n = 0;; n++) {
                const Leaf *row = nth_of(set, like, n);
                const Leaf *other = nth_of(back, like, n);

                if (!row || !other)
                        return !row && !other;
                if (memcmp(row, other, sizeof(*row)) != 0)
                        return false;
        }
}

void trial_delta_append(GString *text, const LeafTable *set, const LeafTable *back) {
        size_t n_set = leaf_table_size(set), n_back = leaf_table_size(back);

        for (size_t i = 0; i < n_set; i++) {
                const Leaf *row = leaf_table_at(set, i);

                /* Once for all with the same numbers: at the last that is not there any more */
                if (count_of(set, row, i) >= count_of(back, row, n_back))
                        g_string_append_printf(text, "gone 0x%x %u\n", row->leaf, row->subleaf);
        }

        for (size_t i = 0; i < n_back; i++)
                if (!is_kept(set, back, leaf_table_at(back, i)))
                        trial_line_append_row(text, "back", leaf_table_at(back, i));
}

bool trial_delta_remove(LeafTable **table, uint32_t leaf, uint32_t subleaf) {
        const Leaf like = { .leaf = leaf, .subleaf = subleaf };
        size_t n_rows = leaf_table_size(*table), n = count_of(*table, &like, n_rows);
        const Leaf *last;
        LeafTable *rest;

        if (n == 0)
                return false;

        last = nth_of(*table, &like, n - 1);
        rest = leaf_table_new();
        for (size_t i = 0; i < n_rows; i++)
                if (leaf_table_at(*table, i) != last)
                        leaf_table_add(rest, leaf_table_at(*table, i));

        leaf_table_free(*table);
        *table = rest;
        return true;
}

LeafTable *trial_delta_join(const LeafTable *rows, const LeafTable *changed) {
        LeafTable *back;

        if (!changed)
                return leaf_table_copy(rows);

        back = leaf_table_new();
        for (size_t i = 0; i < leaf_table_size(rows); i++) {
                const Leaf *row = leaf_table_at(rows, i);
                /* Of most rows none has changed */
                const Leaf *now = nth_of(changed, row, 0);

                if (now)
                        now = nth_of(changed, row, count_of(rows, row, i));
                leaf_table_add(back, now ? now : row);
        }

        for (size_t i = 0; i < leaf_table_size(changed); i++) {
                const Leaf *row = leaf_table_at(changed, i);

                if (count_of(changed, row, i) >= count_of(rows, row, leaf_table_size(rows)))
                        leaf_table_add(back, row);
        }

        return back;
}
