/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which CPUs answer alike */

#include <stddef.h>

#include <glib.h>

#include "policy/kinds.h"
#include "policy/leaf.h"

typedef struct CpuKinds CpuKinds;

/* @base: what the first CPU answered; stays the caller's */
CpuKinds *cpu_kinds_new(const LeafTable *base, size_t cpu);
CpuKinds *cpu_kinds_free(CpuKinds *sorted);

/* CPUs come in ascending order */
void cpu_kinds_add(CpuKinds *sorted, size_t cpu, const LeafTable *table);

/* Nothing where all are of one kind. Where there are more than KINDS_MAX the last one stands for
 * all others: it has what they have in common. */
void cpu_kinds_record(const CpuKinds *sorted, Kinds *kinds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuKinds, cpu_kinds_free)
