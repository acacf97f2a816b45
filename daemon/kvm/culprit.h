/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A table that KVM would not have: because of what? */

#include <glib.h>

#include "policy/leaf.h"

/* Takes a table, or gives the errno of the no */
typedef int (*CulpritFunc)(const LeafTable *table, void *userdata);

/* GArray of TrialCulprit, in table order: the smallest places that are refused when the rows are
 * added one after another */
GArray *culprits_find(const LeafTable *table, CulpritFunc func, void *userdata);
