/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl trial: what a virtual CPU of this machine makes of a guest's table, or with --self of all
 * that is known about this KVM */

#include "client/ctl/trial.h"

#include "client/ctl/agent.h"
#include "client/ctl/change.h"
#include "client/ctl/command.h"
#include "client/ctl/read.h"
#include "config.h"

static Change arg_change;
static Reading arg_reading;
static char *arg_qmp;
static gboolean arg_strict, arg_self, arg_all, arg_no_ask_password;

static const GOptionEntry options[] = {
        { "self", 0, 0, G_OPTION_ARG_NONE, &arg_self,
          "Try no guest, but all that is known about this host's KVM; for reports of errors",
          NULL },
        { "all", 0, 0, G_OPTION_ARG_NONE, &arg_all, "List what KVM keeps and backs, too", NULL },
        { "enable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.enable,
          "Enable these in KVM, besides what the guest says itself", CHANGE_ARGUMENT },
        { "disable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.disable,
          "Do not enable these, whatever the guest says", CHANGE_ARGUMENT },
        { "strict", 0, 0, G_OPTION_ARG_NONE, &arg_strict,
          "Make every warning an error in the check that it is compared with", NULL },
        READING_OPTIONS(arg_reading),
        { "qmp", 0, 0, G_OPTION_ARG_FILENAME, &arg_qmp,
          "Try the guest of the running QEMU whose QMP monitor is at this socket", "SOCKET" },
        AGENT_OPTIONS(arg_no_ask_password),
        {},
};

/* What says something about a guest, where there shall be none; NULL: nothing does */
static const char *find_guest_option(char **paths) {
        const struct {
                bool is_given;
                const char *name;
        } given[] = {
                { *paths, "GUEST" },
                { arg_qmp, "--qmp" },
                { arg_all, "--all" },
                { arg_change.enable, "--enable" },
                { arg_change.disable, "--disable" },
                { arg_strict, "--strict" },
                { arg_reading.form, "--from" },
                { arg_reading.cpu, "--cpu" },
                { arg_reading.cpu_map, "--cpu-map" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(given); i++)
                if (given[i].is_given)
                        return given[i].name;

        return NULL;
}

static bool check_input(const Session *session, char **paths, GError **error) {
        const char *extra = arg_self ? find_guest_option(paths) : NULL;

        if (session->host_path)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--host: a trial needs this machine's KVM, and %s is a profile",
                            session_path(session->host_path));
        else if (extra)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--self tries no guest, so %s cannot be used with it", extra);
        else if (!arg_self && !*paths && !arg_qmp)
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "'trial' expects GUEST, --qmp SOCKET or --self; see 'cpuidctl "
                                    "trial --help'");
        else if (*paths && arg_qmp)
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "GUEST and --qmp cannot be used together: one guest is tried");
        else
                return reading_check(&arg_reading, error);

        return false;
}

static CpuiddGuest *read_guest(Session *session, const char *path, GError **error) {
        g_autoptr(CpuiddGuest) guest = path ? reading_guest(session, &arg_reading, path, error) :
                                              reading_qmp(session, arg_qmp, error);

        if (!guest || !change_guest(&arg_change, guest, error))
                return NULL;

        return g_steal_pointer(&guest);
}

/* A table has no place for what is not known. */
static void warn_of_unknown(const Session *session, const CpuiddGuest *guest) {
        g_auto(GStrv) unknown = guest ? cpuidd_guest_get_unknown(guest) : NULL;

        if (unknown && *unknown && !cpuidd_guest_is_template(guest))
                session_notice(session,
                               "%s: warning: what is not known of it was tried as 0; 'cpuidctl "
                               "check' lists it",
                               cpuidd_guest_get_name(guest));
}

static void answer(Session *session, const CpuiddTrial *trial, const CpuiddStatus *status) {
        g_autofree char *json = NULL;

        if (g_str_equal(cpuidd_trial_get_outcome(trial), "refused") ||
            cpuidd_trial_get_n_contradictions(trial) > 0)
                session->status = EXIT_STATUS_NO;

        if (session->wants_json) {
                json = cpuidd_trial_to_json(trial, session->json_style);
                output_document(session->output, json);
        } else if (status)
                trial_show_self(session->output, trial, status, PACKAGE_VERSION);
        else
                trial_show(session->output, trial, arg_all);
}

static bool run(Session *session, char **arguments, GError **error) {
        CpuiddTryFlags flags = arg_strict ? CPUIDD_TRY_STRICT : CPUIDD_TRY_DEFAULT;
        g_autoptr(CpuiddGuest) guest = NULL;
        g_autoptr(CpuiddHost) host = NULL;
        g_autoptr(CpuiddStatus) status = NULL;
        g_autoptr(CpuiddTrial) trial = NULL;
        g_autoptr(Agent) agent = NULL;

        if (!check_input(session, arguments, error))
                return false;

        guest = arg_self ? NULL : read_guest(session, *arguments, error);
        if (!guest && !arg_self)
                return false;

        host = session_open_host(session, NULL, error);
        status = host && arg_self ? cpuidd_host_get_status(host, error) : NULL;
        if (!host || (arg_self && !status))
                return false;

        agent = agent_start(host, arg_no_ask_password);
        trial = arg_self ? cpuidd_host_try_self(host, flags, error) :
                           cpuidd_host_try(host, guest, flags, error);
        if (!trial)
                return false;

        warn_of_unknown(session, guest);
        answer(session, trial, status);
        return true;
}

const Command command_trial = {
        .name = "trial",
        .arguments = "[GUEST]",
        .summary = "What KVM makes of a guest's table, on a virtual CPU that never runs",
        .help = "Tells what KVM sets, clears, refuses and really backs of it, and whether that "
                "contradicts 'check'. KVM takes nearly every table, so this does not answer whether "
                "the host supports the guest. For root and the group of /dev/kvm; others are asked "
                "for an administrator's password. GUEST is a file as with 'check'.",
        .options = options,
        .n_arguments_min = 0,
        .n_arguments_max = 1,
        .run = run,
};
