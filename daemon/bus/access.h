/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who may do more than ask */

#include <glib.h>
#include <systemd/sd-bus.h>

/* Questions under way, of all and of one caller, of whose user nothing is known yet; those of them
 * that polkit has, of all and about one user */
#define ACCESS_MAX 128
#define ACCESS_CALLER_MAX 16
#define ACCESS_POLKIT_MAX 32
#define ACCESS_USER_MAX 4

typedef struct Access Access; /* questions to the bus and to polkit that are under way */

/* A call may go on (@problem is NULL) or may not: SERVICE_ERROR_DENIED in a sentence that says what
 * to do, SERVICE_ERROR_INTERACTIVE, SERVICE_ERROR_BUSY. @uid is the caller's. */
typedef void (*AccessFunc)(sd_bus_message *call, uid_t uid, const GError *problem, void *userdata);

typedef enum AccessKind {
        ACCESS_REFRESH, /* root, the user as whom the service runs; others by polkit's
                         * org.cpuidd1.refresh */
        ACCESS_TRIAL,   /* they, and members of the group that may open /dev/kvm; others by polkit's
                         * org.cpuidd1.trial */
        N_ACCESS_KINDS,
} AccessKind;

Access *access_new(sd_bus *bus);
/* Refuses those that are under way with @problem */
Access *access_free(Access *access, const GError *problem);

/* Asks the bus who calls, and polkit where that does not decide it: by the caller's name on the
 * bus, never by a process id, and with the caller's own word on whether somebody may be asked for a
 * password. The function is called later, once, unless the caller leaves the bus first: then
 * polkit's question is taken back. As what a handler returns; negative with @error set where too
 * many are under way. */
int access_ask(Access *access, AccessKind kind, sd_bus_message *call, AccessFunc func,
               void *userdata, GError **error);
