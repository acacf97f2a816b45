/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which capabilities would have to be enabled, or not be enabled, for a finding to go away.
 * Found by trying: the same table that makes offers is asked what each capability would change. */

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

/* Fills in the findings' remedies. */
void remedy_findings(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings);

/* The smallest change of capabilities after which no finding is an error, from the findings'
 * remedies; false if there is none */
bool remedy_find_needs(const Offer *offer, const Guest *guest, bool strict,
                       const GPtrArray *findings, CapabilitySet *ret_enable,
                       CapabilitySet *ret_disable);
