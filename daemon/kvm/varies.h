/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where two answers of one host differ, since they came from two of its CPUs */

#include <glib.h>

#include "policy/leaf.h"

typedef struct Varies Varies;

Varies *varies_new(void);
Varies *varies_free(Varies *varies);

/* Adds the places in which the two differ */
void varies_compare(Varies *varies, const LeafTable *left, const LeafTable *right);

/* GArray of Place, in table order, as few as say it: whole fields of data/fields.table where it
 * has them, else whole registers */
GArray *varies_places(Varies *varies);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Varies, varies_free)
