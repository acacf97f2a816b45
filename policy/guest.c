/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest is its table in canonical form. Duplicates are kept apart: the first of them is what
 * KVM answers with, the others tell of a mistake. */

#include "policy/guest.h"

#include <string.h>

#include "policy/dependency.h"

static bool rows_collide(const Leaf *first, const Leaf *second) {
        return first->leaf == second->leaf &&
                (first->subleaf == second->subleaf || !(first->flags & LEAF_FLAG_INDEXED));
}

/* One for each place, however often it comes */
static void add_duplicate(Guest *guest, const GuestDuplicate *duplicate) {
        if (!guest->duplicates)
                guest->duplicates = g_array_new(FALSE, FALSE, sizeof(GuestDuplicate));

        for (size_t i = 0; i < guest->duplicates->len; i++) {
                GuestDuplicate *known = &g_array_index(guest->duplicates, GuestDuplicate, i);

                if (known->leaf == duplicate->leaf && known->subleaf == duplicate->subleaf) {
                        known->differs |= duplicate->differs;
                        return;
                }
        }

        g_array_append_vals(guest->duplicates, duplicate, 1);
}

/* The first of the rows from @start to @end that answers for the row's place */
static const Leaf *find_between(const LeafTable *table, size_t start, size_t end, const Leaf *row) {
        for (size_t i = start; i < end; i++)
                if (rows_collide(leaf_table_at(table, i), row))
                        return leaf_table_at(table, i);

        return NULL;
}

/* Rows that stand behind another one that answers for them. Tables mostly come in order, and
 * there a row can only collide with those of its own leaf. */
static void find_duplicates(Guest *guest) {
        size_t highest = 0; /* where the highest leaf so far begins */

        for (size_t i = 1; i < leaf_table_size(guest->table); i++) {
                const Leaf *row = leaf_table_at(guest->table, i), *first;
                uint32_t leaf = leaf_table_at(guest->table, highest)->leaf;
                GuestDuplicate duplicate = { .leaf = row->leaf, .subleaf = row->subleaf };

                if (row->leaf > leaf) {
                        highest = i;
                        continue;
                }

                first = find_between(guest->table, row->leaf == leaf ? highest : 0, i, row);
                if (!first)
                        continue;

                duplicate.differs =
                        memcmp(first->registers, row->registers, sizeof(row->registers)) != 0;
                add_duplicate(guest, &duplicate);
        }
}

static void compile(Guest *guest) {
        guest->words = words_new_partial(guest->table, N_FIELD_INTERFACES, guest->unknown);
        guest->contradictions = contradictions_find(guest->table, guest->words);
}

Guest *guest_new(LeafTable *table) {
        Guest *guest = g_new0(Guest, 1);

        guest->table = table;
        guest->capabilities = capability_set_default();
        find_duplicates(guest);
        compile(guest);
        return guest;
}

Guest *guest_free(Guest *guest) {
        if (!guest)
                return NULL;

        g_free(guest->name);
        leaf_table_free(guest->table);
        words_free(guest->words);
        g_clear_pointer(&guest->duplicates, g_array_unref);
        g_clear_pointer(&guest->contradictions, g_array_unref);
        g_clear_pointer(&guest->msrs, g_hash_table_unref);
        g_clear_pointer(&guest->unknown, unknown_free);
        g_free(guest);
        return NULL;
}

void guest_set_msr(Guest *guest, uint32_t index, uint64_t value) {
        if (!guest->msrs)
                guest->msrs = g_hash_table_new_full(NULL, NULL, NULL, g_free);

        g_hash_table_replace(guest->msrs, GUINT_TO_POINTER(index),
                             g_memdup2(&value, sizeof(value)));
        words_set_msr(guest->words, index, value);
}

bool guest_has_msr(const Guest *guest, uint32_t index) {
        return guest->msrs && g_hash_table_contains(guest->msrs, GUINT_TO_POINTER(index));
}

bool guest_get_msr(const Guest *guest, uint32_t index, uint64_t *ret) {
        const uint64_t *value =
                guest->msrs ? g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(index)) : NULL;

        if (!value)
                return false;

        *ret = *value;
        return true;
}

static int compare_indexes(const void *a, const void *b) {
        uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return (left > right) - (left < right);
}

GArray *guest_list_msrs(const Guest *guest) {
        GArray *indexes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        GHashTableIter iter;
        void *key;

        if (!guest->msrs)
                return indexes;

        g_hash_table_iter_init(&iter, guest->msrs);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                uint32_t index = GPOINTER_TO_UINT(key);

                g_array_append_val(indexes, index);
        }

        g_array_sort(indexes, compare_indexes);
        return indexes;
}

/* What is not told changes how everything else is read. */
void guest_take_unknown(Guest *guest, Unknown *unknown) {
        GHashTableIter iter;
        gpointer index, value;

        unknown_free(guest->unknown);
        guest->unknown = !unknown_is_empty(unknown) ? unknown : unknown_free(unknown);
        words_free(guest->words);
        g_clear_pointer(&guest->contradictions, g_array_unref);
        compile(guest);
        if (!guest->msrs)
                return;

        g_hash_table_iter_init(&iter, guest->msrs);
        while (g_hash_table_iter_next(&iter, &index, &value))
                words_set_msr(guest->words, GPOINTER_TO_UINT(index), *(uint64_t *) value);
}
