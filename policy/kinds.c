/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Compares and combines what CPUs of one host answered, row by row and field by field. What
 * becomes of a field in which they differ follows from its rule alone. */

#include "policy/kinds.h"

#include <string.h>

#include "policy/error.h"
#include "policy/field.h"
#include "policy/words.h"

/* Above what any kernel numbers */
#define CPU_MAX (1024 * 1024)

struct Kinds {
        GPtrArray *kinds;         /* of Kind */
        LeafTable *common;        /* NULL: there are none */
        GHashTable *common_views; /* name -> LeafTable */
};

static void kind_free(void *p) {
        Kind *kind = p;

        g_free(kind->cpus);
        leaf_table_free(kind->rows);
        g_free(kind);
}

Kinds *kinds_new(void) {
        Kinds *kinds = g_new0(Kinds, 1);

        kinds->kinds = g_ptr_array_new_with_free_func(kind_free);
        kinds->common_views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                    (GDestroyNotify) leaf_table_free);
        return kinds;
}

Kinds *kinds_free(Kinds *kinds) {
        if (!kinds)
                return NULL;

        g_ptr_array_unref(kinds->kinds);
        leaf_table_free(kinds->common);
        g_hash_table_unref(kinds->common_views);
        g_free(kinds);
        return NULL;
}

static bool read_cpu(const char **text, uint64_t *ret) {
        uint64_t cpu = 0;

        if (!g_ascii_isdigit(**text))
                return false;
        for (; g_ascii_isdigit(**text) && cpu <= CPU_MAX; (*text)++)
                cpu = cpu * 10 + (unsigned) (**text - '0');

        *ret = cpu;
        return cpu <= CPU_MAX;
}

/* Ascending numbers and ranges: "0-7,16" */
static bool is_cpu_list(const char *text) {
        uint64_t next = 0, first, last;

        for (;; text++) {
                if (!read_cpu(&text, &first))
                        return false;
                last = first;
                if (*text == '-') {
                        text++;
                        if (!read_cpu(&text, &last))
                                return false;
                }
                if (first < next || last < first)
                        return false;
                if (*text != ',')
                        return *text == '\0';
                next = last + 1;
        }
}

bool kinds_add(Kinds *kinds, const char *cpus, GError **error) {
        Kind *kind;

        if (!is_cpu_list(cpus)) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            "'%.64s' is no list of CPUs, such as 0-7,16", cpus);
                return false;
        }
        if (kinds->kinds->len >= KINDS_MAX) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            "a host has at most %d kinds of CPU", KINDS_MAX);
                return false;
        }

        kind = g_new0(Kind, 1);
        kind->cpus = g_strdup(cpus);
        kind->rows = leaf_table_new();
        g_ptr_array_add(kinds->kinds, kind);
        return true;
}

bool kinds_add_row(Kinds *kinds, const Leaf *row, GError **error) {
        Kind *kind = kinds->kinds->len > 0 ? kinds->kinds->pdata[kinds->kinds->len - 1] : NULL;

        if (!kind || leaf_table_size(kind->rows) >= LEAF_TABLE_MAX) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TABLE,
                            kind ? "a kind of CPU has at most %d rows" :
                                   "a row of no kind of CPU (at most %d rows belong to each)",
                            LEAF_TABLE_MAX);
                return false;
        }

        leaf_table_add(kind->rows, row);
        return true;
}

size_t kinds_size(const Kinds *kinds) {
        return kinds->kinds->len;
}

const Kind *kinds_at(const Kinds *kinds, size_t i) {
        return kinds->kinds->pdata[i];
}

/* The first row with these very numbers: one that answers for other sub-leaves too is not theirs */
static const Leaf *find_row(const LeafTable *table, uint32_t leaf, uint32_t subleaf) {
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (row->leaf == leaf && row->subleaf == subleaf)
                        return row;
        }

        return NULL;
}

static uint32_t register_of(const Leaf *row, Register reg) {
        return row ? row->registers[reg] : 0;
}

/* A field of a register, or a bit that has none */
typedef struct Part {
        const Field *field;
        uint32_t mask;
        unsigned low;
        unsigned high;
} Part;

/* The part that begins at a bit. @words knows whose leaves they are. */
static Part part_at(const Words *words, const Leaf *row, Register reg, unsigned bit) {
        Part part = { .mask = UINT32_C(1) << bit, .low = bit, .high = bit };
        FieldInterface interface;
        uint32_t leaf;

        if (words_locate(words, row->leaf, &interface, &leaf))
                part.field = field_at(interface, leaf, row->subleaf, reg, bit);
        if (part.field) {
                part.mask = field_mask(part.field);
                part.low = part.field->low;
                part.high = part.field->high;
        }

        return part;
}

/* Not the host's ability, and another on each of its healthy CPUs */
static bool is_own(const Field *field) {
        return field && (field->rule == FIELD_RULE_TOPOLOGY || field->rule == FIELD_RULE_DYNAMIC);
}

/* @to with the parts of @from that are not each CPU's own */
static void take_ability(const Words *words, Leaf *to, const Leaf *from) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t difference = to->registers[reg] ^ register_of(from, reg);

                for (unsigned bit = 0; difference && bit < 32; bit++) {
                        Part part = part_at(words, to, reg, bit);

                        if (!is_own(part.field))
                                to->registers[reg] ^= difference & part.mask;
                        bit = part.high;
                }
        }
}

LeafTable *kinds_difference(const LeafTable *base, const LeafTable *other) {
        g_autoptr(Words) words = words_new(base, N_FIELD_INTERFACES);
        LeafTable *rows = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(base); i++) {
                const Leaf *row = leaf_table_at(base, i);
                Leaf changed = *row;

                if (find_row(base, row->leaf, row->subleaf) != row)
                        continue;
                take_ability(words, &changed, find_row(other, row->leaf, row->subleaf));
                if (memcmp(&changed, row, sizeof(changed)) != 0)
                        leaf_table_add(rows, &changed);
        }

        for (size_t i = 0; i < leaf_table_size(other); i++) {
                const Leaf *row = leaf_table_at(other, i);
                const Leaf nothing = { row->leaf, row->subleaf, row->flags, {} };
                Leaf added = nothing;

                if (find_row(base, row->leaf, row->subleaf) ||
                    find_row(other, row->leaf, row->subleaf) != row)
                        continue;
                take_ability(words, &added, row);
                if (memcmp(&added, &nothing, sizeof(added)) != 0 &&
                    leaf_table_size(rows) < LEAF_TABLE_MAX)
                        leaf_table_add(rows, &added);
        }

        return rows;
}

/* What is being combined */
typedef struct Combining {
        const Words *words;
        /* What a guest must not have, since CPUs disagree about how it is laid out: fields that
         * others are judged with */
        bool unusable[N_FIELDS];
} Combining;

/* A 0 that says nothing is not the smaller number */
static uint32_t smaller(const Field *field, uint32_t one, uint32_t other) {
        if ((field->flags & FIELD_ZERO_UNKNOWN) && (one == 0 || other == 0))
                return MAX(one, other);
        return MIN(one, other);
}

static uint32_t combine_values(Combining *combining, const Field *field, uint32_t one,
                               uint32_t other) {
        switch (field ? (FieldRule) field->rule : FIELD_RULE_RESERVED) {
        case FIELD_RULE_INVERTED:
                return one | other;
        case FIELD_RULE_AT_MOST:
                return smaller(field, one, other);
        case FIELD_RULE_EQUAL:
                if (one == other)
                        return one;
                if (field->when != FIELD_NONE && one != 0 && other != 0)
                        combining->unusable[field->when] = true;
                return 0;
        case FIELD_RULE_DYNAMIC:
        case FIELD_RULE_IDENTITY:
        case FIELD_RULE_TOPOLOGY:
        case FIELD_RULE_INFORMATIONAL:
        case FIELD_RULE_PROVIDED:
                return one;
        default:
                return one & other;
        }
}

/* @only: fields outside of these bits stay as they are */
static void combine_register(Combining *combining, Leaf *row, Register reg, uint32_t other,
                             uint32_t only) {
        for (unsigned bit = 0; only && bit < 32; bit++) {
                Part part = part_at(combining->words, row, reg, bit);
                uint32_t *word = &row->registers[reg];

                bit = part.high;
                if (!(only & part.mask))
                        continue;
                *word = (*word & ~part.mask) |
                        combine_values(combining, part.field, (*word & part.mask) >> part.low,
                                       (other & part.mask) >> part.low)
                                << part.low;
        }
}

static void combine_row(Combining *combining, const Kinds *kinds, Leaf *row) {
        const Leaf base = *row;

        for (size_t i = 0; i < kinds_size(kinds); i++) {
                const Leaf *other = find_row(kinds_at(kinds, i)->rows, row->leaf, row->subleaf);

                for (Register reg = 0; other && reg < N_REGISTERS; reg++)
                        combine_register(combining, row, reg, other->registers[reg],
                                         base.registers[reg] ^ other->registers[reg]);
        }
}

/* Rows that only some kinds have: there too a bit may say that something is missing */
static void combine_added(Combining *combining, const Kinds *kinds, LeafTable *combined) {
        for (size_t i = 0; i < kinds_size(kinds); i++) {
                const LeafTable *rows = kinds_at(kinds, i)->rows;

                for (size_t j = 0; j < leaf_table_size(rows); j++) {
                        const Leaf *row = leaf_table_at(rows, j);
                        Leaf added = { row->leaf, row->subleaf, row->flags, {} };

                        if (find_row(combined, row->leaf, row->subleaf) ||
                            leaf_table_size(combined) >= LEAF_TABLE_MAX)
                                continue;
                        combine_row(combining, kinds, &added);
                        leaf_table_add(combined, &added);
                }
        }
}

/* Takes @table over */
static LeafTable *without_unusable(const Combining *combining, LeafTable *table) {
        g_autoptr(LeafTable) old = table;
        LeafTable *left = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(old); i++) {
                Leaf row = *leaf_table_at(old, i);

                for (size_t j = 0; j < N_FIELDS; j++) {
                        const Field *field = &field_table[j];

                        if (combining->unusable[j] && field->interface == FIELD_INTERFACE_CPU &&
                            field->leaf == row.leaf && field->subleaf == row.subleaf)
                                row.registers[field->reg] &= ~field_mask(field);
                }
                leaf_table_add(left, &row);
        }

        return left;
}

LeafTable *kinds_combine(const Kinds *kinds, const LeafTable *base) {
        g_autoptr(Words) words = words_new(base, N_FIELD_INTERFACES);
        Combining combining = { .words = words };
        LeafTable *combined = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(base); i++) {
                Leaf row = *leaf_table_at(base, i);

                combine_row(&combining, kinds, &row);
                leaf_table_add(combined, &row);
        }

        combine_added(&combining, kinds, combined);
        return without_unusable(&combining, combined);
}

/* A view was recorded of one CPU: where @base and what was @combined of it differ, the view cannot
 * give more either. */
static LeafTable *combine_view(const LeafTable *view, const LeafTable *base,
                               const LeafTable *combined) {
        g_autoptr(Words) words = words_new(view, N_FIELD_INTERFACES);
        Combining combining = { .words = words };
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(view); i++) {
                Leaf row = *leaf_table_at(view, i);
                const Leaf *old = find_row(base, row.leaf, row.subleaf),
                           *now = find_row(combined, row.leaf, row.subleaf);

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        combine_register(&combining, &row, reg, register_of(now, reg),
                                         register_of(old, reg) ^ register_of(now, reg));
                leaf_table_add(table, &row);
        }

        return without_unusable(&combining, table);
}

void kinds_seal(Kinds *kinds, const LeafTable *supported, GHashTable *views) {
        GHashTableIter iter;
        gpointer name, view;

        if (kinds_size(kinds) == 0)
                return;

        kinds->common = kinds_combine(kinds, supported);
        g_hash_table_iter_init(&iter, views);
        while (g_hash_table_iter_next(&iter, &name, &view))
                g_hash_table_replace(kinds->common_views, g_strdup(name),
                                     combine_view(view, supported, kinds->common));
}

const LeafTable *kinds_common(const Kinds *kinds) {
        return kinds->common;
}

const LeafTable *kinds_common_view(const Kinds *kinds, const char *capability) {
        return g_hash_table_lookup(kinds->common_views, capability);
}

uint32_t kind_value(const Kind *kind, const LeafTable *base, const Place *place) {
        const Leaf *row = kind->rows ? find_row(kind->rows, place->leaf, place->subleaf) : NULL;

        row = row ?: find_row(base, place->leaf, place->subleaf);
        return (register_of(row, place->reg) >> place->low) &
                (UINT32_MAX >> (31 - (place->high - place->low)));
}

bool kinds_differ_at(const Kinds *kinds, const LeafTable *base, const Place *place) {
        const Kind recorded = { .rows = NULL };

        for (size_t i = 0; i < kinds_size(kinds); i++)
                if (kind_value(kinds_at(kinds, i), base, place) !=
                    kind_value(&recorded, base, place))
                        return true;

        return false;
}

/* Each (leaf, sub-leaf) that has a row in some kind, once and sorted */
static LeafTable *list_rows(const Kinds *kinds) {
        LeafTable *rows = leaf_table_new();

        for (size_t i = 0; i < kinds_size(kinds); i++)
                for (size_t j = 0; j < leaf_table_size(kinds_at(kinds, i)->rows); j++) {
                        const Leaf *row = leaf_table_at(kinds_at(kinds, i)->rows, j);

                        if (!find_row(rows, row->leaf, row->subleaf))
                                leaf_table_add(rows, row);
                }

        leaf_table_sort(rows);
        return rows;
}

GArray *kinds_places(const Kinds *kinds, const LeafTable *base) {
        g_autoptr(Words) words = words_new(base, N_FIELD_INTERFACES);
        g_autoptr(LeafTable) rows = list_rows(kinds);
        GArray *places = g_array_new(FALSE, FALSE, sizeof(Place));

        for (size_t i = 0; i < leaf_table_size(rows) * N_REGISTERS; i++) {
                const Leaf *row = leaf_table_at(rows, i / N_REGISTERS);

                for (unsigned bit = 0; bit < 32; bit++) {
                        Part part = part_at(words, row, i % N_REGISTERS, bit);
                        Place place = { row->leaf, row->subleaf, i % N_REGISTERS,
                                        part.low,  part.high,    true,
                                        true,      true };

                        bit = part.high;
                        if (!is_own(part.field) && kinds_differ_at(kinds, base, &place))
                                g_array_append_val(places, place);
                }
        }

        return places;
}
