/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest as libvirt's <cpudata>. Its readers take what is not there for zero, and our own takes
 * what is behind the last row of a range for lost; so that range gets a row of zeroes at its
 * end. What the elements have no place for is told as a loss. */

#include "client/formats/libvirt-data.h"

#include <string.h>

#include "client/formats/losses.h"
#include "policy/enumerate.h"
#include "policy/field.h"
#include "policy/words.h"

static bool is_text_of_comment(const char *text) {
        size_t n = strlen(text);

        for (size_t i = 0; i < n; i++)
                if (g_ascii_iscntrl(text[i]))
                        return false;

        return n > 0 && n <= 64 && !strstr(text, "--") && text[n - 1] != '-' &&
                g_utf8_validate(text, n, NULL);
}

/* For people, where libvirt's own have the processor's name */
static void write_name(FormatOutput *output) {
        const char *name = output->guest->name;

        if (name && is_text_of_comment(name))
                g_string_append_printf(output->text, "<!-- %s -->\n", name);
}

static bool is_unknown(const Guest *guest, const Leaf *row, Register reg) {
        return unknown_mask(guest->unknown, row->leaf, row->subleaf, reg) == UINT32_MAX;
}

static void write_row(FormatOutput *output, const Leaf *row) {
        const Guest *guest = output->guest;
        bool has_any = false;

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                has_any = has_any || !is_unknown(guest, row, reg);
        if (!has_any)
                return;

        g_string_append_printf(output->text, "  <cpuid eax_in='0x%08x' ecx_in='0x%02x'", row->leaf,
                               row->subleaf);
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (!is_unknown(guest, row, reg))
                        g_string_append_printf(output->text, " %s='0x%08x'",
                                               register_to_string(reg), row->registers[reg]);
        g_string_append(output->text, "/>\n");
}

/* The first of several counts for a guest; a reader would put them together. */
static LeafTable *list_first_rows(FormatOutput *output) {
        g_autoptr(GPtrArray) hidden = g_ptr_array_new_with_free_func(g_free);
        const LeafTable *table = output->guest->table;
        LeafTable *first = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                bool is_there = false;

                for (size_t j = 0; j < leaf_table_size(first); j++) {
                        const Leaf *other = leaf_table_at(first, j);

                        is_there = is_there ||
                                (other->leaf == row->leaf && other->subleaf == row->subleaf);
                }
                if (is_there)
                        g_ptr_array_add(hidden, losses_place(row));
                else
                        leaf_table_add(first, row);
        }

        losses_add_places(output, "rows behind others of the same place", hidden);
        return first;
}

/* One row of those that close_ranges() adds; false: there is no more to do */
static bool close_gap(LeafTable *table, const Unknown *unknown) {
        g_autoptr(Unknown) missing = unknown_new();

        enumerate_missing(table, true, missing);
        for (size_t i = 0; i < unknown_size(missing); i++) {
                const UnknownSpan *span = unknown_at(missing, i);
                uint32_t base = words_range_base(span->leaf);
                Leaf row = { .leaf = base };

                if (leaf_table_find(table, base, 0))
                        row.leaf = span->leaf_last;

                /* What was unknown may stay so. */
                if (unknown_mask(unknown, row.leaf, 0, REGISTER_EAX) ||
                    leaf_table_find(table, row.leaf, 0) || leaf_table_size(table) >= LEAF_TABLE_MAX)
                        continue;

                leaf_table_add(table, &row);
                return true;
        }

        return false;
}

/* Where a range has no row for its maximum, and where its last leaves are not there, a row of
 * zeroes says so. Each may tell that there is nothing to be closed elsewhere. */
static void close_ranges(LeafTable *table, const Unknown *unknown) {
        while (close_gap(table, unknown))
                ;

        if (!leaf_table_find(table, 0, 0) && !unknown_mask(unknown, 0, 0, REGISTER_EAX) &&
            leaf_table_size(table) < LEAF_TABLE_MAX)
                leaf_table_add(table, &(Leaf){});
}

static bool is_counted(const LeafTable *table, const Leaf *row) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);

        if (row->subleaf > 0 || (leaf && leaf->indexed))
                return true;

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *other = leaf_table_at(table, i);

                if (other->leaf == row->leaf && other->subleaf > 0)
                        return true;
        }

        return false;
}

static void lose_flags(FormatOutput *output, const LeafTable *table) {
        g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; i < leaf_table_size(output->guest->table); i++) {
                const Leaf *row = leaf_table_at(output->guest->table, i);

                if (is_counted(table, row) != ((row->flags & LEAF_FLAG_INDEXED) != 0))
                        g_ptr_array_add(places, losses_place(row));
        }

        losses_add_places(output, "which sub-leaves these answer for", places);
}

static void write_msrs(FormatOutput *output) {
        g_autoptr(GArray) indexes = guest_list_msrs(output->guest);

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) guest_get_msr(output->guest, index, &value);
                g_string_append_printf(output->text,
                                       "  <msr index='0x%x' edx='0x%08x' eax='0x%08x'/>\n", index,
                                       (uint32_t) (value >> 32), (uint32_t) value);
        }
}

void libvirt_data_write(FormatOutput *output) {
        g_autoptr(LeafTable) table = list_first_rows(output);

        lose_flags(output, table);
        close_ranges(table, output->guest->unknown);
        leaf_table_sort(table);

        write_name(output);
        g_string_append(output->text, "<cpudata arch='x86'>\n");
        for (size_t i = 0; i < leaf_table_size(table); i++)
                write_row(output, leaf_table_at(table, i));
        write_msrs(output);
        g_string_append(output->text, "</cpudata>\n");

        losses_add_unknown(output);
        losses_add_capabilities(output);
        losses_add_tsc(output);
}
