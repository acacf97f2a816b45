/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* --enable and --disable: how they are read, and how a change is written so that it can be typed
 * again */

#include <stdbool.h>

#include <glib.h>

#include "client/lib/cpuidd.h"

typedef struct Change {
        char **enable; /* as given: each a list with commas */
        char **disable;
} Change;

#define CHANGE_ARGUMENT "CAPABILITY,..."

/* @base (NULL: the usual VMM's) with the change. CPUIDD_ERROR_INPUT names the option. */
char **change_apply(const Change *change, const char *const *base, GError **error);

/* The guest with the change */
bool change_guest(const Change *change, CpuiddGuest *guest, GError **error);

/* Names as in a verdict, with '!' where one is not to be enabled: "--enable a,b --disable c" */
char *change_to_options(const char *const *names);
