/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sentences on what gets lost. They stand behind "not carried: ", and are of the guest at hand,
 * not of the form: who loses nothing is told nothing. */

#include "client/formats/losses.h"

#include <stdarg.h>

void losses_add(FormatOutput *output, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        g_ptr_array_add(output->losses, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

void losses_add_list(FormatOutput *output, const char *what, const char *const *names) {
        g_autoptr(GString) list = g_string_new(NULL);
        size_t n = 0;

        for (size_t i = 0; names[i]; i++) {
                if (n < LOSSES_NAMED_MAX)
                        g_string_append_printf(list, "%s%s", n > 0 ? ", " : "", names[i]);
                n++;
        }

        if (n > LOSSES_NAMED_MAX)
                g_string_append_printf(list, " and %zu more", n - LOSSES_NAMED_MAX);
        if (n > 0)
                losses_add(output, "%s: %s", what, list->str);
}

void losses_add_places(FormatOutput *output, const char *what, GPtrArray *places) {
        g_ptr_array_add(places, NULL);
        losses_add_list(output, what, (const char *const *) places->pdata);
}

char *losses_place(const Leaf *row) {
        return g_strdup_printf("0x%x.%u", row->leaf, row->subleaf);
}

void losses_add_capabilities(FormatOutput *output) {
        CapabilitySet set = output->guest->capabilities;
        g_autofree const char **names = capability_set_names(set);

        if (set == capability_set_default())
                return;

        if (names[0])
                losses_add_list(output, "what its VMM enables", names);
        else
                losses_add(output, "that its VMM enables nothing");
}

void losses_add_msrs(FormatOutput *output) {
        g_autoptr(GArray) indexes = guest_list_msrs(output->guest);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; i < indexes->len; i++)
                g_ptr_array_add(names,
                                g_strdup_printf("0x%x", g_array_index(indexes, uint32_t, i)));
        g_ptr_array_add(names, NULL);
        losses_add_list(output, "its MSRs", (const char *const *) names->pdata);
}

void losses_add_tsc(FormatOutput *output) {
        if (output->guest->tsc_khz > 0)
                losses_add(output, "the rate of its TSC: %" G_GUINT64_FORMAT " kHz",
                           output->guest->tsc_khz);
}

void losses_add_unknown(FormatOutput *output) {
        g_auto(GStrv) texts = unknown_to_texts(output->guest->unknown);

        losses_add_list(output, "that it is unknown what is in", (const char *const *) texts);
}
