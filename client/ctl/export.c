/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl export: the host's profile, as a file for --host elsewhere or for 'cpuidd --replay'; or
 * what it offers in another form */

#include "client/ctl/command.h"
#include "client/ctl/form.h"
#include "client/ctl/read.h"

static Reading arg_reading;
static Writing arg_writing;

static const GOptionEntry options[] = {
        { "to", 0, 0, G_OPTION_ARG_STRING, &arg_writing.form,
          "json (cpuidd.host/1, the usual), recording (what 'cpuidd --replay' serves), or what the "
          "host offers in another form of 'convert --list-forms'",
          "FORM" },
        WRITING_MODEL_OPTION(arg_writing),
        READING_HOST_OPTIONS(arg_reading),
        {},
};

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = NULL;

        (void) arguments;
        if (!form_check_writer(session, &arg_writing, error))
                return false;

        host = reading_host(session, &arg_reading, error);
        return host &&
                form_write(session, &arg_writing, cpuidd_host_get_name(host), host, NULL, error);
}

const Command command_export = {
        .name = "export",
        .summary = "The host's profile, to stand for it elsewhere",
        .help = "What comes out can be given to --host, and as a guest to 'check': "
                "'ssh A cpuidctl export > a.json; cpuidctl check a.json' tells whether guests can "
                "come here from A. In other forms than json and recording it is the guest that has "
                "all the host offers; what that loses is said on standard error.",
        .options = options,
        .run = run,
};
