/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads guests and hosts as the command line says, and hands on what was strange about them */

#include "client/ctl/read.h"

#include "client/ctl/form.h"

static bool parse_cpu(const char *text, int64_t *ret, GError **error) {
        guint64 number;

        if (!text) {
                *ret = -1;
                return true;
        }

        if (!g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &number, NULL)) {
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "--cpu: '%s' is no number of a CPU, expected 0, 1 and so on", text);
                return false;
        }

        *ret = number;
        return true;
}

bool reading_check(const Reading *reading, GError **error) {
        int64_t cpu;

        return form_check_reader(reading->form, error) && parse_cpu(reading->cpu, &cpu, error);
}

/* Hands @guest on; NULL is fine */
static CpuiddGuest *tell_warnings(const Session *session, const char *path, CpuiddGuest *guest) {
        if (guest)
                session_warn(session, path, cpuidd_guest_get_warnings(guest));
        return guest;
}

static bool make_options(const Reading *reading, CpuiddReadOptions *ret, GError **error) {
        *ret = (CpuiddReadOptions) CPUIDD_READ_OPTIONS_DEFAULT;
        ret->form = reading->form;
        ret->cpu_map = reading->cpu_map;
        return parse_cpu(reading->cpu, &ret->cpu, error);
}

CpuiddHost *reading_host(const Session *session, const Reading *reading, GError **error) {
        CpuiddReadOptions options;
        const char *given = reading->form ? "--from" :
                reading->cpu              ? "--cpu" :
                reading->cpu_map          ? "--cpu-map" :
                                            NULL;

        if (given && !session->host_path) {
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "%s: says how a host's file is read, and there is none, expected "
                            "--host FILE",
                            given);
                return NULL;
        }

        if (!form_check_reader(reading->form, error) || !make_options(reading, &options, error))
                return NULL;

        return session_open_host(session, &options, error);
}

CpuiddGuest *reading_guest(Session *session, const Reading *reading, const char *path,
                           GError **error) {
        CpuiddReadOptions options;

        if (!make_options(reading, &options, error))
                return NULL;

        return tell_warnings(session, path, cpuidd_guest_read(path, &options, error));
}

CpuiddGuest *reading_qmp(Session *session, const char *path, GError **error) {
        return tell_warnings(session, path, cpuidd_guest_read_qmp(path, error));
}
