/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* On which CPU we are: the kernel answers CPUID with the one that it happens to run on */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

typedef struct Affinity Affinity;

/* Remembers where we may run; NULL where the kernel does not tell (a sandbox forbids it) */
Affinity *affinity_new(void);
/* Lets us run again where we could */
Affinity *affinity_free(Affinity *affinity);

/* The first CPU at @cpu or above that we may run on; false if there is none */
bool affinity_next(const Affinity *affinity, size_t cpu, size_t *ret);

/* false if the CPU is gone, or a sandbox forbids it */
bool affinity_pin(const Affinity *affinity, size_t cpu);

/* Pins us to the first CPU that we may run on, for good */
bool affinity_stay(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Affinity, affinity_free)
