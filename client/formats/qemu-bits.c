/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is known of a guest at a place or by a name. Leaves above the maximum of their range are
 * not the guest's, and KVM's are where its signature is. */

#include "client/formats/qemu-bits.h"

#include "policy/field.h"
#include "policy/words.h"

#define KVM_BASE 0x40000000u

QemuBits qemu_bits_of_register(const Guest *guest, uint32_t leaf, uint32_t subleaf, Register reg) {
        QemuBits bits = { .known = ~unknown_mask(guest->unknown, leaf, subleaf, reg) };
        const Leaf *row = leaf_table_find(guest->table, leaf, subleaf);

        if (row && words_see(guest->table, guest->unknown, leaf))
                bits.value = row->registers[reg] & bits.known;
        return bits;
}

static QemuBit bit_of_msr(const Guest *guest, const FeatureName *name) {
        uint64_t value, mask, on;

        feature_name_msr_bits(name->index, name->bit, true, &mask, &on);
        if (!guest_get_msr(guest, name->index, &value) ||
            (unknown_msr_mask(guest->unknown, name->index) & mask))
                return QEMU_BIT_OPEN;

        return (value & mask) == on ? QEMU_BIT_SET : QEMU_BIT_CLEAR;
}

static QemuBit bit_of_cpuid(const Guest *guest, const FeatureName *name) {
        bool is_kvm = name->index >> 16 == KVM_BASE >> 16;
        FieldInterface interface = is_kvm ? FIELD_INTERFACE_KVM : FIELD_INTERFACE_CPU;
        const Field *field = field_at(interface, name->index, name->subleaf, name->reg, name->bit);
        QemuBits bits = qemu_bits_of_register(
                guest, words_leaf(guest->words, interface, name->index), name->subleaf, name->reg);

        /* Nothing that changes while the guest runs is a property of its CPU. */
        if (field && field->rule == FIELD_RULE_DYNAMIC)
                return QEMU_BIT_OPEN;
        /* Somebody else's leaf */
        if (is_kvm && guest->words->base[FIELD_INTERFACE_KVM] == 0)
                bits.value = 0;

        if (!(bits.known >> name->bit & 1))
                return QEMU_BIT_OPEN;
        return bits.value >> name->bit & 1 ? QEMU_BIT_SET : QEMU_BIT_CLEAR;
}

QemuBit qemu_bits_of_name(const Guest *guest, const FeatureName *name) {
        QemuBit all = name->is_msr ? bit_of_msr(guest, name) : bit_of_cpuid(guest, name);

        while ((name = feature_name_next(name, NAME_QEMU)))
                if ((name->is_msr ? bit_of_msr(guest, name) : bit_of_cpuid(guest, name)) != all)
                        return QEMU_BIT_OPEN;

        return all;
}
