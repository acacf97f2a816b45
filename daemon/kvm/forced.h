/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What KVM gives a vCPU, or takes from it, whatever its table says */

#include <stdbool.h>

#include <glib.h>

#include "policy/forced.h"
#include "policy/leaf.h"

/* Who is given tables and tells what became of them: KVM_SET_CPUID2 and KVM_GET_CPUID2 of a vCPU
 * (vcpu.h) */
typedef struct ForcedSubject {
        bool (*set)(const void *subject, const LeafTable *table, GError **error);
        LeafTable *(*get)(const void *subject, GError **error);
        const void *subject;
} ForcedSubject;

/* Sets tables made of @supported and reads them back: forced on is what every read-back has, though
 * it was not set, forced off what none has, though it was. Bits only: numbers, topology and what KVM
 * rewrites by what the guest does are left out. On mainline there is neither. Fills in @forced what
 * was measured, with nothing enabled; nothing where it fails. */
bool forced_measure(const ForcedSubject *subject, const LeafTable *supported, Forced *forced,
                    GError **error);
