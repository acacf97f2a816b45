/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl monitor: each change as it comes, in one line however long it is, and the fingerprint below
 * it. It is written when it is known, so that a program at the other end of a pipe has it at once. */

#include "client/ctl/command.h"

static int arg_count;

static const GOptionEntry options[] = {
        { "count", 'n', 0, G_OPTION_ARG_INT, &arg_count, "End after so many changes", "N" },
        {},
};

static char *describe_time(const char *at) {
        g_autoptr(GDateTime) utc = g_date_time_new_from_iso8601(at, NULL);
        g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;

        return local ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S") : g_strdup(at);
}

static Style event_style(const CpuiddChange *change) {
        if (g_str_equal(change->event, "changed"))
                return STYLE_DOUBTFUL;
        return g_str_equal(change->event, "ready") ? STYLE_GOOD : STYLE_BAD;
}

static const char *event_text(const CpuiddChange *change) {
        if (g_str_equal(change->event, "changed"))
                return "the profile has changed";
        if (g_str_equal(change->event, "ready"))
                return "ready";
        if (g_str_equal(change->event, "not-ready"))
                return "not ready";
        return "cpuidd has left the bus";
}

static void print_change(Output *output, const CpuiddChange *change) {
        g_autofree char *time = describe_time(change->at);
        const char *words = change->problem ?: change->text;
        bool is_other = *change->old_fingerprint && *change->new_fingerprint &&
                !g_str_equal(change->old_fingerprint, change->new_fingerprint);

        output_addf(output, STYLE_DIM, "%s  ", time);
        output_add(output, event_style(change), event_text(change));
        if (words && (change->problem || is_other)) {
                output_addf(output, STYLE_PLAIN, ": %s", words);
        } else if (*change->old_fingerprint && *change->new_fingerprint)
                output_add(output, STYLE_PLAIN, ": nothing has changed");
        output_end_line(output);

        if (*change->new_fingerprint) {
                output_addf(output, STYLE_DIM, "    %s", change->new_fingerprint);
                output_end_line(output);
        }
}

static bool print(const Session *session, const CpuiddChange *change, GError **error) {
        g_autofree char *json = NULL;

        if (session->wants_json) {
                json = cpuidd_change_to_json(change, session->json_style);
                output_document(session->output, json);
        } else
                print_change(session->output, change);

        return output_flush(session->output, error);
}

static bool begin(const Session *session, CpuiddHost *host, GError **error) {
        g_autoptr(CpuiddStatus) status = cpuidd_host_get_status(host, error);
        Output *output = session->output;

        if (!status)
                return false;
        if (session->wants_json)
                return true;

        output_add(output, STYLE_BOLD, status->name);
        output_addf(output, STYLE_PLAIN, ": %s%s",
                    status->is_ready ? "ready, waiting for changes" : "not ready: ",
                    status->is_ready ? "" : status->problem);
        output_end_line(output);
        return output_flush(output, error);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = session_open_host(session, NULL, error);
        g_autoptr(CpuiddMonitor) monitor = host ? cpuidd_monitor_new(host, error) : NULL;

        (void) arguments;
        if (arg_count < 0) {
                g_clear_error(error);
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "--count expects a number from 1 on");
                return false;
        }
        if (!monitor || !begin(session, host, error))
                return false;

        for (int i = 0; arg_count == 0 || i < arg_count; i++) {
                g_autoptr(CpuiddChange) change = NULL;

                if (!cpuidd_monitor_wait(monitor, -1, &change, error) ||
                    !print(session, change, error))
                        return false;
        }

        return true;
}

const Command command_monitor = {
        .name = "monitor",
        .summary = "Print each change of the host as it comes",
        .help = "What the host does not offer any more and what it offers now, with the new "
                "fingerprint; that it has no KVM any more, or has one again; that the daemon has "
                "left the bus. Until it is interrupted, or the bus goes away. With --json a "
                "document each.",
        .options = options,
        .run = run,
};
