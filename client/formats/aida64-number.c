/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which sub-leaf a line of AIDA64's is that does not tell: by the lines before it alone, so that a
 * file that was cut off has the same numbers. It refuses to guess where they name no more. */

#include "client/formats/aida64-number.h"

#include <glib.h>

#include "policy/field.h"

/* The register of sub-leaf 0 whose bits say which others there are */
static const struct {
        uint32_t leaf;
        Register reg;
} masks[] = {
        { 0xf, REGISTER_EDX },
        { 0x10, REGISTER_EBX },
        { 0x23, REGISTER_EAX },
        { 0x80000020, REGISTER_EBX },
};

bool lineup_has_subleaves(uint32_t leaf) {
        const FieldLeaf *entry = field_leaf_find(FIELD_INTERFACE_CPU, leaf);

        return !entry || entry->indexed;
}

static uint64_t wide(const Leaf *row, Register high, Register low) {
        return (uint64_t) row->registers[high] << 32 | row->registers[low];
}

static bool is_topology(uint32_t leaf) {
        return leaf == 0xb || leaf == 0x1f || leaf == 0x80000026;
}

/* By the masks of the rows before; false where they name no more */
static bool number_by_mask(Lineup *lineup, unsigned first, Leaf *row) {
        if (lineup->n <= first) {
                row->subleaf = lineup->n - 1;
                return true;
        }
        if (!lineup->left)
                return false;

        row->subleaf = __builtin_ctzll(lineup->left);
        lineup->left &= lineup->left - 1;
        return true;
}

bool lineup_number(Lineup *lineup, Leaf *row) {
        row->subleaf = 0;
        if (lineup->has_told || !lineup_has_subleaves(row->leaf))
                return true;

        lineup->n++;
        if (row->leaf == 0xd) {
                if (lineup->n == 1)
                        lineup->left = wide(row, REGISTER_EDX, REGISTER_EAX) & ~UINT64_C(3);
                else if (lineup->n == 2)
                        lineup->left |= wide(row, REGISTER_EDX, REGISTER_ECX) & ~UINT64_C(3);
                return number_by_mask(lineup, 2, row);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
                if (masks[i].leaf != row->leaf)
                        continue;
                if (lineup->n == 1)
                        lineup->left = row->registers[masks[i].reg] & ~UINT32_C(1);
                return number_by_mask(lineup, 1, row);
        }

        /* Leaves of topology repeat the sub-leaf: a line of them may have got lost before. */
        if (is_topology(row->leaf))
                lineup->n = MAX(lineup->n, (row->registers[REGISTER_ECX] & 0xff) + 1);
        row->subleaf = lineup->n - 1;
        return true;
}
