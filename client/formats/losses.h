/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What forms cannot carry, in words that all of them share. A sentence comes only where the guest
 * has what gets lost. */

#include <glib.h>

#include "client/formats/format.h"

/* More is counted, not named */
#define LOSSES_NAMED_MAX 8

void losses_add(FormatOutput *output, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "WHAT: A, B and 3 more"; nothing where there are no names */
void losses_add_list(FormatOutput *output, const char *what, const char *const *names);

/* The same of places; ends the array with NULL */
void losses_add_places(FormatOutput *output, const char *what, GPtrArray *places);
/* "0x7.0" */
char *losses_place(const Leaf *row);

/* Where they are not what the usual VMM enables */
void losses_add_capabilities(FormatOutput *output);
void losses_add_msrs(FormatOutput *output);
void losses_add_tsc(FormatOutput *output);
/* All of it, where the form has no way to say that something is unknown */
void losses_add_unknown(FormatOutput *output);
