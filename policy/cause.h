/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why the host's side is as it is, as far as the profile can tell */

#include <stdbool.h>

#include "policy/offer.h"
#include "policy/verdict.h"

/* The cause of a finding whose remedy has been looked for */
Cause cause_find(const Offer *offer, const Finding *finding);

/* Whether nothing would have been found on a host with this value, shifted down to bit 0 */
bool cause_would_do(const Finding *finding, uint32_t value);

/* A capability that is not known to be there and would change the field; NULL if there is none */
const Capability *cause_unknown_capability(const Offer *offer, const Field *field);

/* One that is enabled, would change the field and that the host does not have; NULL if there is
 * none */
const Capability *cause_vain_capability(const Offer *offer, const Field *field);

/* The correction of KVM's answer that the finding comes from; NULL if there is none */
const HostCorrection *cause_correction(const Offer *offer, const Finding *finding);

/* Whether KVM lists what a vCPU of this host never has */
bool cause_is_forced_off(const Offer *offer, const Finding *finding);

/* Whether the host is itself a virtual machine, as far as its CPUID instruction tells */
bool cause_host_is_virtual(const Host *host);

/* The first of the field's module parameters that is recorded as hiding it; NULL if there is
 * none */
const char *cause_parameter(const Host *host, const Field *field);
