/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rate of the guest's TSC: whether a host can keep it */

#include <stdbool.h>

#include <glib.h>

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

/* Whether nothing is to be found. Allocates nothing. */
bool tsc_accepts(const Offer *offer, const Guest *guest);

/* What is to be found, without its message; NULL if nothing is */
Finding *tsc_judge(const Offer *offer, const Guest *guest);

char *tsc_message(const Offer *offer, const Guest *guest, const Finding *finding);

/* Appends what of a host decides */
void tsc_fingerprint(const Host *host, GString *text);
