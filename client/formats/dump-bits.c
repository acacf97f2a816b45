/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From single bits to rows and to spans of what is unknown. Maxima of ranges are part of what is
 * told: above them there is nothing, and where they are not told nothing may be dropped for being
 * above them. */

#include "client/formats/dump-bits.h"

#include <string.h>

#include "client/formats/format.h"
#include "policy/field.h"

/* A row as far as it was told */
struct DumpBits {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t masks[N_REGISTERS];
        uint32_t values[N_REGISTERS];
        bool is_empty; /* and all other sub-leaves */
};

struct DumpMsrBits {
        uint32_t index;
        uint64_t mask;
        uint64_t value;
};

typedef struct BitsRange {
        uint32_t first; /* the leaf with the maximum, too */
        uint32_t last;  /* that the range can have at all */
        bool has_maximum;
} BitsRange;

/* Of several hypervisor interfaces each has its own maximum. */
static const BitsRange ranges[] = {
        { 0, 0x3fffffff, true },
        { 0x40000000, 0x4fffffff, false },
        { 0x80000000, 0xbfffffff, true },
        { 0xc0000000, UINT32_MAX, true },
};

static DumpBits *bits_at(const Dump *dump, size_t i) {
        return &g_array_index(dump->bits, DumpBits, i);
}

static DumpBits *bits_find(const Dump *dump, uint32_t leaf, uint32_t subleaf) {
        for (size_t i = 0; dump->bits && i < dump->bits->len; i++)
                if (bits_at(dump, i)->leaf == leaf && bits_at(dump, i)->subleaf == subleaf)
                        return bits_at(dump, i);

        return NULL;
}

bool dump_set_bits(Dump *dump, uint32_t leaf, uint32_t subleaf, Register reg, uint32_t mask,
                   uint32_t value, GError **error) {
        const DumpBits empty = { .leaf = leaf, .subleaf = subleaf };
        DumpBits *bits = bits_find(dump, leaf, subleaf);

        if (mask == 0)
                return true;
        if (!dump->bits)
                dump->bits = g_array_new(FALSE, FALSE, sizeof(DumpBits));
        if (!bits && dump->bits->len >= LEAF_TABLE_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "more than %u rows of one CPU, which no KVM takes", LEAF_TABLE_MAX);
                return false;
        }
        if (!bits) {
                g_array_append_val(dump->bits, empty);
                bits = bits_at(dump, dump->bits->len - 1);
        }

        mask &= ~bits->masks[reg];
        bits->masks[reg] |= mask;
        bits->values[reg] |= value & mask;
        return true;
}

uint32_t dump_get_bits(const Dump *dump, uint32_t leaf, uint32_t subleaf, Register reg,
                       uint32_t *ret_value) {
        const DumpBits *bits = bits_find(dump, leaf, subleaf);

        if (ret_value)
                *ret_value = bits ? bits->values[reg] : 0;
        return bits ? bits->masks[reg] : 0;
}

void dump_set_leaf_empty(Dump *dump, uint32_t leaf) {
        DumpBits *bits;

        /* Without room it stays unknown. */
        if (!dump_set_bits(dump, leaf, 0, REGISTER_EAX, UINT32_MAX, 0, NULL))
                return;

        bits = bits_find(dump, leaf, 0);
        if (!bits)
                return;
        *bits = (DumpBits){ .leaf = leaf, .is_empty = true };
        memset(bits->masks, 0xff, sizeof(bits->masks));
}

void dump_set_msr_bits(Dump *dump, uint32_t index, uint64_t mask, uint64_t value) {
        DumpMsrBits added = { index, mask, value & mask };

        if (!dump->msr_bits)
                dump->msr_bits = g_array_new(FALSE, FALSE, sizeof(DumpMsrBits));

        for (size_t i = 0; i < dump->msr_bits->len; i++) {
                DumpMsrBits *bits = &g_array_index(dump->msr_bits, DumpMsrBits, i);

                if (bits->index == index) {
                        mask &= ~bits->mask;
                        bits->mask |= mask;
                        bits->value |= value & mask;
                        return;
                }
        }

        g_array_append_val(dump->msr_bits, added);
}

static int compare_bits(const void *a, const void *b) {
        const DumpBits *one = a, *other = b;

        if (one->leaf != other->leaf)
                return one->leaf < other->leaf ? -1 : 1;
        return one->subleaf < other->subleaf ? -1 : one->subleaf > other->subleaf;
}

static bool has_subleaves(uint32_t leaf, const Dump *dump) {
        const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_CPU, leaf);

        if (known && known->indexed)
                return true;
        for (size_t i = 0; i < dump->bits->len; i++)
                if (bits_at(dump, i)->leaf == leaf && bits_at(dump, i)->subleaf > 0)
                        return true;

        return false;
}

/* Of a leaf whose sub-leaves count up to a maximum that is in sub-leaf 0 */
static uint32_t last_subleaf(const Dump *dump, uint32_t leaf) {
        const Field *field = field_at(FIELD_INTERFACE_CPU, leaf, 0, REGISTER_EAX, 0);
        const DumpBits *first = bits_find(dump, leaf, 0);
        uint32_t value;

        if (first && first->is_empty)
                return 0;

        if (field && (field->flags & FIELD_MAXIMUM_SUBLEAF) &&
            dump_get_bits(dump, leaf, 0, REGISTER_EAX, &value) == UINT32_MAX)
                return value;
        return UINT32_MAX;
}

/* One row and what is unknown of it; @next: the sub-leaf behind the one before */
static void add_row(Dump *dump, const DumpBits *bits, uint64_t next) {
        Leaf row = { .leaf = bits->leaf, .subleaf = bits->subleaf };

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                row.registers[reg] = bits->values[reg];
                unknown_add_bits(dump->unknown, bits->leaf, bits->subleaf, reg, ~bits->masks[reg]);
        }

        if (bits->subleaf > next)
                unknown_add_subleaves(dump->unknown, bits->leaf, next, bits->subleaf - 1);
        /* Each is there once, and there are not too many. */
        (void) dump_add_row(dump, &row, DUMP_INDEX_UNTOLD, 0, NULL);
}

/* All rows of the leaf that starts at the @i-th; returns the one behind */
static size_t add_leaf(Dump *dump, size_t i) {
        uint32_t leaf = bits_at(dump, i)->leaf, last = last_subleaf(dump, leaf);
        uint64_t next = 0;

        for (; i < dump->bits->len && bits_at(dump, i)->leaf == leaf; i++) {
                const DumpBits *bits = bits_at(dump, i);

                if (bits->subleaf > last)
                        continue;
                add_row(dump, bits, next);
                next = (uint64_t) bits->subleaf + 1;
        }

        if (has_subleaves(leaf, dump) && next <= last)
                unknown_add_subleaves(dump->unknown, leaf, next, last);
        return i;
}

/* The last leaf that the range can have as far as is known; false: there is no such range */
static bool find_last(Dump *dump, const BitsRange *range, uint32_t *ret) {
        DumpBits *base = bits_find(dump, range->first, 0);
        uint32_t highest = range->first;

        *ret = range->last;
        if (!range->has_maximum || !base)
                return true;
        if (base->masks[REGISTER_EAX] == UINT32_MAX) {
                *ret = MIN(base->values[REGISTER_EAX], range->last);
                return base->values[REGISTER_EAX] >= range->first;
        }

        /* A row has to have some maximum, and leaves above it would not be looked at. */
        for (size_t i = 0; i < dump->bits->len; i++)
                if (bits_at(dump, i)->leaf >= range->first && bits_at(dump, i)->leaf <= range->last)
                        highest = MAX(highest, bits_at(dump, i)->leaf);
        base->values[REGISTER_EAX] = highest;
        return true;
}

static void add_range(Dump *dump, const BitsRange *range) {
        uint64_t next = range->first;
        uint32_t last;

        if (!find_last(dump, range, &last))
                return;

        for (size_t i = 0; i < dump->bits->len;) {
                uint32_t leaf = bits_at(dump, i)->leaf;

                if (leaf < range->first || leaf > last) {
                        i++;
                        continue;
                }

                if (leaf > next)
                        unknown_add_leaves(dump->unknown, next, leaf - 1);
                i = add_leaf(dump, i);
                next = (uint64_t) leaf + 1;
        }

        if (next <= last)
                unknown_add_leaves(dump->unknown, next, last);
}

/* Whether the guest's CPUID is known not to show the MSR */
static bool is_hidden(const Dump *dump, uint32_t index) {
        int group = field_group_find(FIELD_INTERFACE_MSR, index, 0);
        const Field *when;
        uint32_t known, value;

        if (group < 0 || field_groups[group].when == FIELD_NONE)
                return false;

        when = &field_table[field_groups[group].when];
        known = dump_get_bits(dump, when->leaf, when->subleaf, when->reg, &value);
        return (known & ~value & field_mask(when)) != 0;
}

static void add_msrs(Dump *dump) {
        for (size_t i = 0; dump->msr_bits && i < dump->msr_bits->len; i++) {
                const DumpMsrBits *bits = &g_array_index(dump->msr_bits, DumpMsrBits, i);

                bool is_judged = field_leaf_find(FIELD_INTERFACE_MSR, bits->index) != NULL;

                if (bits->mask == 0 || is_hidden(dump, bits->index) ||
                    (bits->value == 0 && !is_judged))
                        continue;
                dump_set_msr(dump, bits->index, bits->value);
                unknown_add_msr(dump->unknown, bits->index, ~bits->mask);
        }
}

void dump_finish_bits(Dump *dump) {
        /* All that is missing is marked here. */
        dump->missing = DUMP_MISSING_ZERO;
        if (!dump->bits)
                dump->bits = g_array_new(FALSE, FALSE, sizeof(DumpBits));

        g_array_sort(dump->bits, compare_bits);
        for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
                add_range(dump, &ranges[i]);
        add_msrs(dump);
}
