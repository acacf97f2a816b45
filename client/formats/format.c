/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of forms. A form is found by looking at the text, never at a file's name, and a text
 * of no known form is refused with what would have been read. */

#include "client/formats/format.h"

#include <stdarg.h>
#include <string.h>

#include "client/formats/file.h"
#include "policy/offer.h"

G_DEFINE_QUARK(format_error_quark, format_error)

/* clang-format off */
const Format *const format_table[] = {
        &format_recording,
        &format_host_json,
        &format_guest_json,
        &format_json,
        &format_firecracker,
        &format_qemu,
        &format_cloud_hypervisor,
        &format_libvirt,
        &format_libvirt_cpu,
        &format_libcpuid,
        &format_aida64,
        &format_cpuid_r,
        &format_kcpuid,
        &format_xen,
        &format_xen_features,
        &format_kvm,
        &format_dev,
        /* written only */
        &format_c_array,
        &format_text_table,
        NULL,
};
/* clang-format on */

void format_input_done(FormatInput *input) {
        g_clear_pointer(&input->host, host_unref);
        g_clear_pointer(&input->guest, guest_free);
        g_clear_pointer(&input->dump, dump_free);
        g_clear_pointer(&input->template, template_free);
        g_clear_pointer(&input->warnings, g_ptr_array_unref);
}

void format_input_warn(FormatInput *input, const char *format, ...) {
        va_list arguments;

        if (!input->warnings)
                input->warnings = g_ptr_array_new_with_free_func(g_free);

        va_start(arguments, format);
        g_ptr_array_add(input->warnings, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

static bool can_read(const Format *format) {
        return format->read || format->read_path;
}

static bool can_write(const Format *format) {
        return format->write != NULL;
}

static const Format *find(const char *name, bool (*can)(const Format *), GError **error) {
        g_autoptr(GString) names = g_string_new(NULL);

        for (size_t i = 0; format_table[i]; i++) {
                if (!can(format_table[i]))
                        continue;
                if (g_str_equal(format_table[i]->name, name))
                        return format_table[i];
                g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                       format_table[i]->name);
        }

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "there is no form '%s', expected one of: %s", name, names->str);
        return NULL;
}

const Format *format_find_reader(const char *name, GError **error) {
        return find(name, can_read, error);
}

const Format *format_find_writer(const char *name, GError **error) {
        return find(name, can_write, error);
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
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is empty, expected a guest, a host profile or a CPUID dump");
        else if (!is_text(text, n_text))
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "is not text, expected a guest, a host profile or a CPUID dump");
        else if (text[i] == '{' || text[i] == '[')
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is JSON of no known kind, expected an object with \"schema\": "
                                    "\"cpuidd.guest/1\" or \"cpuidd.host/1\", or what QEMU, "
                                    "Firecracker or Cloud Hypervisor write");
        else
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "has no known form, expected a guest, a host profile or a CPUID dump; "
                        "'cpuidctl convert --list-forms' names the forms");
}

static const Format *format_detect(const char *text, size_t n_text, GError **error) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->looks_like && format_table[i]->looks_like(text, n_text))
                        return format_table[i];

        set_error_unknown(text, n_text, error);
        return NULL;
}

static const Format *format_choose(const char *text, size_t n_text, const FormatOptions *options,
                                   GError **error) {
        const Format *format = options->form ? format_find_reader(options->form, error) :
                                               format_detect(text, n_text, error);

        if (!format || format->read)
                return format;

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "the form '%s' is of no text, expected a path", format->name);
        return NULL;
}

static bool check_cpu(const FormatInput *input, const FormatOptions *options, GError **error) {
        if (options->cpu <= 0 || input->dump)
                return true;

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "is of one CPU, and CPU %" G_GINT64_FORMAT " is wanted", options->cpu);
        return false;
}

char *format_to_line(const char *text) {
        char *line = g_utf8_make_valid(text, -1);

        for (char *p = line; *p; p++)
                if (g_ascii_iscntrl(*p))
                        *p = ' ';

        return line;
}

/* Forms quote what they found, which may be anything, and may have cut it off within a character. */
static bool clean_error(GError **error) {
        if (error && *error) {
                char *line = format_to_line((*error)->message);

                g_free((*error)->message);
                (*error)->message = line;
        }

        return false;
}

static bool has_prefix(const char *text, size_t n_text, const char *prefix) {
        return n_text >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* Editors and shells of Windows put a mark before a text, and some write UTF-16. No binary form
 * begins with such a mark. @ret_buffer: what was made of it, or NULL. */
static bool decode(const char **text, size_t *n_text, char **ret_buffer, GError **error) {
        g_autoptr(GError) convert_error = NULL;

        if (has_prefix(*text, *n_text, "\xef\xbb\xbf")) {
                *text += 3;
                *n_text -= 3;
        }
        if (!has_prefix(*text, *n_text, "\xff\xfe") && !has_prefix(*text, *n_text, "\xfe\xff"))
                return true;

        *ret_buffer = g_convert(*text, *n_text, "UTF-8", "UTF-16", NULL, n_text, &convert_error);
        if (!*ret_buffer) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "begins as text in UTF-16 and is none to its end: %s",
                            convert_error->message);
                return false;
        }

        *text = *ret_buffer;
        return true;
}

static bool format_read(const char *text, size_t n_text, const FormatOptions *options,
                        FormatInput *ret, GError **error) {
        g_autofree char *buffer = NULL;
        const Format *format = NULL;

        if (decode(&text, &n_text, &buffer, error))
                format = format_choose(text, n_text, options, error);

        return (format && format->read(text, n_text, options, ret, error) &&
                check_cpu(ret, options, error)) ||
                clean_error(error);
}

static const Format *find_by_path(const char *path) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->is_path && format_table[i]->is_path(path))
                        return format_table[i];

        return NULL;
}

static bool format_read_path(const char *path, const FormatOptions *options, FormatInput *ret,
                             GError **error) {
        const Format *format = find_by_path(path);
        g_autofree char *text = NULL;
        size_t n_text;

        if (options->form) {
                format = format_find_reader(options->form, error);
                if (!format)
                        return false;
        }

        if (format && format->read_path)
                return format->read_path(path, options, ret, error) &&
                        check_cpu(ret, options, error);

        return file_read(path, &text, &n_text, error) &&
                format_read(text, n_text, options, ret, error);
}

static GPtrArray *warnings_of(FormatInput *input) {
        if (!input->warnings)
                input->warnings = g_ptr_array_new_with_free_func(g_free);
        return input->warnings;
}

Guest *format_guest_of_host(Host *host) {
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        Guest *guest = guest_new(offer_to_table(offer));

        guest->name = g_strdup(host_info(host)->name);
        if (host_unknown(host))
                guest_take_unknown(guest, unknown_copy(host_unknown(host)));
        return guest;
}

/* Whatever was read, a guest of it */
static bool make_guest(FormatInput *input, const FormatOptions *options, GError **error) {
        if (input->host)
                input->guest = format_guest_of_host(input->host);
        if (input->dump)
                input->guest = dump_to_guest(input->dump, options->cpu, warnings_of(input), error);

        return input->guest || input->template;
}

static Host *host_new_from_guest(const Guest *guest, GError **error) {
        g_autoptr(Host) host = host_new();

        host_info_mutable(host)->name = g_strdup(guest->name);
        host_take_table(host, HOST_SUPPORTED, leaf_table_copy(guest->table));
        if (guest->unknown)
                host_take_unknown(host, unknown_copy(guest->unknown));
        return host_seal(host, error) ? g_steal_pointer(&host) : NULL;
}

static bool make_host(FormatInput *input, const FormatOptions *options, GError **error) {
        if (input->template) {
                g_set_error_literal(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "is a template, a change of what a host offers: expected a host");
                return false;
        }

        if (input->dump)
                input->host = dump_to_host(input->dump, options->cpu, warnings_of(input), error);
        else if (!input->host)
                input->host = host_new_from_guest(input->guest, error);
        return input->host != NULL;
}

bool format_read_guest(const char *text, size_t n_text, const FormatOptions *options,
                       FormatInput *ret, GError **error) {
        return format_read(text, n_text, options, ret, error) && make_guest(ret, options, error);
}

bool format_read_guest_path(const char *path, const FormatOptions *options, FormatInput *ret,
                            GError **error) {
        return format_read_path(path, options, ret, error) && make_guest(ret, options, error);
}

bool format_read_host(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        return format_read(text, n_text, options, ret, error) && make_host(ret, options, error);
}

bool format_read_host_path(const char *path, const FormatOptions *options, FormatInput *ret,
                           GError **error) {
        return format_read_path(path, options, ret, error) && make_host(ret, options, error);
}
