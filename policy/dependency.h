/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a guest's table contradicts itself, whatever the host: a feature without what it needs, a
 * copy that differs from what it repeats, leaves above the table's own maximum, states that lie
 * upon each other. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/field.h"
#include "policy/leaf.h"
#include "policy/words.h"

typedef struct Guest Guest;
typedef struct Offer Offer;

typedef enum ContradictionKind {
        CONTRADICTION_NEEDS, /* the field without one that it needs */
        CONTRADICTION_COPY,  /* the field is not what the other is */
        CONTRADICTION_START, /* something starts too early */
        CONTRADICTION_SPAN,  /* ... or upon another that starts before it or where it does */
        CONTRADICTION_ABOVE, /* the field is a maximum, and a leaf above it is filled */
} ContradictionKind;

typedef struct Contradiction {
        uint8_t kind;
        int16_t field; /* at whose place it is told */
        int16_t other; /* FIELD_NONE where there is none */
        uint32_t leaf; /* CONTRADICTION_ABOVE: the first one, as the table has it */
        uint32_t subleaf;
} Contradiction;

/* All of a guest's, those of one field together; NULL where there are none */
GArray *contradictions_find(const LeafTable *table, const Words *words);

/* Adds those that the offer has not got as well and that are not told of yet, with their
 * messages. What is found is a warning, with the cause `guest`. */
void dependency_judge(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings);
