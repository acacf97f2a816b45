/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bench-check RECORDING: the engine alone. Accepting against memcmp of the same two tables,
 * explaining against accepting, and making a guest out of its rows against accepting it. */

#include <string.h>

#include "policy/check.h"
#include "policy/recording.h"
#include "tests/bench/bench.h"

#define REPEAT 2000

typedef struct Bench {
        Offer *offer;
        LeafTable *offered;
        LeafTable *same;
        Guest *fits;
        Guest *does_not;
} Bench;

static volatile int sink;

static void run_memcmp(const Bench *bench) {
        sink = memcmp(leaf_table_words(bench->offered), leaf_table_words(bench->same),
                      leaf_table_size(bench->offered) * sizeof(Leaf));
}

static void run_accept(const Bench *bench) {
        Verdict verdict;

        check(bench->offer, bench->fits, 0, &verdict);
        sink = verdict.kind;
        verdict_done(&verdict);
}

static void run_explain(const Bench *bench) {
        Verdict verdict;

        check(bench->offer, bench->does_not, 0, &verdict);
        sink = verdict.kind;
        verdict_done(&verdict);
}

static void run_guest(const Bench *bench) {
        g_autoptr(Guest) guest = guest_new(leaf_table_copy(bench->offered));

        sink = check_accepts(bench->offer, guest);
}

static double time_of(const Bench *bench, void (*run)(const Bench *bench), size_t repeat) {
        uint64_t start = bench_now();

        for (size_t i = 0; i < repeat; i++) {
                run(bench);
                __asm__ volatile("" ::: "memory");
        }

        return (double) (bench_now() - start) / repeat;
}

/* The offer's own table, and the same with three things that it has not: one of them a
 * capability would cure */
static void make_guests(Bench *bench) {
        LeafTable *broken = leaf_table_copy(bench->offered);

        for (size_t i = 0; i < leaf_table_size(broken); i++) {
                Leaf *row = (Leaf *) leaf_table_at(broken, i);

                if (row->leaf == 1)
                        row->registers[REGISTER_ECX] |= 1u << 3 | 1u << 16;
                if (row->leaf == 7 && row->subleaf == 0)
                        row->registers[REGISTER_ECX] |= 1u << 24;
        }

        bench->same = leaf_table_copy(bench->offered);
        bench->fits = guest_new(leaf_table_copy(bench->offered));
        bench->does_not = guest_new(broken);
}

int main(int argc, char **argv) {
        double compare[BENCH_ROUNDS], accept[BENCH_ROUNDS], explain[BENCH_ROUNDS],
                guest[BENCH_ROUNDS];
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        g_autoptr(Host) host = NULL;
        Bench bench = {};
        gsize n;

        if (argc != 2 || !g_file_get_contents(argv[1], &text, &n, &error) ||
            !(host = recording_parse(text, n, &error))) {
                fprintf(stderr, "bench-check: %s\n",
                        error ? error->message : "expected a recording");
                return 2;
        }

        bench.offer = offer_new(host, capability_set_default());
        bench.offered = offer_to_table(bench.offer);
        make_guests(&bench);
        if (!check_accepts(bench.offer, bench.fits)) {
                fprintf(stderr, "bench-check: the offer's own table is not accepted at once\n");
                return 1;
        }

        for (size_t i = 0; i < BENCH_ROUNDS; i++) {
                compare[i] = time_of(&bench, run_memcmp, REPEAT * 10);
                accept[i] = time_of(&bench, run_accept, REPEAT * 10);
                explain[i] = time_of(&bench, run_explain, REPEAT / 100);
                guest[i] = time_of(&bench, run_guest, REPEAT / 10);
        }

        bench_print("accept : memcmp of the two tables", accept, compare, BENCH_ROUNDS, 3);
        bench_print("guest from its rows, then accept : accept", guest, accept, BENCH_ROUNDS, 0);
        bench_print("explain three findings : accept", explain, accept, BENCH_ROUNDS, 0);

        guest_free(bench.fits);
        guest_free(bench.does_not);
        leaf_table_free(bench.same);
        leaf_table_free(bench.offered);
        offer_free(bench.offer);
        return 0;
}
