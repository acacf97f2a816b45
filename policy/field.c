/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Look-ups in the compiled field table */

#include "policy/field.h"

#include <string.h>

#include <glib.h>

#include "policy/place.h"

/* Groups come in the order of the files: CPU's basic leaves, KVM's, Hyper-V's, the CPU's extended
 * leaves, MSRs. */
static unsigned group_rank(FieldInterface interface, uint32_t leaf) {
        if (interface == FIELD_INTERFACE_MSR)
                return N_FIELD_INTERFACES;
        return interface == FIELD_INTERFACE_CPU && leaf >= 0x80000000 ? FIELD_INTERFACE_MSR :
                                                                        interface;
}

static bool group_is_before(const FieldGroup *group, unsigned rank, uint32_t leaf,
                            uint32_t subleaf) {
        unsigned own = group_rank(group->interface, group->leaf);

        if (own != rank)
                return own < rank;
        return group->leaf != leaf ? group->leaf < leaf : group->subleaf < subleaf;
}

int field_group_first(FieldInterface interface, uint32_t leaf, uint32_t subleaf) {
        unsigned rank = group_rank(interface, leaf);
        int low = 0, high = N_FIELD_GROUPS;

        while (low < high) {
                int middle = (low + high) / 2;

                if (group_is_before(&field_groups[middle], rank, leaf, subleaf))
                        low = middle + 1;
                else
                        high = middle;
        }

        return low < N_FIELD_GROUPS && field_groups[low].leaf == leaf &&
                        field_groups[low].interface == interface ?
                low :
                -1;
}

int field_group_find(FieldInterface interface, uint32_t leaf, uint32_t subleaf) {
        int first = field_group_first(interface, leaf, subleaf);

        return first >= 0 && field_groups[first].subleaf == subleaf ? first : -1;
}

const Field *field_find(const char *name) {
        g_autofree char *wanted = g_ascii_strdown(name, -1);

        g_strdelimit(wanted, "-", '_');

        for (size_t i = 0; i < N_FIELDS; i++)
                if (strcmp(field_table[i].name, wanted) == 0)
                        return &field_table[i];

        return NULL;
}

/* The first row of a leaf; rows of a leaf stand together, in the same order as the groups */
static size_t first_of_leaf(FieldInterface interface, uint32_t leaf) {
        unsigned rank = group_rank(interface, leaf);
        size_t low = 0, high = N_FIELDS;

        while (low < high) {
                size_t middle = (low + high) / 2;
                const Field *field = &field_table[middle];
                unsigned field_rank = group_rank(field->interface, field->leaf);

                if (field_rank < rank || (field_rank == rank && field->leaf < leaf))
                        low = middle + 1;
                else
                        high = middle;
        }

        return low;
}

static bool is_of_leaf(size_t i, FieldInterface interface, uint32_t leaf) {
        return i < N_FIELDS && field_table[i].interface == interface && field_table[i].leaf == leaf;
}

static bool covers(const Field *field, uint32_t subleaf, Register reg) {
        return field->subleaf <= subleaf && subleaf <= field->subleaf_last && field->reg == reg;
}

const Field *field_at(FieldInterface interface, uint32_t leaf, uint32_t subleaf, Register reg,
                      unsigned bit) {
        for (size_t i = first_of_leaf(interface, leaf); is_of_leaf(i, interface, leaf); i++) {
                const Field *field = &field_table[i];

                if (covers(field, subleaf, reg) && field->low <= bit && bit <= field->high)
                        return field;
        }

        return NULL;
}

void field_wildcard_masks(FieldInterface interface, uint32_t leaf, uint32_t subleaf,
                          uint32_t ret[N_REGISTERS]) {
        memset(ret, 0, N_REGISTERS * sizeof(*ret));

        for (size_t i = first_of_leaf(interface, leaf); is_of_leaf(i, interface, leaf); i++)
                if (field_table[i].word == FIELD_NONE &&
                    covers(&field_table[i], subleaf, field_table[i].reg))
                        ret[field_table[i].reg] |= field_mask(&field_table[i]);
}

const FieldLeaf *field_leaf_find(FieldInterface interface, uint32_t leaf) {
        for (size_t i = 0; i < N_FIELD_LEAVES; i++)
                if (field_leaves[i].interface == interface && field_leaves[i].leaf == leaf)
                        return &field_leaves[i];

        return NULL;
}

uint32_t field_mask(const Field *field) {
        return (UINT32_MAX >> (31 - field->high)) & (UINT32_MAX << field->low);
}

bool field_decides(const Field *field) {
        switch (field->rule) {
        case FIELD_RULE_DYNAMIC:
        case FIELD_RULE_TOPOLOGY:
        case FIELD_RULE_INFORMATIONAL:
        case FIELD_RULE_PROVIDED:
                return false;
        case FIELD_RULE_IDENTITY:
                return field->severity > SEVERITY_NOTE;
        default:
                return true;
        }
}

bool field_is_rewritten(const Field *field) {
        return field->rule == FIELD_RULE_DYNAMIC || (field->flags & FIELD_REWRITTEN);
}

char *field_where(const Field *field) {
        if (field->interface == FIELD_INTERFACE_MSR)
                return place_format_msr(field->leaf, field->high + 32 * field->reg,
                                        field->low + 32 * field->reg);
        return place_format(field->leaf, field->subleaf, field->reg, field->high, field->low);
}

bool field_has_value(const Field *field, uint32_t value) {
        for (size_t i = 0; i < field->n_values; i++)
                if (field->values[i] == value)
                        return true;

        return field->n_values == 0;
}

size_t field_index(const Field *field) {
        return field - field_table;
}

const char *field_rule_to_string(FieldRule rule) {
        static const char *const names[N_FIELD_RULES] = {
                [FIELD_RULE_RESERVED] = "reserved",
                [FIELD_RULE_FEATURE] = "feature",
                [FIELD_RULE_HINT] = "hint",
                [FIELD_RULE_GUARANTEE] = "guarantee",
                [FIELD_RULE_INVERTED] = "inverted",
                [FIELD_RULE_AT_MOST] = "at-most",
                [FIELD_RULE_EQUAL] = "equal",
                [FIELD_RULE_DYNAMIC] = "dynamic",
                [FIELD_RULE_IDENTITY] = "identity",
                [FIELD_RULE_TOPOLOGY] = "topology",
                [FIELD_RULE_INFORMATIONAL] = "informational",
                [FIELD_RULE_GRANTED] = "granted",
                [FIELD_RULE_PROVIDED] = "provided",
                [FIELD_RULE_AT_LEAST] = "at-least",
        };

        return names[rule];
}

const char *severity_to_string(Severity severity) {
        static const char *const names[] = { "none", "note", "warning", "error" };

        return names[severity];
}

char *vendors_to_string(uint8_t vendors) {
        static const char *const names[] = { "Intel", "AMD", "Hygon", "Centaur", "Zhaoxin" };
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                if (!(vendors & (1u << i)))
                        continue;
                vendors &= ~(1u << i);
                g_string_append_printf(text, "%s%s",
                                       text->len == 0  ? "" :
                                               vendors ? ", " :
                                                         " or ",
                                       names[i]);
        }

        return g_string_free(text, FALSE);
}
