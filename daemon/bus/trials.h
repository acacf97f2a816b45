/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trial: who waits for one. One is tried at a time; those who wait are served by turns, however
 * many each has; nobody is let wait without a bound, and a table that a caller gives again and
 * again is refused (daemon/bus/repeats.h), since all that it does is to fill the kernel's log. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "policy/check.h"
#include "policy/guest.h"
#include "policy/host.h"
#include "policy/trial.h"

/* Calls that wait, of all and of one user */
#define TRIALS_MAX 32
#define TRIALS_USER_MAX 8

typedef struct Trials Trials;

/* To have a request tried; the answer is trials_answer(), later. At most one is under way, and it
 * lives until then. */
typedef void (*TrialsFunc)(const TrialRequest *request, void *userdata);

Trials *trials_new(sd_bus *bus, TrialsFunc try, void *userdata);
/* Refuses all that wait, and what is under way, with @problem */
Trials *trials_free(Trials *trials, const GError *problem);

/* A call that may be served: kept until it is its turn, then tried on the host that there is then.
 * Its evidence is compared with that host, too, if meanwhile there is another: what was asked
 * about is what it began with, and the reply has its fingerprint. @guest is taken over; NULL: this
 * host against our tables. As what a handler returns. */
int trials_add(Trials *trials, sd_bus_message *call, uid_t uid, Guest *guest, CheckFlags flags,
               GError **error);

/* The host that trials are compared with; NULL with @problem: those that wait are refused */
void trials_set_host(Trials *trials, Host *host, const GError *problem);

/* The evidence of what is under way (taken over), or why there is none */
void trials_answer(Trials *trials, GPtrArray *evidence, const GError *problem);
