/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Nearness of words: how many letters have to be put in, left out, changed or swapped with their
 * neighbour to come from one to the other. A beginning is near to the whole. */

#include "client/ctl/suggest.h"

#include <string.h>

/* Longer words are nobody's slip of the finger. */
#define LENGTH_MAX 32

static unsigned distance(const char *from, const char *to) {
        unsigned cost[LENGTH_MAX + 1][LENGTH_MAX + 1];
        size_t n_from = strlen(from), n_to = strlen(to);

        if (n_from > LENGTH_MAX || n_to > LENGTH_MAX)
                return LENGTH_MAX;

        for (size_t i = 0; i <= n_from; i++)
                for (size_t j = 0; j <= n_to; j++) {
                        if (i == 0 || j == 0) {
                                cost[i][j] = i + j;
                                continue;
                        }
                        cost[i][j] = MIN(cost[i - 1][j] + 1, cost[i][j - 1] + 1);
                        cost[i][j] =
                                MIN(cost[i][j], cost[i - 1][j - 1] + (from[i - 1] != to[j - 1]));
                        if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                                cost[i][j] = MIN(cost[i][j], cost[i - 2][j - 2] + 1);
                }

        return cost[n_from][n_to];
}

const char *suggest(const char *word, const GPtrArray *names) {
        unsigned least = MAX(1, strlen(word) / 3) + 1;
        const char *nearest = NULL;

        for (size_t i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                unsigned d =
                        strlen(word) > 1 && g_str_has_prefix(name, word) ? 1 : distance(word, name);

                if (d < least) {
                        least = d;
                        nearest = name;
                }
        }

        return nearest;
}
