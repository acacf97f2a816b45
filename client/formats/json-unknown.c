/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `"unknown": ["0x14", "0x7.1-"]` of guests and hosts: what their source did not tell */

#include "client/formats/json.h"

bool json_read_unknown(JsonObject *object, Unknown **ret, GError **error) {
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;

        if (!json_read_texts(object, "unknown", &texts, error))
                return false;

        for (size_t i = 0; texts && texts[i]; i++) {
                UnknownSpan span;

                if (!unknown_span_parse(texts[i], &span, error)) {
                        g_prefix_error(error, "'unknown': ");
                        return false;
                }
                unknown_add(unknown, &span);
        }

        *ret = g_steal_pointer(&unknown);
        return true;
}
