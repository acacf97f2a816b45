/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `"unknown": ["0x14", "0x7.1-", "msr 0x10a[19]"]` of guests and hosts: what their source did not tell */

#include "client/formats/json.h"

bool json_read_unknown(JsonObject *object, Unknown **ret, GError **error) {
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;

        if (!json_read_texts(object, "unknown", &texts, error))
                return false;

        for (size_t i = 0; texts && texts[i]; i++)
                if (!unknown_add_text(unknown, texts[i], error)) {
                        g_prefix_error(error, "'unknown': ");
                        return false;
                }

        *ret = g_steal_pointer(&unknown);
        return true;
}
