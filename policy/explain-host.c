/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells what was recorded from what it was corrected to: people compare the first with what their
 * own tools show. */

#include "policy/explain-host.h"

#include "policy/explain.h"

char *explain_words(const Field *field, const Words *words) {
        if (!words)
                return g_strdup("not recorded");
        return words_tell(words, field) ? explain_value(field, words_get(words, field)) :
                                          g_strdup("not told");
}

char *explain_reported(const Field *field, const Host *host) {
        HostTable which = field->interface == FIELD_INTERFACE_HYPERV ? HOST_HYPERV : HOST_SUPPORTED;
        const HostCorrection *correction =
                correction_find(host, NULL, field->word, field_mask(field));

        if (correction)
                return explain_value(field,
                                     (correction->reported & field_mask(field)) >> field->low);
        return explain_words(field, host_words(host, which));
}

static void append_correction(GString *text, const Field *field, const Host *host,
                              const char *view) {
        const HostCorrection *correction =
                correction_find(host, view, field->word, field_mask(field));
        g_autofree char *what = correction ? correction_to_text(correction, field) : NULL;

        if (what)
                g_string_append_printf(text, "%s%s%s%s%s", text->len > 0 ? "; " : "",
                                       view ? "with " : "", view ?: "", view ? ", " : "", what);
}

char *explain_corrections(const Field *field, const Host *host) {
        g_autofree const char **views = host_list_views(host);
        GString *text = g_string_new(NULL);

        append_correction(text, field, host, NULL);
        for (size_t i = 0; views[i]; i++)
                append_correction(text, field, host, views[i]);

        return g_string_free(text, FALSE);
}

char *explain_parameters(const Field *field) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; field->parameters && field->parameters[i]; i++) {
                bool hides_when_on = field->parameters[i][0] == '!';

                g_string_append_printf(text, "%s%s%s", i == 0 ? "" : ", ",
                                       field->parameters[i] + hides_when_on,
                                       hides_when_on ? " (hides it when it is on)" : "");
        }

        return g_string_free(text, FALSE);
}
