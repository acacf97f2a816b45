/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A monitor of QEMU (QMP) at a UNIX socket: questions, one after the other, and their answers */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#define QMP_ERROR qmp_error_quark()

typedef enum QmpError {
        QMP_ERROR_UNREACHABLE, /* nobody there, or no answer in time */
        QMP_ERROR_DENIED,      /* this user may not */
        QMP_ERROR_CONTENT,     /* what came is no QMP, or not what its schema promises */
        QMP_ERROR_REFUSED,     /* QEMU answered that it cannot */
} QmpError;

GQuark qmp_error_quark(void);

/* All that is asked of one QEMU has to be answered within this time. */
#define QMP_TIMEOUT_MSEC 5000

/* An answer, or an event, of more is refused. */
#define QMP_MESSAGE_MAX (16u * 1024 * 1024)

typedef struct Qmp Qmp;

/* Connects and does the greeting. @timeout_msec is for this and all questions together. What
 * messages say of a place is put in front by who knows it. */
Qmp *qmp_connect(const char *path, unsigned timeout_msec, GError **error);
Qmp *qmp_free(Qmp *qmp);

/* What QEMU returns: free with json_node_unref() */
JsonNode *qmp_ask(Qmp *qmp, const char *command, GError **error);

/* A property of an object, and what properties an object has: arrays of objects, each with "name"
 * and "type" */
JsonNode *qmp_get(Qmp *qmp, const char *object, const char *property, GError **error);
JsonNode *qmp_list(Qmp *qmp, const char *object, GError **error);

/* The same of what QEMU may refuse: then *@ret is NULL, and that is a success. */
bool qmp_try_ask(Qmp *qmp, const char *command, JsonNode **ret, GError **error);
bool qmp_try_get(Qmp *qmp, const char *object, const char *property, JsonNode **ret,
                 GError **error);

/* Members of answers: NULL, false or @otherwise where there is none of that type */
const char *qmp_member_text(JsonObject *object, const char *name);
bool qmp_member_is_on(JsonObject *object, const char *name);
int64_t qmp_member_number(JsonObject *object, const char *name, int64_t otherwise);

/* For messages: one line that a terminal can show, whatever QEMU wrote */
char *qmp_clean(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qmp, qmp_free)
