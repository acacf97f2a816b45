/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a mask of features does not tell: everything that is not in it. Without a maximum nothing
 * says where a range ends. */

#include "client/formats/mask.h"

#include "policy/field.h"

static bool has_subleaves(const Leaf *row) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);

        return row->subleaf > 0 || !leaf || leaf->indexed;
}

/* @after: the row behind it, or NULL */
static void add_behind(Unknown *unknown, const Leaf *row, const Leaf *after) {
        bool has_next = after && after->leaf == row->leaf;
        uint32_t last = has_next ? after->subleaf - 1 : UINT32_MAX;

        if (row->subleaf < last && (has_next || has_subleaves(row)))
                unknown_add_subleaves(unknown, row->leaf, row->subleaf + 1, last);
}

void mask_add_gaps(Unknown *unknown, const LeafTable *sorted, uint32_t first, uint32_t last) {
        size_t n = leaf_table_size(sorted);
        uint64_t next = first;

        for (size_t i = 0; i < n; i++) {
                const Leaf *row = leaf_table_at(sorted, i);
                const Leaf *after = i + 1 < n ? leaf_table_at(sorted, i + 1) : NULL;

                if (row->leaf < first || row->leaf > last)
                        continue;

                if (row->leaf > next)
                        unknown_add_leaves(unknown, next, row->leaf - 1);
                if (row->leaf >= next && row->subleaf > 0)
                        unknown_add_subleaves(unknown, row->leaf, 0, row->subleaf - 1);
                next = (uint64_t) row->leaf + 1;
                add_behind(unknown, row, after);
        }

        if (next <= last)
                unknown_add_leaves(unknown, next, last);
}
