/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest for people: a row a line with the leaf's name, then what else there is of it. It says all
 * that a guest has, and nobody reads it again. A row that answers for every sub-leaf has none
 * behind its leaf; a digit of which some bit is unknown is a '?'. */

#include <string.h>

#include "client/formats/format.h"
#include "policy/words.h"

/* "0x40000000.0" */
#define PLACE_WIDTH 12
#define N_DIGITS 8

static void write_register(GString *text, uint32_t value, uint32_t unknown) {
        g_string_append(text, "  0x");
        for (unsigned shift = N_DIGITS * 4; shift > 0;) {
                shift -= 4;
                if ((unknown >> shift) & 0xf)
                        g_string_append_c(text, '?');
                else
                        g_string_append_printf(text, "%x", (value >> shift) & 0xf);
        }
}

static void write_row(GString *text, const Guest *guest, const Leaf *row, const char *title) {
        bool is_indexed = row->flags & LEAF_FLAG_INDEXED;
        g_autofree char *place = is_indexed ? g_strdup_printf("0x%x.%u", row->leaf, row->subleaf) :
                                              g_strdup_printf("0x%x", row->leaf);

        g_string_append_printf(text, "%-*s", PLACE_WIDTH, place);
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                write_register(text, row->registers[reg],
                               unknown_mask(guest->unknown, row->leaf, row->subleaf, reg));
        g_string_append_printf(text, "%s%s\n", title ? "  " : "", title ?: "");
}

static void write_rows(GString *text, const Guest *guest) {
        if (leaf_table_size(guest->table) == 0)
                return;

        g_string_append_printf(text, "\n%-*s  %-10s  %-10s  %-10s  %s\n", PLACE_WIDTH, "leaf",
                               "eax", "ebx", "ecx", "edx");
        for (size_t i = 0; i < leaf_table_size(guest->table); i++) {
                const Leaf *row = leaf_table_at(guest->table, i);
                bool is_first = i == 0 || leaf_table_at(guest->table, i - 1)->leaf != row->leaf;

                write_row(text, guest, row, is_first ? words_title(guest->words, row->leaf) : NULL);
        }
}

static void write_msrs(GString *text, const Guest *guest) {
        g_autoptr(GArray) indexes = guest_list_msrs(guest);

        if (indexes->len == 0)
                return;

        g_string_append_printf(text, "\n%-*s  value\n", PLACE_WIDTH, "msr");
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_MSR, index);
                g_autofree char *place = g_strdup_printf("0x%x", index);
                uint64_t value = 0;

                (void) guest_get_msr(guest, index, &value);
                g_string_append_printf(text, "%-*s  0x%016" G_GINT64_MODIFIER "x%s%s\n",
                                       PLACE_WIDTH, place, value, known ? "  " : "",
                                       known ? known->title : "");
        }
}

/* In one line, and without what would change a terminal: names come out of files */
static char *printable_of(const char *name) {
        g_autofree char *valid = g_utf8_make_valid(name, -1);
        GString *line = g_string_new(NULL);

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                g_string_append_unichar(line, g_unichar_isprint(c) ? c : '?');
        }
        return g_string_free(line, FALSE);
}

static void write_table(FormatOutput *output) {
        const Guest *guest = output->guest;
        g_autofree char *name = printable_of(guest->name ?: "guest");
        g_autofree const char **names = capability_set_names(guest->capabilities);
        g_autofree char *enabled = g_strjoinv(", ", (char **) names);
        g_auto(GStrv) unknown = unknown_to_texts(guest->unknown);
        g_autofree char *places = g_strjoinv(", ", unknown);

        g_string_append_printf(output->text, "%s\nenabled: %s\n", name,
                               *enabled ? enabled : "nothing");
        if (guest->tsc_khz > 0)
                g_string_append_printf(output->text, "tsc: %" G_GUINT64_FORMAT " kHz\n",
                                       guest->tsc_khz);
        write_rows(output->text, guest);
        write_msrs(output->text, guest);
        if (*places)
                g_string_append_printf(output->text, "\nunknown: %s\n", places);
}

const Format format_text_table = {
        .name = "table",
        .description = "a table for people, with the names of the leaves",
        .write = write_table,
};
