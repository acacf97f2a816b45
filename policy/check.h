/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Does the offer support the guest? */

#include <stdbool.h>

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

typedef enum CheckFlags {
        CHECK_STRICT = 1 << 0, /* every warning is an error */
        /* No messages and no notes: kind and needs are right, findings may be left out */
        CHECK_VERDICT_ONLY = 1 << 1,
        /* With what could not be judged, because it is not told. For whoever shows it: it takes
         * longer than the rest. */
        CHECK_LIST_UNCHECKED = 1 << 2,
} CheckFlags;

/* The fast way: whether nothing at all is to be found. false says nothing yet. Allocates
 * nothing. */
bool check_accepts(const Offer *offer, const Guest *guest);

/* Cannot fail: an unfit guest is a result. Allocates nothing where check_accepts() says yes. */
void check(const Offer *offer, const Guest *guest, CheckFlags flags, Verdict *ret);
