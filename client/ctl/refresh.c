/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl refresh: has the daemon ask KVM again */

#include "client/ctl/agent.h"
#include "client/ctl/command.h"

static gboolean arg_no_ask_password;

static const GOptionEntry options[] = {
        AGENT_OPTIONS(arg_no_ask_password),
        {},
};

static void answer(Session *session, const char *fingerprint, bool is_changed) {
        Output *output = session->output;
        g_autofree char *json = NULL;

        if (session->wants_json) {
                json = cpuidd_refresh_to_json(is_changed, fingerprint, session->json_style);
                output_document(output, json);
                return;
        }

        output_add(output, is_changed ? STYLE_DOUBTFUL : STYLE_GOOD,
                   is_changed ? "the profile has changed" : "the profile is the same");
        output_addf(output, STYLE_PLAIN, ": %s", fingerprint);
        output_end_line(output);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = session_open_host(session, NULL, error);
        g_autoptr(CpuiddStatus) status = NULL;
        g_autoptr(Agent) agent = NULL;
        bool is_changed;

        (void) arguments;
        if (!host)
                return false;

        agent = agent_start(host, arg_no_ask_password);
        if (!cpuidd_host_refresh(host, &is_changed, error))
                return false;

        status = cpuidd_host_get_status(host, error);
        if (!status)
                return false;
        if (!status->is_ready) {
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_NOT_READY, status->problem);
                return false;
        }

        answer(session, status->fingerprint, is_changed);
        return true;
}

const Command command_refresh = {
        .name = "refresh",
        .summary = "Have the daemon ask KVM again",
        .help = "Says whether anything has changed. The daemon asks by itself when it starts and "
                "when it is told to "
                "reload. What counts as a change is what decides verdicts.",
        .options = options,
        .run = run,
};
