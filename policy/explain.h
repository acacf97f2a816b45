/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Words for people: what a field or a capability means, and what a host says of it */

#include <stdbool.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/field.h"
#include "policy/host.h"

/* A titled paragraph of an explanation: ("rule", "at-most: the guest's value may not be above
 * the host's") */
typedef struct Explanation {
        char *title;
        char *text;
} Explanation;

Explanation *explanation_free(Explanation *explanation);

/* What is asked for (a place, a field's name, a capability) in paragraphs: GPtrArray of
 * Explanation. Several fields at one place (a whole leaf or register) come one after another,
 * each opened by a paragraph with the title "field". @host may be NULL: then without what this
 * host says. NULL with POLICY_ERROR_PLACE where it is nothing that is known, with what is near
 * to it. */
GPtrArray *explain(const char *what, Host *host, GError **error);

/* A field's value as a person would write it: "46", "64 bytes", "GenuineIntel", "0x7" */
char *explain_value(const Field *field, uint32_t value);

/* What the rule means, in a sentence */
const char *explain_rule(FieldRule rule);

/* What a capability's delta is on this host, one operation a line: "grants 0x1.0:ecx[3] monitor" */
char *explain_delta(const Capability *capability, const Host *host);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explanation, explanation_free)
