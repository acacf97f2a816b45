/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* KVM_SET_CPUID2 says no and not why. So the first row is looked for with which the table is refused;
 * of that row the registers are added one by one, of those the fields, and what has no field bit by
 * bit. Of bits that are refused only together, the one that came last is named. */

#include "daemon/kvm/culprit.h"

#include "policy/trial.h"
#include "policy/words.h"

typedef struct Search {
        CulpritFunc func;
        void *userdata;
        const Words *words; /* of the whole table: whose leaves they are */
        LeafTable *taken;
        GArray *culprits;
} Search;

static int try_row(const Search *search, const Leaf *row) {
        g_autoptr(LeafTable) table = leaf_table_copy(search->taken);

        leaf_table_add(table, row);
        return search->func(table, search->userdata);
}

static void take(LeafTable *taken, const LeafTable *table, size_t from, size_t to) {
        for (size_t i = from; i < to; i++)
                leaf_table_add(taken, leaf_table_at(table, i));
}

static bool is_refused(const Search *search, const LeafTable *table, size_t from, size_t to) {
        g_autoptr(LeafTable) longer = leaf_table_copy(search->taken);

        take(longer, table, from, to);
        return search->func(longer, search->userdata) != 0;
}

/* The first row, from @from on, with which the table is refused; its size if there is none */
static size_t first_refused(const Search *search, const LeafTable *table, size_t from) {
        size_t good = from, bad = leaf_table_size(table);

        if (!is_refused(search, table, from, bad))
                return bad;

        while (bad - good > 1) {
                size_t middle = good + (bad - good) / 2;

                if (is_refused(search, table, from, middle))
                        bad = middle;
                else
                        good = middle;
        }

        return good;
}

static void blame(Search *search, const Leaf *row, Register reg, unsigned low, unsigned high,
                  int code) {
        const TrialCulprit culprit = {
                .leaf = row->leaf,
                .subleaf = row->subleaf,
                .reg = reg,
                .low = low,
                .high = high,
                .code = code,
        };

        g_array_append_val(search->culprits, culprit);
}

/* How far the field goes that starts at a bit, or that the bit is a part of; itself without one */
static unsigned last_bit(const Search *search, const Leaf *row, Register reg, unsigned bit) {
        FieldInterface interface;
        const Field *field;
        uint32_t leaf;

        if (!words_locate(search->words, row->leaf, &interface, &leaf))
                return bit;

        field = field_at(interface, leaf, row->subleaf, reg, bit);
        return field ? field->high : bit;
}

static void search_register(Search *search, Leaf *row, Register reg, uint32_t value) {
        unsigned high;

        for (unsigned low = 0; low < 32; low = high + 1) {
                TrialCulprit field = { .low = low };
                uint32_t before = row->registers[reg];
                int code;

                high = field.high = last_bit(search, row, reg, low);
                if (!(value & trial_culprit_mask(&field)))
                        continue;

                row->registers[reg] |= value & trial_culprit_mask(&field);
                code = try_row(search, row);
                if (code == 0)
                        continue;
                row->registers[reg] = before;
                blame(search, row, reg, low, high, code);
        }
}

static void search_row(Search *search, const Leaf *whole) {
        Leaf row = { .leaf = whole->leaf, .subleaf = whole->subleaf, .flags = whole->flags };
        int code = try_row(search, &row);

        /* Not even with nothing in it */
        if (code != 0) {
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        blame(search, whole, reg, 0, 31, code);
                return;
        }

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                row.registers[reg] = whole->registers[reg];
                if (row.registers[reg] == 0 || try_row(search, &row) == 0)
                        continue;
                row.registers[reg] = 0;
                search_register(search, &row, reg, whole->registers[reg]);
        }

        leaf_table_add(search->taken, &row);
}

GArray *culprits_find(const LeafTable *table, CulpritFunc func, void *userdata) {
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);
        g_autoptr(LeafTable) taken = leaf_table_new();
        Search search = {
                .func = func,
                .userdata = userdata,
                .words = words,
                .taken = taken,
                .culprits = g_array_new(FALSE, FALSE, sizeof(TrialCulprit)),
        };

        for (size_t from = 0; from < leaf_table_size(table);) {
                size_t refused = first_refused(&search, table, from);

                take(taken, table, from, refused);
                if (refused < leaf_table_size(table))
                        search_row(&search, leaf_table_at(table, refused));
                from = refused + 1;
        }

        return search.culprits;
}
