/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The forms of files, and writing in one of them. What a form cannot carry is told, never left out
 * in silence. */

#include "client/formats/format.h"
#include "client/formats/json-text.h"
#include "client/lib/private.h"

static void form_free(void *p) {
        CpuiddForm *form = p;

        free_const(form->name);
        free_const(form->description);
        g_free(form);
}

GPtrArray *cpuidd_list_forms(void) {
        GPtrArray *forms = g_ptr_array_new_with_free_func(form_free);

        for (size_t i = 0; format_table[i]; i++) {
                const Format *format = format_table[i];
                CpuiddForm *form = g_new0(CpuiddForm, 1);

                form->name = g_strdup(format->name);
                form->description = g_strdup(format->description);
                form->can_read = format->read || format->read_path;
                form->can_write = format->write;
                form->is_host_only = format->write && format->is_host_only;
                form->is_json = format->is_json;
                form->has_model = format->has_model;
                g_ptr_array_add(forms, form);
        }

        return forms;
}

static void add_form(JsonText *json, const void *element) {
        const CpuiddForm *form = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "name", form->name);
        json_text_add_text(json, "description", form->description);
        json_text_add_bool(json, "read", form->can_read);
        json_text_add_bool(json, "write", form->can_write);
        json_text_add_bool(json, "hosts_only", form->is_host_only);
        json_text_close(json);
}

char *cpuidd_forms_to_json(GPtrArray *forms, CpuiddJson style) {
        JsonText *json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.forms/1");
        json_text_add_list(json, "forms", forms, add_form);
        json_text_close(json);
        return json_text_finish(json);
}

static bool check_writer(const Format *format, const CpuiddWriteOptions *options, const Host *host,
                         GError **error) {
        if (format->is_host_only && !host)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "is a guest, and '%s' is of hosts: expected a host's profile or "
                            "recording",
                            format->name);
        else if (options && options->model && !format->has_model)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "the form '%s' starts from no CPU model, and '%s' is given",
                            format->name, options->model);
        else
                return true;

        return false;
}

/* @host: whose offer the guest has, or NULL */
static char *write_form(const Guest *guest, const Host *host, const char *form,
                        const CpuiddWriteOptions *options, char ***ret_losses, GError **error) {
        g_autoptr(GPtrArray) losses = g_ptr_array_new_with_free_func(g_free);
        GError *local_error = NULL;
        const Format *format = format_find_writer(form, &local_error);
        FormatOutput output = {
                .guest = guest,
                .host = host,
                .model = options ? options->model : NULL,
                .is_pretty = !options || options->style == CPUIDD_JSON_PRETTY,
                .losses = losses,
        };

        if (!format) {
                set_error_input(error, local_error, NULL);
                return NULL;
        }
        if (!check_writer(format, options, host, error))
                return NULL;

        output.text = g_string_new(NULL);
        format->write(&output);
        if (ret_losses) {
                g_ptr_array_set_free_func(losses, NULL);
                g_ptr_array_add(losses, NULL);
                *ret_losses = (char **) g_ptr_array_free(g_steal_pointer(&losses), FALSE);
        }
        return g_string_free(output.text, FALSE);
}

char *cpuidd_guest_write(const CpuiddGuest *guest, const char *form,
                         const CpuiddWriteOptions *options, char ***ret_losses, GError **error) {
        if (!guest->template)
                return write_form(guest->guest, NULL, form, options, ret_losses, error);

        g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "is a template, a change of what a host offers, and cannot be written "
                            "without that host");
        return NULL;
}

char *cpuidd_host_write(CpuiddHost *host, const char *form, const CpuiddWriteOptions *options,
                        char ***ret_losses, GError **error) {
        g_autoptr(Host) policy = host_get_policy(host, error);
        g_autoptr(Guest) guest = NULL;

        if (!policy)
                return NULL;

        guest = format_guest_of_host(policy);
        if (!guest->name)
                guest->name = g_strdup(host->name);
        return write_form(guest, policy, form, options, ret_losses, error);
}
