/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Forms by name. A name that is none is refused before anything is read or asked. */

#include "client/ctl/form.h"

#include "client/ctl/suggest.h"

#define USUAL "json"

static bool can(const CpuiddForm *form, bool is_to_write) {
        return is_to_write ? form->can_write : form->can_read;
}

static GPtrArray *list_names(const GPtrArray *forms, bool is_to_write) {
        GPtrArray *names = g_ptr_array_new();

        for (size_t i = 0; i < forms->len; i++) {
                const CpuiddForm *form = forms->pdata[i];

                if (can(form, is_to_write))
                        g_ptr_array_add(names, (void *) form->name);
        }

        return names;
}

static const CpuiddForm *find(const GPtrArray *forms, const char *name, bool is_to_write,
                              GError **error) {
        g_autoptr(GPtrArray) names = list_names(forms, is_to_write);
        g_autofree char *list = NULL;
        const char *near;

        for (size_t i = 0; i < forms->len; i++) {
                const CpuiddForm *form = forms->pdata[i];

                if (g_str_equal(form->name, name) && can(form, is_to_write))
                        return form;
        }

        near = suggest(name, names);
        g_ptr_array_add(names, NULL);
        list = g_strjoinv(", ", (char **) names->pdata);
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                    "%s: there is no form '%s'%s%s%s, expected one of: %s",
                    is_to_write ? "--to" : "--from", name, near ? " (did you mean '" : "",
                    near ?: "", near ? "'?)" : "", list);
        return NULL;
}

bool form_check_reader(const char *name, GError **error) {
        g_autoptr(GPtrArray) forms = cpuidd_list_forms();

        return !name || find(forms, name, false, error);
}

bool form_check_writer(const Session *session, const Writing *writing, GError **error) {
        g_autoptr(GPtrArray) forms = cpuidd_list_forms();
        const CpuiddForm *form = find(forms, writing->form ?: USUAL, true, error);

        if (!form)
                return false;

        if (session->wants_json && !form->is_json)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--json: the form '%s' is no JSON, expected --to " USUAL, form->name);
        else if (writing->model && !form->has_model)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--model: the form '%s' starts from no CPU model", form->name);
        else
                return true;

        return false;
}

bool form_write(Session *session, const Writing *writing, const char *path, CpuiddHost *host,
                const CpuiddGuest *guest, GError **error) {
        const CpuiddWriteOptions options = {
                .model = writing->model,
                .style = session->wants_json ? session->json_style : CPUIDD_JSON_PRETTY,
        };
        const char *form = writing->form ?: USUAL;
        g_auto(GStrv) losses = NULL;
        g_autofree char *text = host ? cpuidd_host_write(host, form, &options, &losses, error) :
                                       cpuidd_guest_write(guest, form, &options, &losses, error);

        if (!text) {
                if (!host)
                        g_prefix_error(error, "%s: ", path);
                return false;
        }

        for (size_t i = 0; losses[i]; i++)
                session_notice(session, "%s: not carried: %s", path, losses[i]);
        output_document(session->output, g_strchomp(text));
        return true;
}

void form_list(Output *output, bool is_to_write) {
        g_autoptr(GPtrArray) forms = cpuidd_list_forms();
        g_autoptr(GPtrArray) names = list_names(forms, is_to_write);

        for (size_t i = 0; i < names->len; i++)
                output_document(output, names->pdata[i]);
}

static const char *writes(const CpuiddForm *form) {
        if (!form->can_write)
                return "-";

        return form->is_host_only ? "hosts" : "yes";
}

void form_print(Session *session) {
        g_autoptr(GPtrArray) forms = cpuidd_list_forms();
        Output *output = session->output;
        g_autofree char *json = NULL;

        if (session->wants_json) {
                json = cpuidd_forms_to_json(forms, session->json_style);
                output_document(output, json);
                return;
        }

        output_add(output, STYLE_BOLD, "form              read  write");
        output_end_line(output);
        for (size_t i = 0; i < forms->len; i++) {
                const CpuiddForm *form = forms->pdata[i];

                output_add(output, STYLE_PLAIN, form->name);
                output_column(output, 18);
                output_add(output, STYLE_PLAIN, form->can_read ? "yes" : "-");
                output_column(output, 24);
                output_add(output, STYLE_PLAIN, writes(form));
                output_column(output, 31);
                output_wrap(output, STYLE_PLAIN, 31, form->description);
                output_end_line(output);
        }
}
