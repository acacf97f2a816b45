/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kinds of CPU answer, in words */

#include "policy/host.h"
#include "policy/verdict.h"

/* "CPUs 0-15: 1; CPUs 16-23: 0"; NULL where they answer alike. @field is the place's, or NULL. */
char *kinds_values_to_text(const Host *host, const Field *field, const Place *place);

/* The CPUs that would do for what was found: "0-15"; NULL where none would, or they are alike */
char *kinds_that_would_do(const Host *host, const Finding *finding);
