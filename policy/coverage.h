/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a check could not judge, because somebody did not tell it */

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/unknown.h"

/* Places at which a rule could have found something: of the guest, up to its own maxima, and of
 * the offer (which may be NULL) where the guest has something that could break. As few and as
 * whole spans as say it, in the order of leaves. NULL where there are none. */
Unknown *coverage_find(const Guest *guest, const Offer *offer);
