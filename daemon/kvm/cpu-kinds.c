/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sorts CPUs by what they answered. Only the differences to the first one are kept: they are few,
 * and most hosts have none. No I/O here. */

#include "daemon/kvm/cpu-kinds.h"

#include <stdbool.h>
#include <string.h>

typedef struct Sort {
        GArray *cpus; /* of size_t, ascending */
        LeafTable *rows;
} Sort;

struct CpuKinds {
        const LeafTable *base;
        GPtrArray *sorts; /* of Sort */
};

static void sort_free(void *p) {
        Sort *sort = p;

        g_array_unref(sort->cpus);
        leaf_table_free(sort->rows);
        g_free(sort);
}

/* Takes @rows over */
static void add_sort(CpuKinds *sorted, size_t cpu, LeafTable *rows) {
        Sort *sort = g_new0(Sort, 1);

        sort->cpus = g_array_new(FALSE, FALSE, sizeof(size_t));
        sort->rows = rows;
        g_array_append_val(sort->cpus, cpu);
        g_ptr_array_add(sorted->sorts, sort);
}

CpuKinds *cpu_kinds_new(const LeafTable *base, size_t cpu) {
        CpuKinds *sorted = g_new0(CpuKinds, 1);

        sorted->base = base;
        sorted->sorts = g_ptr_array_new_with_free_func(sort_free);
        add_sort(sorted, cpu, leaf_table_new());
        return sorted;
}

CpuKinds *cpu_kinds_free(CpuKinds *sorted) {
        if (!sorted)
                return NULL;

        g_ptr_array_unref(sorted->sorts);
        g_free(sorted);
        return NULL;
}

static bool is_same(const LeafTable *left, const LeafTable *right) {
        size_t n = leaf_table_size(left);

        return n == leaf_table_size(right) &&
                (n == 0 ||
                 memcmp(leaf_table_words(left), leaf_table_words(right), n * sizeof(Leaf)) == 0);
}

static void add_rows(Kinds *kinds, const LeafTable *rows) {
        for (size_t i = 0; i < leaf_table_size(rows); i++)
                (void) kinds_add_row(kinds, leaf_table_at(rows, i), NULL);
}

/* What @sort, the CPU with those rows and the first CPU have in common */
static void fold(const CpuKinds *sorted, Sort *sort, size_t cpu, const LeafTable *rows) {
        g_autoptr(Kinds) both = kinds_new();
        g_autoptr(LeafTable) combined = NULL;

        (void) kinds_add(both, "0", NULL);
        add_rows(both, sort->rows);
        (void) kinds_add(both, "1", NULL);
        add_rows(both, rows);
        combined = kinds_combine(both, sorted->base);

        leaf_table_free(sort->rows);
        sort->rows = kinds_difference(sorted->base, combined);
        g_array_append_val(sort->cpus, cpu);
}

void cpu_kinds_add(CpuKinds *sorted, size_t cpu, const LeafTable *table) {
        g_autoptr(LeafTable) rows = kinds_difference(sorted->base, table);

        for (size_t i = 0; i < sorted->sorts->len; i++) {
                Sort *sort = sorted->sorts->pdata[i];

                if (is_same(sort->rows, rows)) {
                        g_array_append_val(sort->cpus, cpu);
                        return;
                }
        }

        if (sorted->sorts->len < KINDS_MAX)
                add_sort(sorted, cpu, g_steal_pointer(&rows));
        else
                fold(sorted, sorted->sorts->pdata[KINDS_MAX - 1], cpu, rows);
}

static char *list_cpus(const GArray *cpus) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0, last; i < cpus->len; i = last + 1) {
                last = i;
                while (last + 1 < cpus->len &&
                       g_array_index(cpus, size_t, last + 1) ==
                               g_array_index(cpus, size_t, last) + 1)
                        last++;

                g_string_append_printf(text, "%s%zu", i > 0 ? "," : "",
                                       g_array_index(cpus, size_t, i));
                if (last > i)
                        g_string_append_printf(text, "-%zu", g_array_index(cpus, size_t, last));
        }

        return g_string_free(text, FALSE);
}

void cpu_kinds_record(const CpuKinds *sorted, Kinds *kinds) {
        for (size_t i = 0; sorted->sorts->len > 1 && i < sorted->sorts->len; i++) {
                const Sort *sort = sorted->sorts->pdata[i];
                g_autofree char *cpus = list_cpus(sort->cpus);

                if (kinds_add(kinds, cpus, NULL))
                        add_rows(kinds, sort->rows);
        }
}
