/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks CPUID as the manuals say it is laid out: ranges by their own maximum, sub-leaves by the
 * leaf's own rule. It knows how a leaf is divided, not what it means, and it follows no maximum
 * and no mask beyond its own bounds. */

#include "daemon/kvm/hardware.h"

#include <stdbool.h>
#include <string.h>

#include <cpuid.h>

/* Of a range and of a leaf. No CPU comes near, and there is no end to what has more. */
#define LEAVES_MAX 128
#define SUBLEAVES_MAX 64

#define EXTENDED_BASE 0x80000000
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

/* Intel SDM 2A and AMD APM 3, CPUID */
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
        { 0x8000001d, 1, SUBLEAF_WHILE, REGISTER_EAX, 0x1f },
        { 0x80000020, 1, SUBLEAF_BY_MASK, REGISTER_EBX },
        { 0x80000026, 1, SUBLEAF_WHILE, REGISTER_ECX, 0xff00 },
};

void hardware_instruction(uint32_t leaf, uint32_t subleaf, uint32_t ret_registers[N_REGISTERS]) {
        __cpuid_count(leaf, subleaf, ret_registers[REGISTER_EAX], ret_registers[REGISTER_EBX],
                      ret_registers[REGISTER_ECX], ret_registers[REGISTER_EDX]);
}

static const Division *division_find(uint32_t leaf) {
        for (size_t i = 0; i < G_N_ELEMENTS(divisions); i++)
                if (divisions[i].leaf == leaf)
                        return &divisions[i];

        return NULL;
}

static Leaf ask(HardwareInstruction instruction, uint32_t leaf, uint32_t subleaf) {
        Leaf row = {
                .leaf = leaf,
                .subleaf = subleaf,
                .flags = division_find(leaf) ? LEAF_FLAG_INDEXED : 0,
        };

        instruction(leaf, subleaf, row.registers);
        return row;
}

static void add(LeafTable *table, const Leaf *row) {
        if (leaf_table_size(table) < LEAF_TABLE_MAX)
                leaf_table_add(table, row);
}

/* Bit i: sub-leaf i is there. Not for SUBLEAF_WHILE, which has to look. */
static uint64_t list_subleaves(HardwareInstruction instruction, const Division *division) {
        const Leaf zero = ask(instruction, division->leaf, 0);
        uint32_t maximum;
        Leaf one;

        switch (division->rule) {
        case SUBLEAF_TO_MAXIMUM:
                maximum = MIN(zero.registers[REGISTER_EAX], SUBLEAVES_MAX - 1);
                return UINT64_MAX >> (SUBLEAVES_MAX - 1 - maximum);
        case SUBLEAF_BY_MASK:
                return zero.registers[division->reg];
        case SUBLEAF_XSAVE:
                one = ask(instruction, division->leaf, 1);
                return zero.registers[REGISTER_EAX] | one.registers[REGISTER_ECX] |
                        (uint64_t) zero.registers[REGISTER_EDX] << 32 |
                        (uint64_t) one.registers[REGISTER_EDX] << 32;
        case SUBLEAF_WHILE:
                return UINT64_MAX;
        }

        g_assert_not_reached();
}

static void read_subleaves(LeafTable *table, HardwareInstruction instruction,
                           const Division *division) {
        uint64_t listed = list_subleaves(instruction, division);

        for (uint32_t i = 0; i < SUBLEAVES_MAX; i++) {
                Leaf row;

                if (i >= division->first && !(listed & (UINT64_C(1) << i)))
                        continue;

                row = ask(instruction, division->leaf, i);
                if (i >= division->first && division->rule == SUBLEAF_WHILE &&
                    !(row.registers[division->reg] & division->mask))
                        return;

                add(table, &row);
        }
}

static void read_range(LeafTable *table, HardwareInstruction instruction, uint32_t base) {
        uint32_t last = ask(instruction, base, 0).registers[REGISTER_EAX];

        /* Where there is no such range the CPU answers something else, often its last basic leaf */
        if (last < base || last - base > 0xffff)
                return;

        last = MIN(last, base + LEAVES_MAX - 1);
        for (uint32_t leaf = base; leaf <= last; leaf++) {
                const Division *division = division_find(leaf);
                Leaf row;

                if (division) {
                        read_subleaves(table, instruction, division);
                        continue;
                }

                row = ask(instruction, leaf, 0);
                add(table, &row);
        }
}

/* Others answer the range with whatever is in their last basic leaf, which may look like one */
static bool has_centaur_range(HardwareInstruction instruction) {
        const Leaf row = ask(instruction, 0, 0);
        char vendor[13] = {};

        memcpy(vendor, &row.registers[REGISTER_EBX], 4);
        memcpy(vendor + 4, &row.registers[REGISTER_EDX], 4);
        memcpy(vendor + 8, &row.registers[REGISTER_ECX], 4);
        return strcmp(vendor, "CentaurHauls") == 0 || strcmp(vendor, "  Shanghai  ") == 0;
}

LeafTable *hardware_read(HardwareInstruction instruction) {
        LeafTable *table = leaf_table_new();

        read_range(table, instruction, 0);
        read_range(table, instruction, EXTENDED_BASE);
        if (has_centaur_range(instruction))
                read_range(table, instruction, CENTAUR_BASE);

        return table;
}
