/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether somebody is still there to be answered */

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct Caller Caller;

/* Called once; the Caller may be freed in it */
typedef void (*CallerGoneFunc)(void *userdata);

/* Watches the sender of a call until it leaves the bus. One that has left before is noticed too. As
 * what a handler returns. */
int caller_watch(sd_bus_message *call, CallerGoneFunc func, void *userdata, Caller **ret);
Caller *caller_free(Caller *caller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Caller, caller_free)
