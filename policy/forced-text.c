/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is forced, as people and scripts name it */

#include "policy/forced-text.h"

#include "policy/place.h"

typedef struct Namer {
        GPtrArray *names;
        const Leaf *row;
        FieldInterface interface;
        uint32_t leaf; /* as the field table has it */
        bool is_known; /* whether the field table can have it at all */
} Namer;

static const Field *field_of(const Namer *namer, Register reg, unsigned bit) {
        return namer->is_known ?
                field_at(namer->interface, namer->leaf, namer->row->subleaf, reg, bit) :
                NULL;
}

static void add_place(const Namer *namer, Register reg, unsigned high, unsigned low) {
        g_ptr_array_add(namer->names,
                        place_format(namer->row->leaf, namer->row->subleaf, reg, high, low));
}

/* A field once, however many of its bits there are; a row for many sub-leaves is no name. */
static void add_register(const Namer *namer, Register reg, uint32_t bits) {
        while (bits) {
                unsigned low = __builtin_ctz(bits), high = low;
                const Field *field = field_of(namer, reg, low);

                if (field && field->word != FIELD_NONE) {
                        g_ptr_array_add(namer->names, g_strdup(field->name));
                        bits &= ~field_mask(field);
                        continue;
                }

                while (high < 31 && (bits & (UINT32_C(2) << high)) &&
                       field_of(namer, reg, high + 1) == field)
                        high++;
                add_place(namer, reg, high, low);
                bits &= ~((UINT32_MAX >> (31 - (high - low))) << low);
        }
}

char **forced_names(const LeafTable *bits, const LeafTable *within, const Words *words) {
        g_autoptr(LeafTable) sorted = bits ? leaf_table_copy(bits) : leaf_table_new();
        Namer namer = { .names = g_ptr_array_new() };

        leaf_table_sort(sorted);
        for (size_t i = 0; i < leaf_table_size(sorted); i++) {
                const Leaf *row = namer.row = leaf_table_at(sorted, i),
                           *other =
                                   within ? leaf_table_find(within, row->leaf, row->subleaf) : NULL;

                namer.is_known = words_locate(words, row->leaf, &namer.interface, &namer.leaf);
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        add_register(&namer, reg,
                                     row->registers[reg] &
                                             (other          ? other->registers[reg] :
                                                      within ? 0 :
                                                               UINT32_MAX));
        }

        g_ptr_array_add(namer.names, NULL);
        return (char **) g_ptr_array_free(namer.names, FALSE);
}

static bool has_bits(const Field *field, const Host *host, const char *view, ForcedKind kind) {
        const Words *words = forced_words(host_forced(host), view, kind);

        return words && field->word != FIELD_NONE &&
                (words->word[field->word] & field_mask(field)) != 0;
}

static const char *describe_in(const Field *field, const Host *host, const char *view) {
        if (has_bits(field, host, view, FORCED_ON))
                return "every vCPU of this host has it, whatever its table says";
        if (has_bits(field, host, view, FORCED_OFF))
                return "no vCPU of this host has it, whatever its table says";
        return NULL;
}

char *forced_describe(const Field *field, const Host *host) {
        g_autofree const char **views = forced_list_views(host_forced(host));
        const char *base = describe_in(field, host, NULL);
        GString *text = g_string_new(base);

        for (size_t i = 0; views[i]; i++) {
                const char *own = describe_in(field, host, views[i]);

                if (g_strcmp0(own, base) != 0)
                        g_string_append_printf(text, "%swith %s %s", text->len > 0 ? "; " : "",
                                               views[i], own ?: "it is as the table says");
        }

        return g_string_free(text, FALSE);
}
