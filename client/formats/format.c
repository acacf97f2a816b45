/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of forms. A form is found by looking at the text, never at a file's name, and a text
 * of no known form is refused with what would have been read. */

#include "client/formats/format.h"

#include <string.h>

#include "policy/offer.h"

G_DEFINE_QUARK(format_error_quark, format_error)

const Format *const format_table[] = {
        &format_recording, &format_host_json, &format_guest_json, &format_cpuid_r, NULL,
};

void format_input_done(FormatInput *input) {
        g_clear_pointer(&input->host, host_unref);
        g_clear_pointer(&input->guest, guest_free);
}

static char *list_names(void) {
        g_autoptr(GString) names = g_string_new(NULL);

        for (size_t i = 0; format_table[i]; i++)
                g_string_append_printf(names, "%s%s", i == 0 ? "" : ", ", format_table[i]->name);

        return g_string_free(g_steal_pointer(&names), FALSE);
}

static const Format *format_find(const char *name, GError **error) {
        g_autofree char *names = NULL;

        for (size_t i = 0; format_table[i]; i++)
                if (g_str_equal(format_table[i]->name, name))
                        return format_table[i];

        names = list_names();
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "there is no form '%s', expected one of: %s", name, names);
        return NULL;
}

static bool is_text(const char *text, size_t n_text) {
        return !memchr(text, 0, n_text) && g_utf8_validate(text, n_text, NULL);
}

/* Why it is none of ours, in one sentence */
static void set_error_unknown(const char *text, size_t n_text, GError **error) {
        size_t i = 0;

        while (i < n_text && g_ascii_isspace(text[i]))
                i++;

        if (i == n_text)
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "is empty, expected a guest, a host profile, a recording or 'cpuid -r' "
                        "output");
        else if (!is_text(text, n_text))
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "is not text, expected a guest, a host profile, a recording or 'cpuid "
                        "-r' output");
        else if (text[i] == '{' || text[i] == '[')
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is JSON of no known kind, expected an object with \"schema\": "
                                    "\"cpuidd.guest/1\" or \"cpuidd.host/1\"");
        else
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "has no known form, expected a guest, a host profile, a recording or "
                        "'cpuid -r' output");
}

static const Format *format_detect(const char *text, size_t n_text, GError **error) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->looks_like(text, n_text))
                        return format_table[i];

        set_error_unknown(text, n_text, error);
        return NULL;
}

static bool format_read(const char *text, size_t n_text, const char *form, FormatInput *ret,
                        GError **error) {
        const Format *format = form ? format_find(form, error) : format_detect(text, n_text, error);

        return format && format->read(text, n_text, ret, error);
}

static Guest *guest_new_from_host(Host *host) {
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        Guest *guest = guest_new(offer_to_table(offer));

        guest->name = g_strdup(host_info(host)->name);
        return guest;
}

Guest *format_read_guest(const char *text, size_t n_text, const char *form, GError **error) {
        g_auto(FormatInput) input = {};

        if (!format_read(text, n_text, form, &input, error))
                return NULL;

        if (input.host)
                return guest_new_from_host(input.host);
        return g_steal_pointer(&input.guest);
}

static Host *host_new_from_guest(const Guest *guest, GError **error) {
        g_autoptr(Host) host = host_new();

        host_info_mutable(host)->name = g_strdup(guest->name);
        host_take_table(host, HOST_SUPPORTED, leaf_table_copy(guest->table));
        return host_seal(host, error) ? g_steal_pointer(&host) : NULL;
}

Host *format_read_host(const char *text, size_t n_text, const char *form, GError **error) {
        g_auto(FormatInput) input = {};

        if (!format_read(text, n_text, form, &input, error))
                return NULL;

        if (input.guest)
                return host_new_from_guest(input.guest, error);
        return g_steal_pointer(&input.host);
}
