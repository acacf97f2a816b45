/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Checks that have to be explained. A guest that fits is answered in microseconds; one that is unfit in
 * everything takes milliseconds, and the bus brings calls as they came, so that a client with hundreds
 * of those would keep all others waiting for as many. While anything else waits they are put aside, and
 * answered by turns: one of each sender, and in no more than a tenth of the time. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "policy/check.h"
#include "policy/guest.h"

/* Calls that are put aside, of all and of one sender. Where there are as many as can be, a sender that
 * has fewer takes the place of the last of one that has most. */
#define TURNS_MAX 512
#define TURNS_SENDER_MAX 64

typedef struct Turns Turns;

/* It is the call's turn. Answers it, also with an error. */
typedef void (*TurnsFunc)(sd_bus_message *call, Guest *guest, CheckFlags flags, void *userdata);

Turns *turns_new(TurnsFunc func, void *userdata);
/* Refuses those that wait with @problem */
Turns *turns_free(Turns *turns, const GError *problem);

/* Whether others would be kept waiting by a call that takes long */
bool turns_must_wait(const Turns *turns, sd_bus_message *call);

/* Puts the call aside, with its guest, which is taken over. As what a handler returns; negative with
 * @error set where it is refused: SERVICE_ERROR_BUSY. */
int turns_add(Turns *turns, sd_bus_message *call, Guest *guest, CheckFlags flags, GError **error);
