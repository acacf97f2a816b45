/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers that the bus has not taken yet. A bus has limits of its own to what of ours it keeps for
 * clients that do not read: beyond those it takes nothing more, for anybody, and what we have would
 * grow without an end. Here it has one, and somebody is told who can do something about it. */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* Beyond either a call is refused as SERVICE_ERROR_BUSY before anything is done for it */
#define OUTBOX_MESSAGES_MAX 1024
#define OUTBOX_SIZE_MAX (48 * 1024 * 1024)

/* So long after a call, but not more often, the bus is asked whether it still takes anything, and has
 * so long to answer */
#define OUTBOX_INTERVAL_USEC (2 * G_USEC_PER_SEC)
#define OUTBOX_PATIENCE_USEC (10 * G_USEC_PER_SEC)

typedef struct Outbox Outbox;

/* The bus has taken nothing in all of that time. Every client waits, and will. */
typedef void (*OutboxStuckFunc)(void *userdata);

/* Looks at every call before its handler does. Negative errno. */
int outbox_new(sd_bus *bus, OutboxStuckFunc func, void *userdata, Outbox **ret);
Outbox *outbox_free(Outbox *outbox);

/* Sends an answer of about @size bytes; as sd_bus_message_send(). Small ones need not go through
 * here. */
int outbox_send(Outbox *outbox, sd_bus_message *answer, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outbox, outbox_free)
