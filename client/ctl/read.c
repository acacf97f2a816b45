/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads guests as the command line says, and hands on what was strange about them */

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

CpuiddGuest *reading_guest(Session *session, const Reading *reading, const char *path,
                           GError **error) {
        CpuiddReadOptions options = CPUIDD_READ_OPTIONS_DEFAULT;

        options.form = reading->form;
        options.cpu_map = reading->cpu_map;
        if (!parse_cpu(reading->cpu, &options.cpu, error))
                return NULL;

        return tell_warnings(session, path, cpuidd_guest_read(path, &options, error));
}

CpuiddGuest *reading_qmp(Session *session, const char *path, GError **error) {
        return tell_warnings(session, path, cpuidd_guest_read_qmp(path, error));
}
