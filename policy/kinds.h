/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kinds of CPU of a host whose CPUs answer differently: hybrid ones, uneven ones. A guest may
 * run on each of them, so it is offered what all kinds have. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"
#include "policy/place.h"

/* More are not told apart */
#define KINDS_MAX 16

typedef struct Kind {
        char *cpus; /* as the kernel lists them: "0-7,16" */
        /* Where its answer is not the recorded one: whole rows, zero where it has none */
        LeafTable *rows;
} Kind;

typedef struct Kinds Kinds;

Kinds *kinds_new(void);
Kinds *kinds_free(Kinds *kinds);

/* A kind without a row answers as recorded. Refused with POLICY_ERROR_TABLE: what is no list of
 * CPUs, and more than KINDS_MAX. */
bool kinds_add(Kinds *kinds, const char *cpus, GError **error);
/* A row of the kind that was added last; refused where there is none, or it has too many */
bool kinds_add_row(Kinds *kinds, const Leaf *row, GError **error);

size_t kinds_size(const Kinds *kinds);
const Kind *kinds_at(const Kinds *kinds, size_t i);

/* Works out what all kinds have, where there are any: of @supported, and of @views (name ->
 * LeafTable) */
void kinds_seal(Kinds *kinds, const LeafTable *supported, GHashTable *views);
/* NULL where there are no kinds */
const LeafTable *kinds_common(const Kinds *kinds);
const LeafTable *kinds_common_view(const Kinds *kinds, const char *capability);

/* What @other answers in another way than @base, beyond what each CPU has for itself: topology and
 * what is dynamic. Rows as in a Kind. */
LeafTable *kinds_difference(const LeafTable *base, const LeafTable *other);

/* What all kinds can give, and with them @base: bits that all of them have, the smallest number,
 * nothing that must be equal and is not; 1 where it says of any of them that something is missing.
 * What says nothing about ability (identity, caches) is the base's. */
LeafTable *kinds_combine(const Kinds *kinds, const LeafTable *base);

/* What a kind answers at a place, shifted down to bit 0 */
uint32_t kind_value(const Kind *kind, const LeafTable *base, const Place *place);
bool kinds_differ_at(const Kinds *kinds, const LeafTable *base, const Place *place);

/* GArray of Place: where they differ, by leaf, sub-leaf, register and bit. Fields as they are in
 * data/fields.table, single bits where it has none. */
GArray *kinds_places(const Kinds *kinds, const LeafTable *base);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kinds, kinds_free)
