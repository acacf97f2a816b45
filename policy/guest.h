/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a guest has: its table in canonical form, what its VMM enables, its feature MSRs and TSC */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/leaf.h"
#include "policy/unknown.h"
#include "policy/words.h"

typedef struct GuestDuplicate {
        uint32_t leaf;
        uint32_t subleaf;
        bool differs; /* from the row that counts */
} GuestDuplicate;

typedef struct Guest {
        char *name; /* or NULL */
        LeafTable *table;
        Words *words;
        CapabilitySet capabilities;
        GArray *duplicates;     /* GuestDuplicate, in table order; NULL if there are none */
        GArray *contradictions; /* Contradiction; NULL if there are none */
        GHashTable *msrs;       /* index as pointer -> uint64_t; NULL if none were given */
        uint64_t tsc_khz;       /* 0: not given */
        Unknown *unknown;       /* what the table's source does not tell; NULL: it tells all */
} Guest;

/* Takes the table over. The capabilities are the usual VMM's until they are set. */
Guest *guest_new(LeafTable *table);
Guest *guest_free(Guest *guest);

void guest_set_msr(Guest *guest, uint32_t index, uint64_t value);
bool guest_has_msr(const Guest *guest, uint32_t index);
/* false: not given */
bool guest_get_msr(const Guest *guest, uint32_t index, uint64_t *ret);
/* uint32_t, sorted; empty where none were given */
GArray *guest_list_msrs(const Guest *guest);

/* Takes it over; NULL or an empty one: everything is told */
void guest_take_unknown(Guest *guest, Unknown *unknown);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)
