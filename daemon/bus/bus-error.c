/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GErrors as D-Bus errors. No other file of the daemon knows D-Bus error names. */

#include "daemon/bus/bus-error.h"

#include "daemon/bus/call-log.h"
#include "dbus/names.h"
#include "policy/error.h"

G_DEFINE_QUARK(service - error - quark, service_error)

static const char *name_of(const GError *error) {
        if (g_error_matches(error, POLICY_ERROR, POLICY_ERROR_TABLE))
                return CPUIDD_ERROR_NAME_INVALID_TABLE;
        if (g_error_matches(error, POLICY_ERROR, POLICY_ERROR_CAPABILITY))
                return CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_NOT_READY))
                return CPUIDD_ERROR_NAME_NOT_READY;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_BUSY))
                return CPUIDD_ERROR_NAME_BUSY;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_TOO_LARGE))
                return CPUIDD_ERROR_NAME_TOO_LARGE;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_OPTION))
                return CPUIDD_ERROR_NAME_UNKNOWN_OPTION;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_ARGUMENT))
                return SD_BUS_ERROR_INVALID_ARGS;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_DENIED))
                return SD_BUS_ERROR_ACCESS_DENIED;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_INTERACTIVE))
                return SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED;
        if (g_error_matches(error, SERVICE_ERROR, SERVICE_ERROR_TRIAL) ||
            g_error_matches(error, POLICY_ERROR, POLICY_ERROR_TRIAL))
                return CPUIDD_ERROR_NAME_TRIAL;

        return SD_BUS_ERROR_FAILED;
}

int bus_error_reply(sd_bus_error *ret, int r, const GError *error) {
        if (!error)
                return r;

        call_log_outcome(name_of(error));
        return sd_bus_error_set(ret, name_of(error), error->message);
}

int bus_error_send(sd_bus_message *call, const GError *error) {
        sd_bus_error bus_error = SD_BUS_ERROR_MAKE_CONST(name_of(error), error->message);

        return sd_bus_reply_method_error(call, &bus_error);
}

void bus_error_answer(sd_bus_message *call, int r, const GError *error) {
        if (error)
                (void) bus_error_send(call, error);
        else if (r < 0)
                (void) sd_bus_reply_method_errno(call, r, NULL);
}
