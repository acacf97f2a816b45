/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What decides a verdict, and nothing else, in one line of text */

#include "policy/host.h"

/* "sha256:..." of a host whose vectors are worked out. Left out: names and times, the kernel's
 * release, the microcode's revision and module parameters (they only explain), what depends on
 * the CPU that was asked, and fields that no guest is refused or warned for. */
char *fingerprint_new(const Host *host);
