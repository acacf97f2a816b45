/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two tables, set and read back: all that KVM supports, of which some may be missing afterwards,
 * and the same with no feature at all, in which some may appear. Some KVMs lay a pattern of their
 * own over what was set (facts kvm-experiments 2.2), and neither QEMU nor libvirt notices. */

#include "daemon/kvm/forced.h"

#include "policy/field.h"

/* A bit counts if a guest would see a feature come or go. The rest is kept in both tables, so
 * that what has no features is still a table that KVM can find its way in: maxima, address
 * widths, signatures. */
static bool bit_counts(const Leaf *row, Register reg, unsigned bit) {
        const Field *field = field_at(FIELD_INTERFACE_CPU, row->leaf, row->subleaf, reg, bit) ?:
                field_at(FIELD_INTERFACE_KVM, row->leaf, row->subleaf, reg, bit);

        if (!field)
                return true;

        switch ((FieldRule) field->rule) {
        case FIELD_RULE_RESERVED:
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_HINT:
        case FIELD_RULE_GUARANTEE:
        case FIELD_RULE_INVERTED:
        case FIELD_RULE_GRANTED:
                return true;
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

LeafTable *forced_without_features(const LeafTable *table) {
        LeafTable *bare = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] &= ~counting_mask(&row, reg);
                leaf_table_add(bare, &row);
        }

        return bare;
}

LeafTable *forced_difference(const LeafTable *with, const LeafTable *without) {
        static const Leaf nothing;
        LeafTable *rest = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(with); i++) {
                Leaf row = *leaf_table_at(with, i);
                const Leaf *other = leaf_table_find(without, row.leaf, row.subleaf);
                uint32_t any = 0;

                other = other ? other : &nothing;
                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        row.registers[reg] &= ~other->registers[reg];
                        if (row.registers[reg])
                                row.registers[reg] &= counting_mask(&row, reg);
                        any |= row.registers[reg];
                }

                if (any)
                        leaf_table_add(rest, &row);
        }

        return rest;
}

static LeafTable *read_back(const Vcpu *vcpu, const LeafTable *table, GError **error) {
        if (!vcpu_set_cpuid(vcpu, table, error))
                return NULL;

        return vcpu_get_cpuid(vcpu, error);
}

bool forced_measure(const Vcpu *vcpu, const LeafTable *supported, LeafTable **ret_on,
                    LeafTable **ret_off, GError **error) {
        g_autoptr(LeafTable) bare = forced_without_features(supported);
        g_autoptr(LeafTable) back = NULL;
        g_autoptr(LeafTable) bare_back = NULL;

        back = read_back(vcpu, supported, error);
        if (!back)
                return false;

        bare_back = read_back(vcpu, bare, error);
        if (!bare_back)
                return false;

        *ret_on = forced_difference(bare_back, bare);
        *ret_off = forced_difference(supported, back);
        return true;
}
