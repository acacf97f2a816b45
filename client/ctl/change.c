/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --enable and --disable. They may be given several times, each with several names. */

#include "client/ctl/change.h"

static char **split_names(char **lists) {
        GPtrArray *names = g_ptr_array_new();

        for (size_t i = 0; lists && lists[i]; i++) {
                g_auto(GStrv) split = g_strsplit(lists[i], ",", -1);

                for (size_t j = 0; split[j]; j++)
                        if (*g_strstrip(split[j]))
                                g_ptr_array_add(names, g_strdup(split[j]));
        }

        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, FALSE);
}

/* Whether each of the names is one; the error says which option has the one that is not. */
static bool check_names(char **names, const char *option, GError **error) {
        const char *const none[] = { NULL };
        g_auto(GStrv) known =
                cpuidd_capabilities_change(none, (const char *const *) names, NULL, error);

        if (!known)
                g_prefix_error(error, "%s: ", option);
        return known;
}

char **change_apply(const Change *change, const char *const *base, GError **error) {
        g_auto(GStrv) enable = split_names(change->enable);
        g_auto(GStrv) disable = split_names(change->disable);

        if (!check_names(enable, "--enable", error) || !check_names(disable, "--disable", error))
                return NULL;

        return cpuidd_capabilities_change(base, (const char *const *) enable,
                                          (const char *const *) disable, error);
}

bool change_guest(const Change *change, CpuiddGuest *guest, GError **error) {
        g_auto(GStrv) own = cpuidd_guest_get_capabilities(guest);
        g_auto(GStrv) changed = change_apply(change, (const char *const *) own, error);

        return changed &&
                cpuidd_guest_set_capabilities(guest, (const char *const *) changed, error);
}

static void append_option(GString *text, const char *option, const char *const *names,
                          bool is_negative) {
        bool is_first = true;

        for (size_t i = 0; names[i]; i++) {
                if ((names[i][0] == '!') != is_negative)
                        continue;
                if (is_first && text->len > 0)
                        g_string_append_c(text, ' ');
                g_string_append_printf(text, "%s%s", is_first ? option : ",",
                                       names[i] + is_negative);
                is_first = false;
        }
}

char *change_to_options(const char *const *names) {
        GString *text = g_string_new(NULL);

        append_option(text, "--enable ", names, false);
        append_option(text, "--disable ", names, true);
        return g_string_free(text, FALSE);
}
