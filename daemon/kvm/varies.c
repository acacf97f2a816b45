/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Collects differences bit by bit, and gives them out as fields: an APIC id of which one bit
 * differed today differs in others on the next host. No I/O here. */

#include "daemon/kvm/varies.h"

#include "policy/field.h"
#include "policy/place.h"

struct Varies {
        GArray *rows; /* of Leaf, whose registers are the bits that differed */
};

Varies *varies_new(void) {
        Varies *varies = g_new0(Varies, 1);

        varies->rows = g_array_new(FALSE, FALSE, sizeof(Leaf));
        return varies;
}

Varies *varies_free(Varies *varies) {
        if (!varies)
                return NULL;

        g_array_unref(varies->rows);
        g_free(varies);
        return NULL;
}

static Leaf *row_of(Varies *varies, uint32_t leaf, uint32_t subleaf) {
        Leaf row = { .leaf = leaf, .subleaf = subleaf };

        for (size_t i = 0; i < varies->rows->len; i++) {
                Leaf *old = &g_array_index(varies->rows, Leaf, i);

                if (old->leaf == leaf && old->subleaf == subleaf)
                        return old;
        }

        g_array_append_val(varies->rows, row);
        return &g_array_index(varies->rows, Leaf, varies->rows->len - 1);
}

/* A row that only @left has differs from nothing but zeroes */
static void add_rows(Varies *varies, const LeafTable *left, const LeafTable *right) {
        static const Leaf nothing;

        for (size_t i = 0; i < leaf_table_size(left); i++) {
                const Leaf *one = leaf_table_at(left, i);
                const Leaf *other = leaf_table_find(right, one->leaf, one->subleaf);

                other = other ? other : &nothing;
                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t difference = one->registers[reg] ^ other->registers[reg];

                        if (difference)
                                row_of(varies, one->leaf, one->subleaf)->registers[reg] |=
                                        difference;
                }
        }
}

void varies_compare(Varies *varies, const LeafTable *left, const LeafTable *right) {
        add_rows(varies, left, right);
        add_rows(varies, right, left);
}

static uint32_t whole_fields(const Leaf *row, Register reg) {
        uint32_t mask = 0;

        for (unsigned bit = 0; bit < 32; bit++) {
                const Field *field;

                if (!(row->registers[reg] & ~mask & (1u << bit)))
                        continue;

                field = field_at(FIELD_INTERFACE_CPU, row->leaf, row->subleaf, reg, bit) ?:
                        field_at(FIELD_INTERFACE_KVM, row->leaf, row->subleaf, reg, bit);
                if (!field)
                        return UINT32_MAX;

                mask |= field_mask(field);
        }

        return mask;
}

static void add_places(GArray *places, const Leaf *row, Register reg) {
        uint32_t mask = whole_fields(row, reg);

        for (unsigned low = 0; low < 32; low++) {
                Place place = {
                        .leaf = row->leaf,
                        .subleaf = row->subleaf,
                        .reg = reg,
                        .low = low,
                        .high = low,
                        .has_subleaf = true,
                        .has_register = true,
                        .has_bits = true,
                };

                if (!(mask & (1u << low)))
                        continue;

                while (place.high < 31 && mask & (1u << (place.high + 1)))
                        place.high++;

                g_array_append_val(places, place);
                low = place.high;
        }
}

static int compare_rows(const void *a, const void *b) {
        const Leaf *left = a, *right = b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        if (left->subleaf != right->subleaf)
                return left->subleaf < right->subleaf ? -1 : 1;
        return 0;
}

GArray *varies_places(Varies *varies) {
        GArray *places = g_array_new(FALSE, FALSE, sizeof(Place));

        g_array_sort(varies->rows, compare_rows);
        for (size_t i = 0; i < varies->rows->len; i++)
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        add_places(places, &g_array_index(varies->rows, Leaf, i), reg);

        return places;
}
