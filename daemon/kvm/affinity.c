/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pins the process to one CPU after the other, and lets it go at the end. Failing is an answer
 * here, not an error: without it the probe still works, it only cannot say what varies. */

#include "daemon/kvm/affinity.h"

#include <errno.h>
#include <sched.h>

/* Where the growing of the set ends; the kernel's own limit is 8192 */
#define CPUS_MAX (1024 * 1024)

struct Affinity {
        size_t n_cpus;
        size_t size;
        cpu_set_t *allowed;
};

Affinity *affinity_new(void) {
        g_autoptr(Affinity) affinity = g_new0(Affinity, 1);

        /* EINVAL says that the kernel has more CPUs than fit, and not how many */
        for (size_t n_cpus = CPU_SETSIZE; n_cpus <= CPUS_MAX; n_cpus *= 2) {
                g_autofree cpu_set_t *allowed = g_malloc0(CPU_ALLOC_SIZE(n_cpus));

                if (sched_getaffinity(0, CPU_ALLOC_SIZE(n_cpus), allowed) == 0) {
                        affinity->n_cpus = n_cpus;
                        affinity->size = CPU_ALLOC_SIZE(n_cpus);
                        affinity->allowed = g_steal_pointer(&allowed);
                        return g_steal_pointer(&affinity);
                }
                if (errno != EINVAL)
                        return NULL;
        }

        return NULL;
}

Affinity *affinity_free(Affinity *affinity) {
        if (!affinity)
                return NULL;

        if (affinity->allowed)
                (void) sched_setaffinity(0, affinity->size, affinity->allowed);
        g_free(affinity->allowed);
        g_free(affinity);
        return NULL;
}

bool affinity_next(const Affinity *affinity, size_t cpu, size_t *ret) {
        for (; cpu < affinity->n_cpus; cpu++)
                if (CPU_ISSET_S(cpu, affinity->size, affinity->allowed)) {
                        *ret = cpu;
                        return true;
                }

        return false;
}

bool affinity_pin(const Affinity *affinity, size_t cpu) {
        g_autofree cpu_set_t *one = g_malloc0(affinity->size);

        CPU_SET_S(cpu, affinity->size, one);
        return sched_setaffinity(0, affinity->size, one) == 0;
}

bool affinity_stay(void) {
        Affinity *affinity = affinity_new();
        bool is_pinned;
        size_t cpu;

        if (!affinity)
                return false;

        is_pinned = affinity_next(affinity, 0, &cpu) && affinity_pin(affinity, cpu);
        g_free(affinity->allowed);
        g_free(affinity);
        return is_pinned;
}
