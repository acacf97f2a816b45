/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables, set and read back: all that KVM supports; the same with no feature at all, in which some
 * may appear; and the same with every bit, of which some may be missing. Some KVMs lay a pattern of
 * their own over what was set (facts kvm-experiments 2.2), and neither QEMU nor libvirt notices.
 *
 * A bit that comes and goes with another is not forced: what is forced on is in all read-backs,
 * what is forced off in none. */

#include "daemon/kvm/forced.h"

#include "daemon/kvm/error.h"
#include "policy/field.h"

typedef enum Step {
        STEP_SUPPORTED,
        STEP_BARE,    /* no feature */
        STEP_FULL,    /* every one */
        STEP_WITHOUT, /* without what came back in STEP_BARE, and with everything else */
        N_STEPS,
} Step;

typedef struct Measurement {
        const ForcedSubject *subject;
        LeafTable *set[N_STEPS];
        LeafTable *back[N_STEPS]; /* NULL: KVM did not take the table */
} Measurement;

static const Leaf *row_of(const LeafTable *table, uint32_t leaf, uint32_t subleaf) {
        static const Leaf nothing;

        return leaf_table_find(table, leaf, subleaf) ?: &nothing;
}

/* Kernels that make something else of a row's fields do so with its other bits, too: with XFRM in
 * 0x12.1 as a whole. */
static bool is_rewritten(const Leaf *row) {
        int group = field_group_find(FIELD_INTERFACE_CPU, row->leaf, row->subleaf);

        for (size_t i = 0; group >= 0 && i < N_REGISTERS; i++) {
                const FieldWord *word = &field_words[group * N_REGISTERS + i];

                for (size_t j = 0; j < word->n_fields; j++)
                        if (field_table[word->first_field + j].flags & FIELD_REWRITTEN)
                                return true;
        }

        return false;
}

/* A bit counts if a guest would see a feature come or go. The rest is the same in all tables, so
 * that what has no features, or all, is still a table that KVM can find its way in: maxima, address
 * widths, signatures. */
static bool bit_counts(const Leaf *row, Register reg, unsigned bit) {
        const Field *field = field_at(FIELD_INTERFACE_CPU, row->leaf, row->subleaf, reg, bit) ?:
                field_at(FIELD_INTERFACE_KVM, row->leaf, row->subleaf, reg, bit);

        if (!field)
                return !is_rewritten(row);
        if (field_is_rewritten(field))
                return false;

        switch ((FieldRule) field->rule) {
        case FIELD_RULE_RESERVED:
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_HINT:
        case FIELD_RULE_GUARANTEE:
        case FIELD_RULE_INVERTED:
        case FIELD_RULE_GRANTED:
                return true;
        case FIELD_RULE_PROVIDED:
                return field->low == field->high;
        default:
                return false;
        }
}

static uint32_t counting_mask(const Leaf *row, Register reg) {
        uint32_t mask = 0;

        for (unsigned bit = 0; bit < 32; bit++)
                if (bit_counts(row, reg, bit))
                        mask |= 1u << bit;

        return mask;
}

/* Makes another word of one of the supported table's */
typedef uint32_t (*AlterFunc)(const Measurement *m, const Leaf *row, Register reg);

static uint32_t clear_features(const Measurement *m, const Leaf *row, Register reg) {
        (void) m;
        return row->registers[reg] & ~counting_mask(row, reg);
}

static uint32_t set_features(const Measurement *m, const Leaf *row, Register reg) {
        (void) m;
        return row->registers[reg] | counting_mask(row, reg);
}

static uint32_t clear_what_came_back(const Measurement *m, const Leaf *row, Register reg) {
        const Leaf *back = row_of(m->back[STEP_BARE], row->leaf, row->subleaf);

        return row->registers[reg] & ~(back->registers[reg] & counting_mask(row, reg));
}

static LeafTable *alter(const Measurement *m, AlterFunc func) {
        const LeafTable *supported = m->set[STEP_SUPPORTED];
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(supported); i++) {
                Leaf row = *leaf_table_at(supported, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = func(m, leaf_table_at(supported, i), reg);
                leaf_table_add(table, &row);
        }

        return table;
}

/* @table with a word of another one's */
static LeafTable *with_word(const LeafTable *table, const LeafTable *other, size_t row,
                            Register reg) {
        LeafTable *copy = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf leaf = *leaf_table_at(table, i);

                if (i == row)
                        leaf.registers[reg] = leaf_table_at(other, i)->registers[reg];
                leaf_table_add(copy, &leaf);
        }

        return copy;
}

static bool set(const Measurement *m, const LeafTable *table, GError **error) {
        return m->subject->set(m->subject->subject, table, error);
}

/* What of @wanted KVM takes, word by word from the supported table on: which fields it refuses
 * depends on the kernel and on the permissions of the process. Takes @wanted over. */
static LeafTable *come_near(const Measurement *m, LeafTable *wanted) {
        g_autoptr(LeafTable) all = wanted;
        LeafTable *table = leaf_table_copy(m->set[STEP_SUPPORTED]);

        for (size_t i = 0; i < leaf_table_size(all); i++)
                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        LeafTable *next;

                        if (leaf_table_at(all, i)->registers[reg] ==
                            leaf_table_at(table, i)->registers[reg])
                                continue;

                        next = with_word(table, all, i, reg);
                        if (set(m, next, NULL)) {
                                leaf_table_free(table);
                                table = next;
                        } else
                                leaf_table_free(next);
                }

        return table;
}

/* No KVM takes leaf 0x0 away: what lacks it is no answer, or everything would be forced off. */
static bool answers(const LeafTable *back, const LeafTable *table, GError **error) {
        bool is_there = leaf_table_find(back, 0, 0) || !leaf_table_find(table, 0, 0);

        if (!is_there)
                g_set_error_literal(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                                    "KVM_GET_CPUID2: expected leaf 0x0, which was set");
        return is_there;
}

/* Takes @table over */
static bool step(Measurement *m, Step step, LeafTable *table, GError **error) {
        m->set[step] = table;
        if (step != STEP_SUPPORTED && !set(m, table, NULL))
                m->set[step] = table = come_near(m, table);

        /* Once more: a table that was refused may have spoilt the one before. */
        if (!set(m, table, error))
                return false;

        m->back[step] = m->subject->get(m->subject->subject, error);
        return m->back[step] && answers(m->back[step], table, error);
}

static LeafTable *list_on(const Measurement *m) {
        LeafTable *on = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(m->back[STEP_BARE]); i++) {
                Leaf row = *leaf_table_at(m->back[STEP_BARE], i);
                uint32_t any = 0;

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        const Leaf *bare = row_of(m->set[STEP_BARE], row.leaf, row.subleaf);
                        uint32_t bits = row.registers[reg] & ~bare->registers[reg];

                        for (Step j = 0; j < N_STEPS; j++)
                                bits &= row_of(m->back[j], row.leaf, row.subleaf)->registers[reg];
                        row.registers[reg] = bits ? bits & counting_mask(&row, reg) : 0;
                        any |= row.registers[reg];
                }

                if (any)
                        leaf_table_add(on, &row);
        }

        return on;
}

static LeafTable *list_off(const Measurement *m) {
        LeafTable *off = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(m->set[STEP_FULL]); i++) {
                Leaf row = *leaf_table_at(m->set[STEP_FULL], i);
                uint32_t any = 0;

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t bits = row.registers[reg];

                        for (Step j = 0; j < N_STEPS; j++)
                                bits &= ~row_of(m->back[j], row.leaf, row.subleaf)->registers[reg];
                        row.registers[reg] = bits ? bits & counting_mask(&row, reg) : 0;
                        any |= row.registers[reg];
                }

                if (any)
                        leaf_table_add(off, &row);
        }

        return off;
}

/* As a row of its own: one that answers for all sub-leaves is not what was set. */
static bool has_row(const LeafTable *table, const Leaf *row) {
        for (size_t i = 0; i < leaf_table_size(table); i++)
                if (leaf_table_at(table, i)->leaf == row->leaf &&
                    leaf_table_at(table, i)->subleaf == row->subleaf)
                        return true;

        return false;
}

static LeafTable *list_dropped(const Measurement *m) {
        LeafTable *dropped = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(m->set[STEP_SUPPORTED]); i++) {
                const Leaf *row = leaf_table_at(m->set[STEP_SUPPORTED], i);

                if (!has_row(m->back[STEP_SUPPORTED], row) && !has_row(dropped, row))
                        leaf_table_add(
                                dropped,
                                &(Leaf){ row->leaf, row->subleaf, .flags = LEAF_FLAG_INDEXED });
        }

        return dropped;
}

static bool measure(Measurement *m, const LeafTable *supported, GError **error) {
        return step(m, STEP_SUPPORTED, leaf_table_copy(supported), error) &&
                step(m, STEP_BARE, alter(m, clear_features), error) &&
                step(m, STEP_FULL, alter(m, set_features), error) &&
                step(m, STEP_WITHOUT, alter(m, clear_what_came_back), error);
}

bool forced_measure(const ForcedSubject *subject, const LeafTable *supported, Forced *forced,
                    GError **error) {
        Measurement m = { .subject = subject };
        bool is_good = measure(&m, supported, error);

        if (is_good) {
                forced_take_table(forced, NULL, FORCED_ON, list_on(&m));
                forced_take_table(forced, NULL, FORCED_OFF, list_off(&m));
                forced_take_table(forced, NULL, FORCED_DROPPED, list_dropped(&m));
        }

        for (Step i = 0; i < N_STEPS; i++) {
                leaf_table_free(m.set[i]);
                leaf_table_free(m.back[i]);
        }

        return is_good;
}
