/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Guests as custom CPU templates for Firecracker, which make any host's answer this guest's: every
 * bit of every row is decided, but those that are not known. Rows of the host that the guest does
 * not have cannot be taken away. */

#include "client/formats/firecracker.h"
#include "client/formats/json-text.h"
#include "client/formats/losses.h"

static void add_bits(JsonText *json, unsigned width, uint64_t mask, uint64_t value) {
        g_autoptr(GString) text = g_string_new("0b");

        for (unsigned bit = width; bit-- > 0;) {
                bool is_set = (value >> bit) & 1, is_decided = (mask >> bit) & 1;

                g_string_append_c(text, !is_decided ? 'x' : is_set ? '1' : '0');
        }
        json_text_add_text(json, "bitmap", text->str);
}

static void write_row(JsonText *json, const Leaf *row, const Unknown *unknown) {
        json_text_open_object(json, NULL);
        json_text_add_hex(json, "leaf", row->leaf);
        json_text_add_hex(json, "subleaf", row->subleaf);
        json_text_add_number(json, "flags", row->flags & LEAF_FLAG_INDEXED);
        json_text_open_array(json, "modifiers");
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                json_text_open_object(json, NULL);
                json_text_add_text(json, "register", register_to_string(reg));
                add_bits(json, 32, ~unknown_mask(unknown, row->leaf, row->subleaf, reg),
                         row->registers[reg]);
                json_text_close(json);
        }
        json_text_close(json);
        json_text_close(json);
}

/* The rows that answer, sorted */
static LeafTable *rows_to_write(FormatOutput *output) {
        g_autoptr(GPtrArray) hidden = g_ptr_array_new_with_free_func(g_free);
        const LeafTable *table = output->guest->table;
        LeafTable *rows = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (leaf_table_find(table, row->leaf, row->subleaf) == row)
                        leaf_table_add(rows, row);
                else
                        g_ptr_array_add(hidden, losses_place(row));
        }

        losses_add_places(output, "rows behind others of the same place", hidden);
        leaf_table_sort(rows);
        return rows;
}

/* Whether the row's bits can tell all of it */
static bool is_within_row(const LeafTable *rows, const UnknownSpan *span) {
        const Leaf *row = leaf_table_find(rows, span->leaf, span->subleaf);

        return row && row->subleaf == span->subleaf && span->leaf == span->leaf_last &&
                (span->subleaf == span->subleaf_last || !(row->flags & LEAF_FLAG_INDEXED));
}

/* What is not listed is the host's when Firecracker applies it, and 0 to who reads it as a guest. */
static void add_unknown_loss(FormatOutput *output, const LeafTable *rows) {
        const Unknown *unknown = output->guest->unknown;
        g_autoptr(Unknown) lost = unknown_new();
        g_auto(GStrv) texts = NULL;

        for (size_t i = 0; unknown && i < unknown_size(unknown); i++)
                if (!is_within_row(rows, unknown_at(unknown, i)))
                        unknown_add(lost, unknown_at(unknown, i));

        texts = unknown_to_texts(lost);
        losses_add_list(output, "that it is unknown what is in", (const char *const *) texts);
}

static void write_msrs(JsonText *json, const Guest *guest) {
        g_autoptr(GArray) indexes = guest_list_msrs(guest);

        json_text_open_array(json, "msr_modifiers");
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) guest_get_msr(guest, index, &value);
                json_text_open_object(json, NULL);
                json_text_add_hex(json, "addr", index);
                add_bits(json, 64, ~unknown_msr_mask(guest->unknown, index), value);
                json_text_close(json);
        }
        json_text_close(json);
}

void firecracker_write(FormatOutput *output) {
        g_autoptr(LeafTable) rows = rows_to_write(output);
        JsonText *json = json_text_new(output->is_pretty);
        g_autofree char *text = NULL;

        json_text_open_object(json, NULL);
        json_text_open_array(json, "cpuid_modifiers");
        for (size_t i = 0; i < leaf_table_size(rows); i++)
                write_row(json, leaf_table_at(rows, i), output->guest->unknown);
        json_text_close(json);
        write_msrs(json, output->guest);
        json_text_close(json);

        text = json_text_finish(json);
        g_string_append_printf(output->text, "%s\n", text);
        add_unknown_loss(output, rows);
        losses_add_capabilities(output);
        losses_add_tsc(output);
}
