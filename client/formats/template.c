/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates are masks and values over an offer's rows. A row that the offer does not have starts
 * from zero, as a leaf that KVM does not list answers. */

#include "client/formats/template.h"

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

static bool row_is_at(const Leaf *row, const TemplateRow *change) {
        return row->leaf == change->leaf &&
                (!(row->flags & LEAF_FLAG_INDEXED) || row->subleaf == change->subleaf);
}

static void row_change(Leaf *row, const TemplateRow *change) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                row->registers[reg] = (row->registers[reg] & ~change->masks[reg]) |
                        (change->values[reg] & change->masks[reg]);
}

static LeafTable *apply_row(LeafTable *table, const TemplateRow *change) {
        LeafTable *changed = leaf_table_new();
        bool is_there = false;

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                if (!is_there && row_is_at(&row, change)) {
                        row_change(&row, change);
                        is_there = true;
                }
                leaf_table_add(changed, &row);
        }

        if (!is_there) {
                Leaf row = { .leaf = change->leaf,
                             .subleaf = change->subleaf,
                             .flags = change->flags };

                row_change(&row, change);
                leaf_table_add(changed, &row);
        }

        leaf_table_free(table);
        return changed;
}

static void apply_msr(Guest *guest, const TemplateMsr *change, GHashTable *msrs) {
        const uint64_t *host =
                msrs ? g_hash_table_lookup(msrs, GUINT_TO_POINTER(change->index)) : NULL;

        if (host || change->mask == UINT64_MAX)
                guest_set_msr(guest, change->index,
                              ((host ? *host : 0) & ~change->mask) |
                                      (change->value & change->mask));
}

Guest *template_apply(const Template *template, const LeafTable *offer, GHashTable *msrs) {
        LeafTable *table = leaf_table_copy(offer);
        Guest *guest;

        for (size_t i = 0; i < template->rows->len; i++)
                table = apply_row(table, &g_array_index(template->rows, TemplateRow, i));
        leaf_table_sort(table);

        guest = guest_new(table);
        guest->name = g_strdup(template->name);
        if (template->has_capabilities)
                guest->capabilities = template->capabilities;
        for (size_t i = 0; i < template->msrs->len; i++)
                apply_msr(guest, &g_array_index(template->msrs, TemplateMsr, i), msrs);
        return guest;
}
