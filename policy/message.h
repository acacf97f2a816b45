/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Findings as sentences */

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

/* What a message calls a field in the middle of a sentence */
char *message_label(const Field *row);
/* "is", or "are" where that is of several: "the guest's general counters are 8" */
const char *message_verb(const Field *row);

/* What is wrong, in a sentence that a person understands without looking anything up. The
 * finding's cause and remedy have been found. */
char *message_new(const Offer *offer, const Guest *guest, const Finding *finding);
