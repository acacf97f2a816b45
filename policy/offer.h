/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a host can give a guest when a set of capabilities is enabled: KVM's answer, the
 * capabilities' deltas, the bits that a vCPU has anyway. Compiled for the check into what a
 * guest must be, bit by bit. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/host.h"
#include "policy/words.h"

typedef struct Offer {
        Host *host;
        CapabilitySet capabilities;     /* taken as enabled, with what they imply */
        CapabilitySet effective;        /* those of them that this host has */
        Words *words;                   /* what is offered */
        uint32_t listed[N_FIELD_WORDS]; /* the same without the forced bits */
        /* A guest for which (guest ^ want) & care is 0 in every word breaks nothing */
        uint32_t want[N_FIELD_WORDS];
        uint32_t care[N_FIELD_WORDS];
        uint32_t dynamic[N_FIELD_WORDS]; /* not compared because a capability makes it so */
        uint32_t below[N_FIELD_WORDS];   /* a smaller value is accurate because of a capability */
        /* What a vCPU with these capabilities has, and has not, whatever table is set, by
         * ForcedKind; NULL: not known. The host's. */
        const Words *forced[N_FORCED_KINDS];
        /* Nothing is to be said of every guest: no bit is forced that KVM does not list, no
         * capability enabled in vain or with a notice */
        bool is_plain;
} Offer;

Offer *offer_new(Host *host, CapabilitySet capabilities);
Offer *offer_free(Offer *offer);

/* The view that the offer starts from; NULL: KVM's answer with nothing enabled */
const char *offer_view(const Offer *offer);

/* What the capability requires and the guest's VMM does not enable */
CapabilitySet offer_lacks_required(const Offer *offer, const Capability *capability);

/* Whether it counts as having the field because it has what `implied` and `copy` name. KVM does
 * nothing with a copy: a guest that reads one is served by what the original stands for. */
bool offer_implies(const Offer *offer, const Field *field);

/* The rows that a guest would be given: KVM's, changed and completed, sorted by leaf and
 * sub-leaf */
LeafTable *offer_to_table(const Offer *offer);

/* Offers of one host, each compiled once. At most 64 are kept. */
typedef struct OfferCache OfferCache;

OfferCache *offer_cache_new(Host *host);
OfferCache *offer_cache_free(OfferCache *cache);
/* Good until the next call */
const Offer *offer_cache_get(OfferCache *cache, CapabilitySet capabilities);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Offer, offer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OfferCache, offer_cache_free)
