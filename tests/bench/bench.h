/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Ratios of two things done in turns in one run: absolute times say more of the machine than of
 * the program */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROUNDS 31

static inline uint64_t bench_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b) {
        double left = *(const double *) a, right = *(const double *) b;

        return (left > right) - (left < right);
}

/* The median of the ratios, with the quartiles as the spread; @base and @it are each round's
 * time. @aim of 0: none */
static inline void bench_print(const char *what, const double *it, const double *base, size_t n,
                               double aim) {
        double ratios[BENCH_ROUNDS];

        for (size_t i = 0; i < n; i++)
                ratios[i] = it[i] / base[i];

        qsort(ratios, n, sizeof(*ratios), bench_compare);
        printf("%-58s %6.2f  (%.2f .. %.2f)", what, ratios[n / 2], ratios[n / 4],
               ratios[n * 3 / 4]);
        if (aim > 0)
                printf("  aim %.1f%s", aim, ratios[n / 2] <= aim ? "" : ": missed");
        printf("\n");
}
