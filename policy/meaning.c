/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a field is called and means. Most bits mean the same everywhere; of those that do not, the
 * row has the common meaning, and an alias those of single vendors. */

#include "policy/meaning.h"

#include <string.h>

#include <glib.h>

static const FieldAlias *find_alias(const Field *field, uint8_t vendor) {
        for (const FieldAlias *alias = field->aliases; alias && alias->vendors; alias++)
                if (alias->vendors & vendor)
                        return alias;

        return NULL;
}

const char *meaning_label(const Field *field, uint8_t vendor) {
        const FieldAlias *alias = find_alias(field, vendor);

        return alias ? alias->label : field->label;
}

const char *meaning_summary(const Field *field, uint8_t vendor) {
        const FieldAlias *alias = find_alias(field, vendor);

        return alias ? alias->summary : field->summary;
}

char **meaning_elsewhere(const Field *field, uint8_t vendor) {
        g_autoptr(GPtrArray) texts = g_ptr_array_new();
        const FieldAlias *own = find_alias(field, vendor);

        if (own)
                g_ptr_array_add(texts,
                                g_strdup_printf("%s, on other processors: %s", field->label,
                                                field->summary));

        for (const FieldAlias *alias = field->aliases; alias && alias->vendors; alias++) {
                g_autofree char *vendors = vendors_to_string(alias->vendors);

                if (alias != own)
                        g_ptr_array_add(texts,
                                        g_strdup_printf("%s, on %s: %s", alias->label, vendors,
                                                        alias->summary));
        }

        g_ptr_array_add(texts, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&texts), FALSE);
}

char *meaning_near(const char *what) {
        g_autofree char *wanted = g_ascii_strdown(what, -1);
        GString *text = g_string_new(NULL);
        size_t n = 0;

        g_strdelimit(wanted, "-", '_');
        for (size_t i = 0; i < N_FIELDS && n < 5 && strlen(wanted) > 1; i++)
                if (strstr(field_table[i].name, wanted))
                        g_string_append_printf(text, "%s%s", n++ == 0 ? "" : ", ",
                                               field_table[i].name);

        return g_string_free(text, FALSE);
}
