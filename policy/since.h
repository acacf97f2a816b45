/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Since which Linux KVM reports a field. Distributions backport, so this is only ever told, and
 * never decides anything. */

#include <stdbool.h>

#include "policy/field.h"
#include "policy/host.h"

/* The release that the field table counts from: what it names for a field is that or earlier */
#define SINCE_OLDEST "5.10"

/* Whether a release ("6.1.0-57-amd64") is older than a version ("6.2"); false where it is none */
bool since_is_after(const char *since, const char *kernel);

/* Why KVM does not report what the CPU has: "KVM reports it since Linux 6.2: ...", or NULL */
char *since_why_not(const Field *field, const Host *host);

/* "KVM reports it since Linux 6.2; this host runs 6.1.158", or NULL. @host may be NULL. */
char *since_to_text(const Field *field, const Host *host);
