/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest as `cpuid -r -1` prints it when it runs there: every leaf up to the maximum of its range,
 * those that are zero as well. Who reads such a dump takes what is not there for lost, so places
 * that a table leaves out because they are zero are written, and those that are unknown are not. */

#include "client/formats/cpuid-r.h"

#include <string.h>

#include "client/formats/dump.h"
#include "client/formats/losses.h"
#include "policy/words.h"

/* So many leaves of a gap are filled at once: others want room, too */
#define RUN_MAX 16

/* One way to write, and what is said about it */
typedef struct Writing {
        FormatOutput *output;
        LeafTable *rows;    /* what will be in the text */
        Unknown *zeros;     /* places for which there was no room */
        GPtrArray *hidden;  /* rows behind another one of the same place */
        GPtrArray *above;   /* rows above their range's maximum */
        GPtrArray *unusual; /* rows that are read with another index flag */
} Writing;

static void writing_done(Writing *writing) {
        leaf_table_free(writing->rows);
        unknown_free(writing->zeros);
        g_ptr_array_unref(writing->hidden);
        g_ptr_array_unref(writing->above);
        g_ptr_array_unref(writing->unusual);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writing, writing_done)

static bool is_zero(const Leaf *row) {
        static const uint32_t zeros[N_REGISTERS];

        return memcmp(row->registers, zeros, sizeof(zeros)) == 0;
}

/* The rows that count: CPUID answers with no other. */
static void choose_rows(Writing *writing) {
        const Guest *guest = writing->output->guest;
        const LeafTable *table = guest->table;

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (leaf_table_find(table, row->leaf, row->subleaf) != row)
                        g_ptr_array_add(writing->hidden, losses_place(row));
                else if (words_see(table, guest->unknown, row->leaf))
                        leaf_table_add(writing->rows, row);
                else if (!is_zero(row))
                        g_ptr_array_add(writing->above, losses_place(row));
        }
}

/* What becomes of the rows when they are read again; NULL: of no row nothing does */
static Guest *read_again(const LeafTable *rows) {
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(Dump) dump = dump_new();

        (void) dump_begin_cpu(dump, 0, 0, NULL);
        for (size_t i = 0; i < leaf_table_size(rows); i++)
                (void) dump_add_row(dump, leaf_table_at(rows, i), DUMP_INDEX_UNTOLD, 0, NULL);
        return dump_to_guest(dump, -1, warnings, NULL);
}

static bool span_is_whole(const UnknownSpan *span) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (span->masks[reg] != UINT32_MAX)
                        return false;

        return true;
}

static const UnknownSpan *find_unknown(const Unknown *unknown, uint32_t leaf, uint32_t subleaf) {
        for (size_t i = 0; i < unknown_size(unknown); i++) {
                const UnknownSpan *span = unknown_at(unknown, i);

                if (span_is_whole(span) && leaf >= span->leaf && leaf <= span->leaf_last &&
                    subleaf >= span->subleaf && subleaf <= span->subleaf_last)
                        return span;
        }

        return NULL;
}

/* The first leaf of a span, from *leaf on, of which it is known what the guest has in it */
static bool find_known(const Guest *guest, const UnknownSpan *span, uint32_t *leaf) {
        for (;;) {
                const UnknownSpan *unknown = find_unknown(guest->unknown, *leaf, span->subleaf);

                if (!unknown)
                        return true;
                if (unknown->leaf_last >= span->leaf_last)
                        return false;
                *leaf = unknown->leaf_last + 1;
        }
}

/* A row more, with what CPUID answers there; false: there is no room, or it was no help */
static bool add_answer(Writing *writing, uint32_t leaf, uint32_t subleaf) {
        const LeafTable *table = writing->output->guest->table;
        const Leaf *answer = leaf_table_find(table, leaf, subleaf);
        Leaf row = { .leaf = leaf, .subleaf = subleaf };

        if (leaf_table_size(writing->rows) >= LEAF_TABLE_MAX)
                return false;
        for (size_t i = 0; i < leaf_table_size(writing->rows); i++) {
                const Leaf *other = leaf_table_at(writing->rows, i);

                if (other->leaf == leaf && other->subleaf == subleaf)
                        return false;
        }

        if (answer && words_see(table, writing->output->guest->unknown, leaf))
                memcpy(row.registers, answer->registers, sizeof(row.registers));
        leaf_table_add(writing->rows, &row);
        return true;
}

/* A row for each leaf of a gap: what is missing of a leaf depends on its first. false: there was
 * none to add. */
static bool fill_gap(Writing *writing, const UnknownSpan *span, uint32_t *ret_last) {
        const Guest *guest = writing->output->guest;
        uint32_t leaf = span->leaf;
        bool is_filled = false;

        for (unsigned i = 0; i < RUN_MAX && find_known(guest, span, &leaf); i++) {
                if (!add_answer(writing, leaf, span->subleaf)) {
                        unknown_add(writing->zeros, span);
                        break;
                }

                is_filled = true;
                *ret_last = leaf;
                /* Those that tell how far the range goes, and whether there are others */
                if (leaf <= 1 || leaf == words_range_base(leaf) || leaf == span->leaf_last)
                        break;
                leaf++;
        }

        return is_filled;
}

/* Rows for the first gap of each leaf, and for runs of leaves; false: there was none left. A row
 * may change what is missing behind it. */
static bool fill_gaps(Writing *writing) {
        g_autoptr(Guest) again = read_again(writing->rows);
        uint64_t changed = UINT64_MAX; /* the leaf that has one now */

        for (size_t i = 0; i < unknown_size(again->unknown); i++) {
                const UnknownSpan *span = unknown_at(again->unknown, i);
                uint32_t last;

                if (span->leaf == changed || !fill_gap(writing, span, &last))
                        continue;

                changed = last;
                /* They tell whether there are the other ranges. */
                if (last <= 1)
                        break;
        }

        return changed != UINT64_MAX;
}

static void find_unusual(Writing *writing) {
        const LeafTable *table = writing->output->guest->table;
        g_autoptr(Guest) again = read_again(writing->rows);

        for (size_t i = 0; i < leaf_table_size(again->table); i++) {
                const Leaf *row = leaf_table_at(again->table, i);
                const Leaf *own = leaf_table_find(table, row->leaf, row->subleaf);

                if (own && own->subleaf == row->subleaf && own->flags != row->flags)
                        g_ptr_array_add(writing->unusual, losses_place(row));
        }
}

static bool span_is_in(const UnknownSpan *span, const UnknownSpan *other) {
        return span->leaf >= other->leaf && span->leaf_last <= other->leaf_last &&
                span->subleaf >= other->subleaf && span->subleaf_last <= other->subleaf_last &&
                span_is_whole(other);
}

/* What the reader does not find missing, it believes */
static void add_unknown_losses(const Writing *writing) {
        const Unknown *unknown = writing->output->guest->unknown;
        g_autoptr(Guest) again = read_again(writing->rows);
        g_autoptr(Unknown) lost = unknown_new();
        g_auto(GStrv) texts = NULL;

        for (size_t i = 0; again && i < unknown_size(unknown); i++) {
                bool is_missing = false;

                for (size_t j = 0; j < unknown_size(again->unknown) && !is_missing; j++)
                        is_missing =
                                span_is_in(unknown_at(unknown, i), unknown_at(again->unknown, j));
                if (!is_missing)
                        unknown_add(lost, unknown_at(unknown, i));
        }

        texts = unknown_to_texts(lost);
        losses_add_list(writing->output, "that it is unknown what is in",
                        (const char *const *) texts);
}

static void add_losses(const Writing *writing) {
        g_auto(GStrv) zeros = unknown_to_texts(writing->zeros);

        losses_add_places(writing->output, "rows behind others of the same place", writing->hidden);
        losses_add_places(writing->output, "rows above the highest leaf", writing->above);
        losses_add_places(writing->output, "which sub-leaves these answer for", writing->unusual);
        add_unknown_losses(writing);
        losses_add_list(writing->output, "that there is nothing in", (const char *const *) zeros);
        losses_add_capabilities(writing->output);
        losses_add_msrs(writing->output);
        losses_add_tsc(writing->output);
}

void cpuid_r_write(FormatOutput *output) {
        g_auto(Writing) writing = {
                .output = output,
                .rows = leaf_table_new(),
                .zeros = unknown_new(),
                .hidden = g_ptr_array_new_with_free_func(g_free),
                .above = g_ptr_array_new_with_free_func(g_free),
                .unusual = g_ptr_array_new_with_free_func(g_free),
        };

        choose_rows(&writing);
        if (leaf_table_size(writing.rows) == 0 && !find_unknown(output->guest->unknown, 0, 0))
                (void) add_answer(&writing, 0, 0);
        if (leaf_table_size(writing.rows) > 0) {
                while (fill_gaps(&writing))
                        ;
                find_unusual(&writing);
        }
        leaf_table_sort(writing.rows);

        g_string_append(output->text, "CPU:\n");
        for (size_t i = 0; i < leaf_table_size(writing.rows); i++) {
                const Leaf *row = leaf_table_at(writing.rows, i);
                const uint32_t *registers = row->registers;

                g_string_append_printf(
                        output->text,
                        "   0x%08x 0x%02x: eax=0x%08x ebx=0x%08x ecx=0x%08x edx=0x%08x\n",
                        row->leaf, row->subleaf, registers[0], registers[1], registers[2],
                        registers[3]);
        }
        add_losses(&writing);
}
