/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* CheckMany. A thousand guests that are all unfit take seconds to explain, and anyone may ask: what
 * is not done soon is done in slices, between which others get their answers. */

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/outbox.h"
#include "policy/host.h"

/* Calls that are put aside at once, one a client: each is a message and the beginning of another */
#define BATCHES_MAX 3

typedef struct Batches Batches;

Batches *batches_new(void);

/* Refuses those that are under way with @problem */
Batches *batches_free(Batches *batches, const GError *problem);

/* Answers the call, now or later, for the host as it is now. As what a handler returns; negative
 * with @error set where the call is refused. */
int batches_answer(Batches *batches, Outbox *outbox, Host *host, sd_bus_message *call,
                   GError **error);
