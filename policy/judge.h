/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rules: what one field of a guest is worth on an offer */

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

/* Everything that is to be found, in the contract's order; without causes, remedies and messages
 * but those of what the guest contradicts itself in. @strict: warnings come as errors. NULL
 * where there is nothing. */
GPtrArray *judge(const Offer *offer, const Guest *guest, bool strict);

/* The same for one field: its severity, SEVERITY_NONE where nothing is to be found */
Severity judge_field(const Offer *offer, const Guest *guest, const Field *field, bool strict);

/* The bits of a register without rows that break */
uint32_t judge_extra_bits(const Offer *offer, const Guest *guest, const ExtraWord *extra);
