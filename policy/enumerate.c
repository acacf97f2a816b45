/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks CPUID as the manuals say it is laid out: ranges by their own maximum, sub-leaves by the
 * leaf's own rule. It knows how a leaf is divided, not what it means, and it follows no maximum
 * and no mask beyond its own bounds. */

#include "policy/enumerate.h"

#include <string.h>

/* Of a range and of a leaf. No CPU comes near, and there is no end to what has more. */
#define LEAVES_MAX 128
#define SUBLEAVES_MAX 64

#define HYPERVISOR_BASE 0x40000000
#define HYPERVISOR_LAST 0x4fffffff
#define HYPERVISOR_BLOCK 0x100
#define HYPERVISOR_BLOCKS_MAX 16
#define EXTENDED_BASE 0x80000000
#define TRANSMETA_BASE 0x80860000
#define TRANSMETA_LAST 0x8086ffff
#define CENTAUR_BASE 0xc0000000

typedef enum SubleafRule {
        SUBLEAF_TO_MAXIMUM, /* sub-leaf 0's EAX is the last one */
        SUBLEAF_BY_MASK,    /* those whose bit is set in `reg` of sub-leaf 0 */
        SUBLEAF_XSAVE,      /* those whose bit is set in XCR0 or XSS */
        SUBLEAF_WHILE,      /* up to the one where the type, `mask` of `reg`, is 0 */
} SubleafRule;

typedef struct Division {
        uint32_t leaf;
        uint32_t first; /* what the rule is about starts here; the sub-leaves below always exist */
        SubleafRule rule;
        Register reg;
        uint32_t mask;
} Division;

/* Intel SDM 2A and AMD APM 3, CPUID. Leaves that are `indexed` in the field table, whether KVM tells
 * their sub-leaves apart (cpuid_function_is_indexed()) or has never heard of them: a table from KVM
 * brings flags of its own, and any other one has what the processor answers. */
static const Division divisions[] = {
        { 0x4, 1, SUBLEAF_WHILE, REGISTER_EAX, 0x1f },
        { 0x7, 1, SUBLEAF_TO_MAXIMUM },
        { 0xb, 1, SUBLEAF_WHILE, REGISTER_ECX, 0xff00 },
        { 0xd, 2, SUBLEAF_XSAVE },
        { 0xf, 1, SUBLEAF_BY_MASK, REGISTER_EDX },
        { 0x10, 1, SUBLEAF_BY_MASK, REGISTER_EBX },
        { 0x12, 2, SUBLEAF_WHILE, REGISTER_EAX, 0xf },
        { 0x14, 1, SUBLEAF_TO_MAXIMUM },
        { 0x17, 1, SUBLEAF_TO_MAXIMUM },
        { 0x18, 1, SUBLEAF_TO_MAXIMUM },
        { 0x1b, 1, SUBLEAF_WHILE, REGISTER_EAX, 0xfff },
        { 0x1d, 1, SUBLEAF_TO_MAXIMUM },
        { 0x1e, 1, SUBLEAF_TO_MAXIMUM },
        { 0x1f, 1, SUBLEAF_WHILE, REGISTER_ECX, 0xff00 },
        { 0x20, 1, SUBLEAF_TO_MAXIMUM },
        { 0x23, 1, SUBLEAF_BY_MASK, REGISTER_EAX },
        { 0x24, 1, SUBLEAF_TO_MAXIMUM },
        { 0x27, 1, SUBLEAF_BY_MASK, REGISTER_EDX },
        { 0x28, 1, SUBLEAF_BY_MASK, REGISTER_EBX },
        { 0x8000001d, 1, SUBLEAF_WHILE, REGISTER_EAX, 0x1f },
        { 0x80000020, 1, SUBLEAF_BY_MASK, REGISTER_EBX },
        { 0x80000026, 1, SUBLEAF_WHILE, REGISTER_ECX, 0xff00 },
};

static const Division *division_find(uint32_t leaf) {
        for (size_t i = 0; i < G_N_ELEMENTS(divisions); i++)
                if (divisions[i].leaf == leaf)
                        return &divisions[i];

        return NULL;
}

/* One walk; whoever fails once is not asked again. */
typedef struct Walk {
        EnumerateFunc func;
        void *userdata;
        LeafTable *table;
        bool has_failed;
} Walk;

static Leaf ask(Walk *walk, uint32_t leaf, uint32_t subleaf) {
        Leaf row = {
                .leaf = leaf,
                .subleaf = subleaf,
                .flags = division_find(leaf) ? LEAF_FLAG_INDEXED : 0,
        };

        if (!walk->has_failed && !walk->func(walk->userdata, leaf, subleaf, row.registers)) {
                walk->has_failed = true;
                memset(row.registers, 0, sizeof(row.registers));
        }
        return row;
}

static void add(Walk *walk, const Leaf *row) {
        if (leaf_table_size(walk->table) < LEAF_TABLE_MAX)
                leaf_table_add(walk->table, row);
}

/* Bit i: sub-leaf i is there. Not for SUBLEAF_WHILE, which has to look. */
static uint64_t list_subleaves(const Division *division, const Leaf *zero, const Leaf *one) {
        uint32_t maximum;

        switch (division->rule) {
        case SUBLEAF_TO_MAXIMUM:
                maximum = MIN(zero->registers[REGISTER_EAX], SUBLEAVES_MAX - 1);
                return UINT64_MAX >> (SUBLEAVES_MAX - 1 - maximum);
        case SUBLEAF_BY_MASK:
                return zero->registers[division->reg];
        case SUBLEAF_XSAVE:
                return zero->registers[REGISTER_EAX] | one->registers[REGISTER_ECX] |
                        (uint64_t) zero->registers[REGISTER_EDX] << 32 |
                        (uint64_t) one->registers[REGISTER_EDX] << 32;
        case SUBLEAF_WHILE:
                return UINT64_MAX;
        }

        g_assert_not_reached();
}

static bool is_end(const Division *division, const Leaf *row) {
        return division->rule == SUBLEAF_WHILE && !(row->registers[division->reg] & division->mask);
}

static void read_subleaves(Walk *walk, const Division *division) {
        const Leaf zero = ask(walk, division->leaf, 0);
        const Leaf one = division->rule == SUBLEAF_XSAVE ? ask(walk, division->leaf, 1) : (Leaf){};
        uint64_t listed = list_subleaves(division, &zero, &one);

        for (uint32_t i = 0; i < SUBLEAVES_MAX; i++) {
                Leaf row;

                if (i >= division->first && !(listed & (UINT64_C(1) << i)))
                        continue;

                row = ask(walk, division->leaf, i);
                if (i >= division->first && is_end(division, &row))
                        return;

                add(walk, &row);
        }
}

static void read_range(Walk *walk, uint32_t base) {
        uint32_t last = ask(walk, base, 0).registers[REGISTER_EAX];

        /* Where there is no such range the CPU answers something else, often its last basic leaf */
        if (last < base || last - base > 0xffff)
                return;

        last = MIN(last, base + LEAVES_MAX - 1);
        for (uint32_t leaf = base; leaf <= last; leaf++) {
                const Division *division = division_find(leaf);
                Leaf row;

                if (division) {
                        read_subleaves(walk, division);
                        continue;
                }

                row = ask(walk, leaf, 0);
                add(walk, &row);
        }
}

/* KVM's is behind Hyper-V's, where it has both. A hypervisor that names no maximum has two leaves
 * (kvm_cpuid_base(): KVM's older ones had 0 there). */
static void read_hypervisor_ranges(Walk *walk) {
        for (uint32_t i = 0; i < HYPERVISOR_BLOCKS_MAX; i++) {
                uint32_t base = HYPERVISOR_BASE + i * HYPERVISOR_BLOCK;
                Leaf row = ask(walk, base, 0), next;

                if (row.registers[REGISTER_EAX] >= base)
                        read_range(walk, base);
                else if (row.registers[REGISTER_EBX] && row.registers[REGISTER_EAX] == 0) {
                        next = ask(walk, base + 1, 0);
                        add(walk, &row);
                        add(walk, &next);
                } else
                        return;
        }
}

static bool has_vendor(const Leaf *row, const char *expected) {
        char vendor[13] = {};

        memcpy(vendor, &row->registers[REGISTER_EBX], 4);
        memcpy(vendor + 4, &row->registers[REGISTER_EDX], 4);
        memcpy(vendor + 8, &row->registers[REGISTER_ECX], 4);
        return strcmp(vendor, expected) == 0;
}

/* Others answer the range with whatever is in their last basic leaf, which may look like one */
static bool has_centaur_range(const Leaf *row) {
        return has_vendor(row, "CentaurHauls") || has_vendor(row, "  Shanghai  ");
}

static bool has_transmeta_range(const Leaf *row) {
        return has_vendor(row, "GenuineTMx86") || has_vendor(row, "TransmetaCPU");
}

static bool has_hypervisor(const Leaf *row) {
        return row->registers[REGISTER_ECX] & UINT32_C(1) << 31;
}

LeafTable *enumerate_cpuid(EnumerateFunc func, void *userdata, EnumerateFlags flags) {
        g_autoptr(LeafTable) table = leaf_table_new();
        Walk walk = { .func = func, .userdata = userdata, .table = table };
        Leaf row;

        read_range(&walk, 0);
        if (flags & ENUMERATE_HYPERVISOR) {
                row = ask(&walk, 1, 0);
                if (has_hypervisor(&row))
                        read_hypervisor_ranges(&walk);
        }

        read_range(&walk, EXTENDED_BASE);
        row = ask(&walk, 0, 0);
        if (has_centaur_range(&row))
                read_range(&walk, CENTAUR_BASE);

        return walk.has_failed ? NULL : g_steal_pointer(&table);
}

static bool has_row(const LeafTable *table, uint32_t leaf, uint32_t subleaf) {
        return leaf_table_find(table, leaf, subleaf) != NULL;
}

static Leaf row_or_zero(const LeafTable *table, uint32_t leaf, uint32_t subleaf) {
        const Leaf *row = leaf_table_find(table, leaf, subleaf);

        return row ? *row : (Leaf){};
}

/* What goes on until a sub-leaf says that it is the last one. One before @first that is missing is
 * zero, and says that, too. @is_whole: the last one of the table is the last. */
static void add_missing_after(const LeafTable *table, const Division *division, uint32_t first,
                              bool is_whole, Unknown *unknown) {
        const Leaf zero = row_or_zero(table, division->leaf, 0);
        uint32_t next = division->first;

        /* An empty list: CPUs without the leaf answer 0. */
        if (division->first == 1 && is_end(division, &zero))
                return;

        for (uint32_t i = next; i < SUBLEAVES_MAX; i++) {
                const Leaf *row = leaf_table_find(table, division->leaf, i);

                if (!row && i < first)
                        return;
                if (!row)
                        continue;
                if (i > next)
                        unknown_add_subleaves(unknown, division->leaf, next, i - 1);
                if (is_end(division, row))
                        return;

                next = i + 1;
        }

        if (!is_whole)
                unknown_add_subleaves(unknown, division->leaf, next, UINT32_MAX);
}

/* Nobody knows which there are; what the table has is told all the same. */
static void add_missing_others(const LeafTable *table, const Division *division, Unknown *unknown) {
        uint32_t next = division->first;

        for (uint32_t i = next; i < SUBLEAVES_MAX; i++) {
                if (!has_row(table, division->leaf, i))
                        continue;
                if (i > next)
                        unknown_add_subleaves(unknown, division->leaf, next, i - 1);
                next = i + 1;
        }

        unknown_add_subleaves(unknown, division->leaf, next, UINT32_MAX);
}

static uint32_t highest_subleaf(const LeafTable *table, uint32_t leaf) {
        uint32_t highest = 0;

        for (uint32_t i = 0; i < SUBLEAVES_MAX; i++)
                if (has_row(table, leaf, i))
                        highest = i;

        return highest;
}

/* Sub-leaves below @first that are missing are zero. @is_whole: what is missing from a list without
 * an end stands before others of it. */
static void add_missing_subleaves(const LeafTable *table, const Division *division, uint32_t first,
                                  bool is_whole, Unknown *unknown) {
        const Leaf zero = row_or_zero(table, division->leaf, 0);
        const Leaf one = row_or_zero(table, division->leaf, 1);
        uint32_t telling = division->rule == SUBLEAF_XSAVE ? 2 : 1;
        uint32_t highest = is_whole ? highest_subleaf(table, division->leaf) : UINT32_MAX;
        bool is_told = true;
        uint64_t listed;

        for (uint32_t i = first; i < MIN(division->first, highest); i++)
                if (!has_row(table, division->leaf, i)) {
                        unknown_add_subleaves(unknown, division->leaf, i, i);
                        is_told &= i >= telling;
                }

        if (!is_told) {
                add_missing_others(table, division, unknown);
                return;
        }

        if (division->rule == SUBLEAF_WHILE) {
                add_missing_after(table, division, first, is_whole, unknown);
                return;
        }

        listed = list_subleaves(division, &zero, &one);
        for (uint32_t i = MAX(first, division->first); i < SUBLEAVES_MAX; i++)
                if ((listed & (UINT64_C(1) << i)) && !has_row(table, division->leaf, i))
                        unknown_add_subleaves(unknown, division->leaf, i, i);
}

void enumerate_missing_subleaves(const LeafTable *table, uint32_t leaf, uint32_t first,
                                 Unknown *unknown) {
        const Division *division = division_find(leaf);

        if (division && has_row(table, leaf, 0))
                add_missing_subleaves(table, division, first, false, unknown);
}

/* The leaves from @first to @last of which the table has no row at all. @sorted: the table's rows
 * in order. */
static void add_missing_leaves(const LeafTable *sorted, uint32_t first, uint32_t last, bool is_zero,
                               Unknown *unknown) {
        uint64_t next = first;

        for (size_t i = 0; i < leaf_table_size(sorted); i++) {
                uint32_t leaf = leaf_table_at(sorted, i)->leaf;

                if (leaf < first || leaf > last)
                        continue;
                if (leaf > next && !is_zero)
                        unknown_add_leaves(unknown, next, leaf - 1);
                next = MAX(next, (uint64_t) leaf + 1);
        }

        if (next <= last)
                unknown_add_leaves(unknown, next, last);
}

bool enumerate_is_transmeta(const LeafTable *table, uint32_t leaf) {
        const Leaf zero = row_or_zero(table, 0, 0), base = row_or_zero(table, TRANSMETA_BASE, 0);

        return leaf >= TRANSMETA_BASE &&
                leaf <= MIN(base.registers[REGISTER_EAX], TRANSMETA_LAST) &&
                has_transmeta_range(&zero);
}

typedef struct RangeEnds {
        uint32_t base;
        uint32_t last; /* that the range can have at all */
} RangeEnds;

/* Lists without an end are whole where they do not stand last. */
static bool is_whole(const LeafTable *sorted, const Division *division) {
        const Leaf *last = leaf_table_at(sorted, leaf_table_size(sorted) - 1);

        return division->rule == SUBLEAF_WHILE && last->leaf > division->leaf;
}

static void add_missing_range(const LeafTable *sorted, const RangeEnds *range,
                              EnumerateMissing flags, Unknown *unknown) {
        const Leaf *base = leaf_table_find(sorted, range->base, 0);
        /* Nothing stands behind it that would show that its last leaf is whole. */
        bool is_final = range->base >= EXTENDED_BASE || !has_row(sorted, EXTENDED_BASE, 0);
        uint32_t last = range->last;
        uint32_t highest = range->base;
        /* Where rows are, the base is not zero: without it these are a part of a table. */
        bool is_zero = base && flags & ENUMERATE_MISSING_ZERO;

        /* A base that is zero says that there is no such range. */
        if (base)
                last = MIN(MAX(base->registers[REGISTER_EAX], range->base), range->last);
        add_missing_leaves(sorted, range->base, last, is_zero, unknown);

        for (size_t i = 0; i < leaf_table_size(sorted); i++) {
                uint32_t leaf = leaf_table_at(sorted, i)->leaf;

                if (leaf >= range->base && leaf <= last)
                        highest = MAX(highest, leaf);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(divisions); i++) {
                uint32_t leaf = divisions[i].leaf;
                bool is_last = leaf == highest && (last > highest || is_final);

                for (size_t j = 0;
                     leaf >= range->base && leaf <= last && j < leaf_table_size(sorted); j++)
                        if (leaf_table_at(sorted, j)->leaf == leaf) {
                                if (!is_zero || is_last)
                                        add_missing_subleaves(
                                                sorted, &divisions[i], 0,
                                                flags & ENUMERATE_MISSING_ENDS &&
                                                        is_whole(sorted, &divisions[i]),
                                                unknown);
                                break;
                        }
        }
}

/* Of each interface up to its own maximum. Whether there is another one is told by rows behind it:
 * tables have their rows in order, and a hypervisor its interfaces without a gap. */
static void add_missing_hypervisor(const LeafTable *sorted, EnumerateMissing flags,
                                   Unknown *unknown) {
        size_t n = leaf_table_size(sorted);
        uint32_t behind = n > 0 ? leaf_table_at(sorted, n - 1)->leaf : 0;

        for (uint32_t i = 0; i < HYPERVISOR_BLOCKS_MAX; i++) {
                uint32_t base = HYPERVISOR_BASE + i * HYPERVISOR_BLOCK, last;
                const Leaf *row = leaf_table_find(sorted, base, 0);

                if (!row) {
                        if (i == 0 || behind <= HYPERVISOR_LAST)
                                unknown_add_leaves(unknown, base, HYPERVISOR_LAST);
                        return;
                }

                last = row->registers[REGISTER_EAX];
                if (last == 0 && row->registers[REGISTER_EBX])
                        last = base + 1;
                if (last < base)
                        return;

                last = MIN(last, base + HYPERVISOR_BLOCK - 1);
                add_missing_leaves(sorted, base, last, flags & ENUMERATE_MISSING_ZERO, unknown);
        }
}

void enumerate_missing(const LeafTable *table, EnumerateMissing flags, Unknown *unknown) {
        static const RangeEnds basic = { 0, HYPERVISOR_BASE - 1 };
        static const RangeEnds extended = { EXTENDED_BASE, CENTAUR_BASE - 1 };
        static const RangeEnds transmeta = { TRANSMETA_BASE, TRANSMETA_LAST };
        static const RangeEnds centaur = { CENTAUR_BASE, UINT32_MAX };
        g_autoptr(LeafTable) sorted = leaf_table_copy(table);
        const Leaf zero = row_or_zero(table, 0, 0), one = row_or_zero(table, 1, 0);

        leaf_table_sort(sorted);
        add_missing_range(sorted, &basic, flags, unknown);
        if (has_hypervisor(&one) || unknown_mask(unknown, 1, 0, REGISTER_ECX) >> 31)
                add_missing_hypervisor(sorted, flags, unknown);
        add_missing_range(sorted, &extended, flags, unknown);
        if (has_transmeta_range(&zero))
                add_missing_range(sorted, &transmeta, flags, unknown);
        if (has_centaur_range(&zero) || !has_row(table, 0, 0))
                add_missing_range(sorted, &centaur, flags, unknown);
}
