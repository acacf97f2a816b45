/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service refuses, and how a refusal looks on the bus */

#include <glib.h>
#include <systemd/sd-bus.h>

#define SERVICE_ERROR service_error_quark()

typedef enum ServiceError {
        SERVICE_ERROR_NOT_READY,   /* there is no host to speak for; the message is the reason */
        SERVICE_ERROR_BUSY,        /* more are waiting than is good */
        SERVICE_ERROR_TOO_LARGE,   /* more than is taken, or more than a bus would carry */
        SERVICE_ERROR_OPTION,      /* no option of this name */
        SERVICE_ERROR_ARGUMENT,    /* an option's value cannot be used */
        SERVICE_ERROR_DENIED,      /* this user may not */
        SERVICE_ERROR_INTERACTIVE, /* this user may if somebody gives a password, and the call does
                                    * not allow to ask for one */
        SERVICE_ERROR_TRIAL,       /* nothing can be tried; the message is the reason */
} ServiceError;

GQuark service_error_quark(void);

/* What a handler returns that has failed: @error if there is one, else what @r says */
int bus_error_reply(sd_bus_error *ret, int r, const GError *error);

/* The same for a call that was put aside */
int bus_error_send(sd_bus_message *call, const GError *error);

/* What it comes to when answering a call that was put aside has failed: @error if there is one,
 * else what @r says; nothing where @r is no failure */
void bus_error_answer(sd_bus_message *call, int r, const GError *error);
