/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Forced bits by their names */

#include "policy/host.h"

/* The names of fields that have one of the bits, and the places of bits without a name, in the order
 * of the places; ended by NULL, to be freed with g_strfreev(). @within: only bits that this table has
 * too; NULL: all. @words: of KVM's answer, where leaves of hypervisors are. NULL as @bits: none. */
char **forced_names(const LeafTable *bits, const LeafTable *within, const Words *words);

/* Whether a guest has the field whatever its table says: "every vCPU of this host has it, whatever its
 * table says", and where that is not the same with a view; "" where neither is forced */
char *forced_describe(const Field *field, const Host *host);
