/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl convert: a guest or a host in another form. No host is asked but for a template, which
 * is a guest only there. */

#include "client/ctl/command.h"
#include "client/ctl/form.h"
#include "client/ctl/read.h"

static Reading arg_reading;
static Writing arg_writing;
static gboolean arg_list_forms;

static const GOptionEntry options[] = {
        { "to", 0, 0, G_OPTION_ARG_STRING, &arg_writing.form,
          "The form to write: json (the usual) or another of --list-forms", "FORM" },
        READING_OPTIONS(arg_reading),
        WRITING_MODEL_OPTION(arg_writing),
        { "list-forms", 0, 0, G_OPTION_ARG_NONE, &arg_list_forms,
          "Show which forms can be read and written", NULL },
        {},
};

static bool check_arguments(char **arguments, GError **error) {
        if (arguments[0] || arg_list_forms)
                return true;

        g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "'convert' expects FILE; see 'cpuidctl convert --help'");
        return false;
}

static CpuiddGuest *read_guest(Session *session, const char *path, GError **error) {
        g_autoptr(CpuiddGuest) guest = reading_guest(session, &arg_reading, path, error);
        g_autoptr(CpuiddHost) host = NULL;

        if (!guest || !cpuidd_guest_is_template(guest))
                return g_steal_pointer(&guest);

        host = session_open_host(session, NULL, error);
        if (!host) {
                g_prefix_error(error,
                               "%s: is a template, which is a guest only on a host (--host FILE, "
                               "or a daemon): ",
                               session_path(path));
                return NULL;
        }

        return cpuidd_guest_resolve(guest, host, error);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddGuest) guest = NULL;
        g_autoptr(CpuiddHost) host = NULL;

        if (!check_arguments(arguments, error) || !reading_check(&arg_reading, error) ||
            (!arg_list_forms && !form_check_writer(session, &arg_writing, error)))
                return false;

        if (arg_list_forms) {
                form_print(session);
                return true;
        }

        guest = read_guest(session, arguments[0], error);
        if (!guest)
                return false;

        host = cpuidd_guest_get_host(guest);
        return form_write(session, &arg_writing, session_path(arguments[0]), host, guest, error);
}

const Command command_convert = {
        .name = "convert",
        .arguments = "FILE",
        .summary = "A guest or a host in another form",
        .help = "FILE is a guest or a host in any form that can be read, or '-' for standard "
                "input. A host's profile or recording stays one in the forms json and recording; "
                "in any other it is the guest that has all that host offers. What the form cannot "
                "carry is said on standard error. A template is what it becomes on the host (--host "
                "FILE, else the daemon); nothing else needs a daemon.",
        .options = options,
        .n_arguments_max = 1,
        .run = run,
};
