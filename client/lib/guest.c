/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Guests as the library's users have them: policy's Guest, counted, with a name that is never
 * missing. */

#include <string.h>

#include "client/formats/file.h"
#include "client/formats/format.h"
#include "client/formats/json-write.h"
#include "client/lib/guest-qmp.h"
#include "client/lib/private.h"
#include "client/lib/qmp.h"

/* Takes @name over */
static void replace_name(Guest *guest, char *name) {
        g_free(guest->name);
        guest->name = name;
}

/* Takes @policy over. Without a name of its own it has its file's. */
static CpuiddGuest *guest_wrap(Guest *policy, const char *name) {
        CpuiddGuest *guest = g_new0(CpuiddGuest, 1);

        if (!policy->name || !*policy->name)
                replace_name(policy, g_path_get_basename(name));

        guest->n_refs = 1;
        guest->guest = policy;
        guest->warnings = g_new0(char *, 1);
        return guest;
}

char **input_take_warnings(FormatInput *input) {
        if (!input->warnings)
                return g_new0(char *, 1);

        g_ptr_array_set_free_func(input->warnings, NULL);
        g_ptr_array_add(input->warnings, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&input->warnings), FALSE);
}

/* A template is no guest before it meets a host: of everything it is not known what it is. */
static Guest *guest_new_for_template(const Template *template) {
        Guest *guest = guest_new(leaf_table_new());
        Unknown *unknown = unknown_new();

        guest->name = g_strdup(template->name);
        if (template->has_capabilities)
                guest->capabilities = template->capabilities;
        unknown_add_leaves(unknown, 0, UINT32_MAX);
        guest_take_unknown(guest, unknown);
        return guest;
}

static CpuiddGuest *guest_take_input(FormatInput *input, const char *name) {
        CpuiddGuest *guest = guest_wrap(input->template ? guest_new_for_template(input->template) :
                                                          g_steal_pointer(&input->guest),
                                        name);

        guest->template = g_steal_pointer(&input->template);
        guest->host = g_steal_pointer(&input->host);
        g_strfreev(guest->warnings);
        guest->warnings = input_take_warnings(input);
        return guest;
}

FormatOptions read_options_to_format(const CpuiddReadOptions *options) {
        FormatOptions read = FORMAT_OPTIONS_DEFAULT;

        if (options) {
                read.form = options->form;
                read.cpu = options->cpu;
                read.cpu_map = options->cpu_map;
        }
        return read;
}

CpuiddGuest *cpuidd_guest_read(const char *path, const CpuiddReadOptions *options, GError **error) {
        const FormatOptions read = read_options_to_format(options);
        const char *name = file_display_name(path);
        g_auto(FormatInput) input = {};
        GError *local_error = NULL;

        if (!format_read_guest_path(path, &read, &input, &local_error)) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return guest_take_input(&input, name);
}

CpuiddGuest *cpuidd_guest_read_bytes(const char *name, const void *bytes, size_t n_bytes,
                                     const CpuiddReadOptions *options, GError **error) {
        const FormatOptions read = read_options_to_format(options);
        g_auto(FormatInput) input = {};
        GError *local_error = NULL;

        if (!format_read_guest(bytes, n_bytes, &read, &input, &local_error)) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return guest_take_input(&input, name);
}

/* What sits at a socket and is of no use is like a file that cannot be used. */
static CpuiddError code_of_qmp(const GError *error) {
        if (g_error_matches(error, QMP_ERROR, QMP_ERROR_UNREACHABLE))
                return CPUIDD_ERROR_UNREACHABLE;

        return g_error_matches(error, QMP_ERROR, QMP_ERROR_DENIED) ? CPUIDD_ERROR_DENIED :
                                                                     CPUIDD_ERROR_INPUT;
}

CpuiddGuest *cpuidd_guest_read_qmp(const char *path, GError **error) {
        g_autofree char *name = g_filename_display_name(path);
        g_auto(FormatInput) input = {};
        g_autoptr(GError) local_error = NULL;

        if (guest_qmp_read(path, QMP_TIMEOUT_MSEC, &input, &local_error))
                return guest_take_input(&input, name);

        g_set_error(error, CPUIDD_ERROR, code_of_qmp(local_error), "%s: %s", name,
                    local_error->message);
        return NULL;
}

CpuiddGuest *cpuidd_guest_new_from_words(const char *name, const uint32_t *words, size_t n_words,
                                         GError **error) {
        GError *local_error = NULL;
        LeafTable *table = leaf_table_new_from_words(words, n_words, &local_error);

        if (!table) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return guest_wrap(guest_new(table), name);
}

CpuiddGuest *cpuidd_guest_ref(CpuiddGuest *guest) {
        guest->n_refs++;
        return guest;
}

CpuiddGuest *cpuidd_guest_unref(CpuiddGuest *guest) {
        if (!guest || --guest->n_refs > 0)
                return NULL;

        guest_free(guest->guest);
        template_free(guest->template);
        host_unref(guest->host);
        g_strfreev(guest->warnings);
        g_free(guest);
        return NULL;
}

const char *cpuidd_guest_get_name(const CpuiddGuest *guest) {
        return guest->guest->name;
}

void cpuidd_guest_set_name(CpuiddGuest *guest, const char *name) {
        replace_name(guest->guest, g_strdup(name));
}

const char *const *cpuidd_guest_get_warnings(const CpuiddGuest *guest) {
        return (const char *const *) guest->warnings;
}

char **cpuidd_guest_get_unknown(const CpuiddGuest *guest) {
        return unknown_to_texts(guest->guest->unknown);
}

bool cpuidd_guest_is_template(const CpuiddGuest *guest) {
        return guest->template != NULL;
}

CpuiddHost *cpuidd_guest_get_host(const CpuiddGuest *guest) {
        return guest->host ? host_wrap(host_ref(guest->host), guest->guest->name) : NULL;
}

const uint32_t *cpuidd_guest_get_words(const CpuiddGuest *guest, size_t *ret_n) {
        *ret_n = leaf_table_size(guest->guest->table) * LEAF_N_WORDS;
        return leaf_table_words(guest->guest->table);
}

char **cpuidd_guest_get_capabilities(const CpuiddGuest *guest) {
        return capability_set_to_names(guest->guest->capabilities);
}

bool cpuidd_guest_set_capabilities(CpuiddGuest *guest, const char *const *capabilities,
                                   GError **error) {
        return capability_set_from_names(capabilities, &guest->guest->capabilities, error);
}

static bool guest_change(CpuiddGuest *guest, const char *enable, const char *disable,
                         GError **error) {
        g_auto(GStrv) base = cpuidd_guest_get_capabilities(guest);
        const char *const enabled[] = { enable, NULL };
        const char *const disabled[] = { disable, NULL };
        g_auto(GStrv) changed =
                cpuidd_capabilities_change((const char *const *) base, enabled, disabled, error);

        return changed &&
                cpuidd_guest_set_capabilities(guest, (const char *const *) changed, error);
}

bool cpuidd_guest_enable(CpuiddGuest *guest, const char *capability, GError **error) {
        return guest_change(guest, capability, NULL, error);
}

bool cpuidd_guest_disable(CpuiddGuest *guest, const char *capability, GError **error) {
        return guest_change(guest, NULL, capability, error);
}

bool cpuidd_guest_get_msr(const CpuiddGuest *guest, uint32_t index, uint64_t *ret_value) {
        return guest_get_msr(guest->guest, index, ret_value);
}

void cpuidd_guest_set_msr(CpuiddGuest *guest, uint32_t index, uint64_t value) {
        guest_set_msr(guest->guest, index, value);
}

GArray *cpuidd_guest_list_msrs(const CpuiddGuest *guest) {
        return guest_list_msrs(guest->guest);
}

uint64_t cpuidd_guest_get_tsc_khz(const CpuiddGuest *guest) {
        return guest->guest->tsc_khz;
}

void cpuidd_guest_set_tsc_khz(CpuiddGuest *guest, uint64_t tsc_khz) {
        guest->guest->tsc_khz = tsc_khz;
}

char *cpuidd_guest_to_json(const CpuiddGuest *guest, CpuiddJson style) {
        return json_write_guest(guest->guest, style == CPUIDD_JSON_PRETTY);
}
