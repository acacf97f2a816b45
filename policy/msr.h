/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Feature MSRs: which of a guest's are judged, and what is to be said of them beyond what the rules
 * say of any field */

#include <stdbool.h>

#include "policy/guest.h"
#include "policy/offer.h"
#include "policy/verdict.h"

/* Whether the guest's CPUID has the bit without which the MSR is not there for it */
bool msr_is_visible(const Guest *guest, const FieldGroup *group);

/* Whether the guest gives the MSR and its CPUID shows it, and the host has told of it */
bool msr_is_judged(const Offer *offer, const Guest *guest, const FieldGroup *group);

/* Notes on those that cannot be judged, one for each reason, at the first MSR: the field table or
 * the host's profile does not know them */
void msr_add_notes(const Offer *offer, const Guest *guest, GPtrArray *findings);

/* The cause of a finding of FINDING_MSR for which there is no remedy */
Cause msr_cause(const Offer *offer, const Finding *finding);

/* Its message; NULL where there is no more to say than of a field of CPUID */
char *msr_message(const Offer *offer, const Guest *guest, const Finding *finding);
