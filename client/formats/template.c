/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates are masks and values over an offer's rows. A row that the offer does not have starts
 * from zero, as a leaf that KVM does not list answers. */

#include "client/formats/template.h"

#include <string.h>

#include "policy/field.h"

Template *template_new(void) {
        Template *template = g_new0(Template, 1);

        template->rows = g_array_new(FALSE, FALSE, sizeof(TemplateRow));
        template->msrs = g_array_new(FALSE, FALSE, sizeof(TemplateMsr));
        return template;
}

Template *template_copy(const Template *template) {
        Template *copy = template_new();

        copy->name = g_strdup(template->name);
        copy->capabilities = template->capabilities;
        copy->has_capabilities = template->has_capabilities;
        copy->others_are_zero = template->others_are_zero;
        g_array_append_vals(copy->rows, template->rows->data, template->rows->len);
        g_array_append_vals(copy->msrs, template->msrs->data, template->msrs->len);
        return copy;
}

Template *template_free(Template *template) {
        if (!template)
                return NULL;

        g_free(template->name);
        g_array_unref(template->rows);
        g_array_unref(template->msrs);
        g_free(template);
        return NULL;
}

static uint32_t last_of(const TemplateRow *row) {
        return MAX(row->subleaf, row->subleaf_last);
}

TemplateRow *template_get_row(Template *template, uint32_t leaf, uint32_t subleaf,
                              uint32_t subleaf_last) {
        const TemplateRow added = { .leaf = leaf,
                                    .subleaf = subleaf,
                                    .subleaf_last = subleaf_last };

        for (size_t i = 0; i < template->rows->len; i++) {
                TemplateRow *row = &g_array_index(template->rows, TemplateRow, i);

                if (row->leaf == leaf && row->subleaf == subleaf && last_of(row) == last_of(&added))
                        return row;
        }

        if (template->rows->len >= TEMPLATE_ROWS_MAX)
                return NULL;

        g_array_append_val(template->rows, added);
        return &g_array_index(template->rows, TemplateRow, template->rows->len - 1);
}

TemplateMsr *template_get_msr(Template *template, uint32_t index) {
        const TemplateMsr added = { .index = index };

        for (size_t i = 0; i < template->msrs->len; i++) {
                TemplateMsr *msr = &g_array_index(template->msrs, TemplateMsr, i);

                if (msr->index == index)
                        return msr;
        }

        if (template->msrs->len >= TEMPLATE_MSRS_MAX)
                return NULL;

        g_array_append_val(template->msrs, added);
        return &g_array_index(template->msrs, TemplateMsr, template->msrs->len - 1);
}

static bool row_is_at(const Leaf *row, const TemplateRow *change) {
        return row->leaf == change->leaf && row->subleaf >= change->subleaf &&
                row->subleaf <= last_of(change);
}

/* @base: the host's row, @row: what it has become so far */
static void row_change(Leaf *row, const Leaf *base, const TemplateRow *change, bool is_added) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t value = change->values[reg] & change->masks[reg];

                if (is_added)
                        row->registers[reg] |= (base->registers[reg] & ~change->masks[reg]) | value;
                else
                        row->registers[reg] = (row->registers[reg] & ~change->masks[reg]) | value;
        }
}

static void apply_row(const Template *template, const TemplateRow *change, const GArray *base,
                      GArray *rows) {
        Leaf added = { .leaf = change->leaf, .subleaf = change->subleaf, .flags = change->flags };
        static const Leaf nothing;
        bool is_there = false;

        for (size_t i = 0; i < rows->len; i++) {
                Leaf *row = &g_array_index(rows, Leaf, i);

                if (row_is_at(row, change)) {
                        row_change(row, i < base->len ? &g_array_index(base, Leaf, i) : &nothing,
                                   change, template->others_are_zero);
                        is_there = true;
                }
        }

        row_change(&added, &nothing, change, template->others_are_zero);
        if (is_there ||
            (template->others_are_zero &&
             memcmp(added.registers, nothing.registers, sizeof(added.registers)) == 0))
                return;

        g_array_append_val(rows, added);
}

static LeafTable *apply_rows(const Template *template, const LeafTable *offer) {
        g_autoptr(GArray) base = g_array_new(FALSE, FALSE, sizeof(Leaf));
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Leaf));
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(offer); i++) {
                Leaf row = *leaf_table_at(offer, i);

                g_array_append_val(base, row);
                if (template->others_are_zero)
                        memset(row.registers, 0, sizeof(row.registers));
                g_array_append_val(rows, row);
        }

        for (size_t i = 0; i < template->rows->len; i++)
                apply_row(template, &g_array_index(template->rows, TemplateRow, i), base, rows);

        for (size_t i = 0; i < rows->len; i++)
                leaf_table_add(table, &g_array_index(rows, Leaf, i));
        leaf_table_sort(table);
        return table;
}

/* Of a host that told its MSRs one that is not there is 0, unless its kernel may have it and not
 * list it. */
static bool is_told(uint32_t index, GHashTable *msrs) {
        int group = field_group_find(FIELD_INTERFACE_MSR, index, 0);

        return msrs &&
                (group < 0 || !field_groups[group].is_unlisted ||
                 g_hash_table_contains(msrs, GUINT_TO_POINTER(index)));
}

static void apply_msr(Guest *guest, Unknown *unknown, const TemplateMsr *change, GHashTable *msrs) {
        const uint64_t *host =
                msrs ? g_hash_table_lookup(msrs, GUINT_TO_POINTER(change->index)) : NULL;

        if (!is_told(change->index, msrs)) {
                if (change->mask == 0)
                        return;
                unknown_add_msr(unknown, change->index, ~change->mask);
        }

        guest_set_msr(guest, change->index,
                      ((host ? *host : 0) & ~change->mask) | (change->value & change->mask));
}

Guest *template_apply(const Template *template, const LeafTable *offer, GHashTable *msrs) {
        Guest *guest = guest_new(apply_rows(template, offer));
        Unknown *unknown = unknown_new();

        guest->name = g_strdup(template->name);
        if (template->has_capabilities)
                guest->capabilities = template->capabilities;
        for (size_t i = 0; i < template->msrs->len; i++)
                apply_msr(guest, unknown, &g_array_index(template->msrs, TemplateMsr, i), msrs);
        guest_take_unknown(guest, unknown);
        return guest;
}
