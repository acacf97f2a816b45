/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of commands, in the order of the help. A command is one file and one line here. */

#include "client/ctl/command.h"

#include <stdarg.h>

#include "client/ctl/suggest.h"

/* clang-format off */
const Command *const command_table[] = {
        &command_status,
        &command_check,
        &command_show,
        &command_explain,
        &command_capabilities,
        &command_convert,
        &command_export,
        &command_trial,
        &command_monitor,
        &command_refresh,
        NULL,
};
/* clang-format on */

const Command *command_find(const char *name, GError **error) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *near;

        for (size_t i = 0; command_table[i]; i++) {
                if (g_str_equal(command_table[i]->name, name))
                        return command_table[i];
                g_ptr_array_add(names, (void *) command_table[i]->name);
        }

        near = suggest(name, names);
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                    "there is no command '%s'%s%s%s; see 'cpuidctl --help'", name,
                    near ? " (did you mean '" : "", near ?: "", near ? "'?)" : "");
        return NULL;
}

void session_notice(const Session *session, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        g_ptr_array_add(session->notices, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

const char *session_path(const char *path) {
        return g_str_equal(path, "-") ? "standard input" : path;
}

void session_warn(const Session *session, const char *path, const char *const *warnings) {
        for (size_t i = 0; warnings[i]; i++)
                session_notice(session, "%s: warning: %s", session_path(path), warnings[i]);
}

CpuiddHost *session_open_host(const Session *session, const CpuiddReadOptions *options,
                              GError **error) {
        const char *path = session->host_path;
        CpuiddHost *host;

        if (session->remote)
                return cpuidd_host_connect_remote(session->remote, error);
        if (session->machine)
                return cpuidd_host_connect_machine(session->machine, error);
        if (!path)
                return cpuidd_host_connect(session->is_user ? CPUIDD_BUS_USER : CPUIDD_BUS_SYSTEM,
                                           NULL, error);

        host = cpuidd_host_new_from_file(path, options, error);
        if (host)
                session_warn(session, path, cpuidd_host_get_warnings(host));
        return host;
}
