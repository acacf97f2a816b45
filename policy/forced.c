/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables by view and kind. What was not measured is never taken for nothing. */

#include "policy/forced.h"

#include <string.h>

#include "policy/place.h"

/* With nothing enabled; no capability has such a name */
#define BASE ""

typedef struct Measured {
        LeafTable *tables[N_FORCED_KINDS];
        Words *words[N_FORCED_KINDS];
} Measured;

struct Forced {
        GHashTable *views; /* name -> Measured */
};

static void measured_free(void *p) {
        Measured *measured = p;

        for (ForcedKind i = 0; i < N_FORCED_KINDS; i++) {
                leaf_table_free(measured->tables[i]);
                words_free(measured->words[i]);
        }
        g_free(measured);
}

Forced *forced_new(void) {
        Forced *forced = g_new0(Forced, 1);

        forced->views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, measured_free);
        return forced;
}

Forced *forced_free(Forced *forced) {
        if (!forced)
                return NULL;

        g_hash_table_unref(forced->views);
        g_free(forced);
        return NULL;
}

static const Measured *find(const Forced *forced, const char *view) {
        return g_hash_table_lookup(forced->views, view ?: BASE);
}

static Measured *find_mutable(Forced *forced, const char *view) {
        Measured *measured = g_hash_table_lookup(forced->views, view ?: BASE);

        if (!measured) {
                measured = g_new0(Measured, 1);
                g_hash_table_insert(forced->views, g_strdup(view ?: BASE), measured);
        }

        return measured;
}

void forced_take_table(Forced *forced, const char *view, ForcedKind kind, LeafTable *table) {
        Measured *measured = find_mutable(forced, view);

        leaf_table_free(measured->tables[kind]);
        measured->tables[kind] = table;
}

LeafTable *forced_table_mutable(Forced *forced, const char *view, ForcedKind kind) {
        Measured *measured = find_mutable(forced, view);

        if (!measured->tables[kind])
                measured->tables[kind] = leaf_table_new();

        return measured->tables[kind];
}

bool forced_add_dropped(Forced *forced, const char *view, const char *text) {
        LeafTable *dropped = forced_table_mutable(forced, view, FORCED_DROPPED);
        Place place;

        if (!place_parse(text, &place, NULL) || place.is_msr || !place.has_subleaf ||
            place.has_register || leaf_table_size(dropped) >= LEAF_TABLE_MAX)
                return false;

        leaf_table_add(dropped, &(Leaf){ place.leaf, place.subleaf, .flags = LEAF_FLAG_INDEXED });
        return true;
}

static bool tables_equal(const LeafTable *a, const LeafTable *b) {
        if (leaf_table_size(a) != leaf_table_size(b))
                return false;

        for (size_t i = 0; i < leaf_table_size(a); i++)
                if (memcmp(leaf_table_at(a, i), leaf_table_at(b, i), sizeof(Leaf)) != 0)
                        return false;

        return true;
}

void forced_copy(Forced *forced, const char *view, const Forced *from) {
        for (ForcedKind i = 0; i < N_FORCED_KINDS; i++) {
                const LeafTable *table = forced_table(from, NULL, i),
                                *base = forced_table(forced, NULL, i);

                if (table && !(view && base && tables_equal(table, base)))
                        forced_take_table(forced, view, i, leaf_table_copy(table));
        }
}

/* The first leaf of a range has its maximum: a row that has only some bits of it would cut off what
 * lies above. Nothing there is a feature. */
static Words *words_of(const LeafTable *table) {
        g_autoptr(LeafTable) rows = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (words_range_base(row->leaf) != row->leaf)
                        leaf_table_add(rows, row);
        }

        return words_new(rows, N_FIELD_INTERFACES);
}

void forced_seal(Forced *forced) {
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, forced->views);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                Measured *measured = value;

                for (ForcedKind i = 0; i < N_FORCED_KINDS; i++)
                        if (measured->tables[i])
                                measured->words[i] = words_of(measured->tables[i]);
        }
}

const LeafTable *forced_table(const Forced *forced, const char *view, ForcedKind kind) {
        const Measured *measured = find(forced, view);

        return measured ? measured->tables[kind] : NULL;
}

char **forced_dropped(const Forced *forced, const char *view) {
        const LeafTable *table = forced_table(forced, view, FORCED_DROPPED);
        g_autoptr(GPtrArray) places = NULL;

        if (!table)
                return NULL;

        places = g_ptr_array_new();
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                g_ptr_array_add(places, g_strdup_printf("0x%x.%u", row->leaf, row->subleaf));
        }

        g_ptr_array_add(places, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&places), FALSE);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

const char **forced_list_views(const Forced *forced) {
        const char **names = g_new0(const char *, g_hash_table_size(forced->views) + 1);
        GHashTableIter iter;
        gpointer key;
        size_t n = 0;

        g_hash_table_iter_init(&iter, forced->views);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                if (strcmp(key, BASE) != 0)
                        names[n++] = key;

        qsort(names, n, sizeof(*names), compare_names);
        return names;
}

static const Measured *measured_in(const Forced *forced, const char *view, ForcedKind kind) {
        const Measured *measured = find(forced, view);

        return measured && measured->tables[kind] ? measured : find(forced, NULL);
}

const LeafTable *forced_in(const Forced *forced, const char *view, ForcedKind kind) {
        const Measured *measured = measured_in(forced, view, kind);

        return measured ? measured->tables[kind] : NULL;
}

const Words *forced_words(const Forced *forced, const char *view, ForcedKind kind) {
        const Measured *measured = measured_in(forced, view, kind);

        return measured ? measured->words[kind] : NULL;
}

const char *forced_kind_to_string(ForcedKind kind) {
        static const char *const names[N_FORCED_KINDS] = {
                [FORCED_ON] = "on",
                [FORCED_OFF] = "off",
                [FORCED_DROPPED] = "dropped",
        };

        return names[kind];
}
