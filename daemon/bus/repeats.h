/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The same again and again: who has given which guest for a trial, and how often of late */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "policy/guest.h"

/* How often a user may give the same table within a while */
#define REPEATS_MAX 3
#define REPEATS_USEC (10 * G_USEC_PER_SEC)

/* As many guests as are remembered; of more the oldest is forgotten */
#define REPEATS_REMEMBERED_MAX 512

typedef struct Repeats Repeats;

Repeats *repeats_new(void);
Repeats *repeats_free(Repeats *repeats);

/* Counts the guest (table, capabilities, MSRs) as given now by this user; SERVICE_ERROR_BUSY, and
 * nothing is counted, where that is too often. @now: of a clock that does not jump, in µs. */
bool repeats_count(Repeats *repeats, uid_t uid, const Guest *guest, uint64_t now, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repeats, repeats_free)
