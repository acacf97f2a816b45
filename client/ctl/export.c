/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl export: the host's profile, as a file for --host elsewhere or for 'cpuidd --replay' */

#include "client/ctl/command.h"

static char *arg_to;

static const GOptionEntry options[] = {
        { "to", 0, 0, G_OPTION_ARG_STRING, &arg_to,
          "json (cpuidd.host/1, the usual) or recording (what 'cpuidd --replay' serves)", "FORM" },
        {},
};

static char *make_export(const Session *session, CpuiddHost *host, GError **error) {
        if (arg_to && g_str_equal(arg_to, "recording"))
                return cpuidd_host_get_recording(host, error);

        return cpuidd_host_get_profile(
                host, session->wants_json ? session->json_style : CPUIDD_JSON_PRETTY, error);
}

static bool check_options(const Session *session, GError **error) {
        if (!arg_to || g_str_equal(arg_to, "json"))
                return true;

        if (!g_str_equal(arg_to, "recording"))
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--to: there is no form '%s', expected one of: json, recording",
                            arg_to);
        else if (session->wants_json)
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "--json: a recording is no JSON, expected --to json");
        else
                return true;

        return false;
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = NULL;
        g_autofree char *text = NULL;

        (void) arguments;
        if (!check_options(session, error))
                return false;

        host = session_open_host(session, error);
        text = host ? make_export(session, host, error) : NULL;
        if (!text)
                return false;

        output_document(session->output, text);
        return true;
}

const Command command_export = {
        .name = "export",
        .summary = "The host's profile, to stand for it elsewhere",
        .help = "What comes out can be given to --host, and as a guest to 'check': "
                "'ssh A cpuidctl export > a.json; cpuidctl check a.json' tells whether guests can "
                "come here from A.",
        .options = options,
        .run = run,
};
