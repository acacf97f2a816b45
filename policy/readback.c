/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Matches the rows of two tables, and cuts their registers into fields and runs of bits without a
 * row. What a change means is not known here. */

#include "policy/readback.h"

#include <string.h>

typedef struct Walk {
        const LeafTable *set;
        const LeafTable *back;
        const Words *located;
        bool changes;
        bool is_same_shape; /* row by row the same leaf, sub-leaf and flags */
        ReadbackFunc func;
        void *userdata;
} Walk;

static uint32_t bits_mask(unsigned low, unsigned high) {
        return (UINT32_MAX >> (31 - high)) & (UINT32_MAX << low);
}

/* A row without the index flag answers for every sub-leaf that no row before it answers for,
 * whatever it says itself. -1: none that has rows in the field table */
static int group_of(const Words *located, const LeafTable *table, const Leaf *row) {
        FieldInterface interface;
        uint32_t number;
        int group;

        if (!words_locate(located, row->leaf, &interface, &number))
                return -1;

        group = field_group_find(interface, number, row->subleaf);
        if (group >= 0 || (row->flags & LEAF_FLAG_INDEXED))
                return group;

        group = field_group_first(interface, number, 0);
        return group >= 0 && leaf_table_find(table, row->leaf, field_groups[group].subleaf) == row ?
                group :
                -1;
}

static void tell(const ReadbackPlace *at, const Field *row, unsigned low, unsigned high,
                 uint32_t set, uint32_t back, ReadbackFunc func, void *userdata) {
        uint32_t mask = bits_mask(low, high);
        ReadbackPlace place = *at;

        place.row = row;
        place.low = low;
        place.high = high;
        place.set = (set & mask) >> low;
        place.back = (back & mask) >> low;
        func(&place, userdata);
}

static void tell_runs(const ReadbackPlace *at, uint32_t rest, uint32_t set, uint32_t back,
                      ReadbackFunc func, void *userdata) {
        while (rest) {
                unsigned low = __builtin_ctz(rest);
                uint32_t run = ~(rest >> low);
                unsigned high = run ? MIN(low + __builtin_ctz(run) - 1, 31) : 31;

                tell(at, NULL, low, high, set, back, func, userdata);
                rest &= ~bits_mask(low, high);
        }
}

/* Rows for all sub-leaves have no word; such registers are rare. */
static uint32_t tell_wildcards(const Words *located, const ReadbackPlace *at, uint32_t mask,
                               uint32_t set, uint32_t back, ReadbackFunc func, void *userdata) {
        FieldInterface interface;
        uint32_t number, done = 0;

        if (!words_locate(located, at->leaf, &interface, &number))
                return 0;

        for (uint32_t rest = mask; rest; rest &= ~done) {
                unsigned bit = __builtin_ctz(rest);
                const Field *row = field_at(interface, number, at->subleaf, at->reg, bit);

                if (!row) {
                        rest &= ~(1u << bit);
                        continue;
                }
                tell(at, row, row->low, row->high, set, back, func, userdata);
                done |= field_mask(row);
        }

        return done;
}

static uint32_t tell_fields(const ReadbackPlace *at, uint32_t mask, uint32_t set, uint32_t back,
                            ReadbackFunc func, void *userdata) {
        const FieldWord *rows = &field_words[at->word];

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++) {
                const Field *field = &field_table[i];

                if (field_mask(field) & mask)
                        tell(at, field, field->low, field->high, set, back, func, userdata);
        }

        return rows->known;
}

void readback_walk_register(const Words *located, const ReadbackPlace *at, uint32_t mask,
                            uint32_t set, uint32_t back, ReadbackFunc func, void *userdata) {
        uint32_t known = at->word != FIELD_NONE ?
                tell_fields(at, mask, set, back, func, userdata) :
                tell_wildcards(located, at, mask, set, back, func, userdata);
        uint32_t rest = mask & ~known;

        tell_runs(at, rest & (set ^ back), set, back, func, userdata);
        tell_runs(at, rest & ~(set ^ back), set, back, func, userdata);
}

/* Either row may be missing. */
static void walk_row(const Walk *walk, const Leaf *set, const Leaf *back) {
        const Leaf *key = set ?: back;
        int group = -1;
        bool is_located = false;

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t mine = set ? set->registers[reg] : 0,
                         theirs = back ? back->registers[reg] : 0,
                         mask = walk->changes ? mine ^ theirs : mine | theirs;
                ReadbackPlace at = { .leaf = key->leaf,
                                     .subleaf = key->subleaf,
                                     .reg = reg,
                                     .is_dropped = set && !back,
                                     .table = walk->set };

                if (!mask)
                        continue;
                if (!is_located)
                        group = group_of(walk->located, set ? walk->set : walk->back, key);
                is_located = true;
                at.word = group < 0 ? FIELD_NONE : group * N_REGISTERS + (int) reg;
                if (group >= 0)
                        at.subleaf = field_groups[group].subleaf;
                readback_walk_register(walk->located, &at, mask, mine, theirs, walk->func,
                                       walk->userdata);
        }
}

static bool is_same_shape(const LeafTable *set, const LeafTable *back) {
        if (leaf_table_size(set) != leaf_table_size(back))
                return false;

        for (size_t i = 0; i < leaf_table_size(set); i++) {
                const Leaf *mine = leaf_table_at(set, i), *theirs = leaf_table_at(back, i);

                if (mine->leaf != theirs->leaf || mine->subleaf != theirs->subleaf ||
                    mine->flags != theirs->flags)
                        return false;
        }

        return true;
}

static bool counts(const LeafTable *table, const Leaf *row) {
        return leaf_table_find(table, row->leaf, row->subleaf) == row;
}

/* The sub-leaf whose row it is */
static uint32_t own_subleaf(const Walk *walk, const LeafTable *table, const Leaf *row) {
        int group = row->flags & LEAF_FLAG_INDEXED ? -1 : group_of(walk->located, table, row);

        return group < 0 ? row->subleaf : field_groups[group].subleaf;
}

static void walk_set(const Walk *walk) {
        for (size_t i = 0; i < leaf_table_size(walk->set); i++) {
                const Leaf *row = leaf_table_at(walk->set, i);
                const Leaf *back = walk->is_same_shape ?
                        leaf_table_at(walk->back, i) :
                        leaf_table_find(walk->back, row->leaf, own_subleaf(walk, walk->set, row));

                if (walk->changes && back &&
                    memcmp(row->registers, back->registers, sizeof(row->registers)) == 0)
                        continue;
                if (counts(walk->set, row))
                        walk_row(walk, row, back);
        }
}

/* Rows that were not set as such: what KVM has put in */
static void walk_added(const Walk *walk) {
        for (size_t i = 0; i < leaf_table_size(walk->back); i++) {
                const Leaf *row = leaf_table_at(walk->back, i);
                uint32_t subleaf = own_subleaf(walk, walk->back, row);
                const Leaf *set = leaf_table_find(walk->set, row->leaf, subleaf);
                Leaf own;

                if (!counts(walk->back, row) ||
                    (set && own_subleaf(walk, walk->set, set) == subleaf))
                        continue;
                if (!set) {
                        walk_row(walk, NULL, row);
                        continue;
                }
                own = *set;
                own.subleaf = subleaf;
                own.flags |= LEAF_FLAG_INDEXED;
                walk_row(walk, &own, row);
        }
}

void readback_walk(const LeafTable *set, const LeafTable *back, const Words *located, bool changes,
                   ReadbackFunc func, void *userdata) {
        Walk walk = {
                .set = set,
                .back = back,
                .located = located,
                .changes = changes,
                .is_same_shape = is_same_shape(set, back),
                .func = func,
                .userdata = userdata,
        };

        walk_set(&walk);
        if (!walk.is_same_shape)
                walk_added(&walk);
}

void readback_walk_culprit(const LeafTable *asked, const LeafTable *back, const Words *located,
                           const TrialCulprit *culprit, ReadbackFunc func, void *userdata) {
        const Leaf *row = leaf_table_find(asked, culprit->leaf, culprit->subleaf);
        const Leaf *now = back ? leaf_table_find(back, culprit->leaf, culprit->subleaf) : NULL;
        int group = row ? group_of(located, asked, row) : -1;
        ReadbackPlace at = {
                .leaf = culprit->leaf,
                .subleaf = group < 0 ? culprit->subleaf : field_groups[group].subleaf,
                .reg = culprit->reg,
                .word = group < 0 ? FIELD_NONE : group * N_REGISTERS + culprit->reg,
        };

        if (row)
                readback_walk_register(located, &at,
                                       trial_culprit_mask(culprit) & row->registers[culprit->reg],
                                       row->registers[culprit->reg],
                                       now ? now->registers[culprit->reg] : 0, func, userdata);
}
