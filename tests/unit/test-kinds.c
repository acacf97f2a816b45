/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is offered by a host whose CPUs are of several kinds */

#include "policy/cause.h"
#include "policy/place.h"
#include "tests/unit/support.h"

typedef struct KindsCase {
        const char *name;
        TestRow base[N_TEST_ROWS];
        TestRow other[N_TEST_ROWS]; /* rows in which the second kind differs */
        const char *place;
        uint32_t expect; /* what is offered there, shifted down to bit 0 */
} KindsCase;

static const KindsCase kinds_cases[] = {
        {
                .name = "feature-that-only-the-first-has",
                .base = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) },
                .other = { LEAF(7, 0, .ebx = BIT(8)) },
                .place = "0x7.0:ebx[8:5]",
                .expect = 0x8,
        },
        {
                .name = "feature-that-only-the-other-has",
                .base = { LEAF(7, 0, .ebx = BIT(8)) },
                .other = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) },
                .place = "0x7.0:ebx[8:5]",
                .expect = 0x8,
        },
        {
                .name = "reserved-bits",
                .base = { LEAF(0x7fff, 0, .eax = 3) },
                .other = { LEAF(0x7fff, 0, .eax = 6) },
                .place = "0x7fff.0:eax",
                .expect = 2,
        },
        {
                .name = "missing-on-one-is-missing",
                .base = { LEAF(7, 0, .ebx = BIT(13)) },
                .other = { LEAF(7, 0, .ebx = BIT(6)) },
                .place = "0x7.0:ebx[13:6]",
                .expect = 0x81,
        },
        {
                .name = "missing-where-the-first-has-no-row",
                .base = { LEAF(0, 0, .eax = 7) },
                .other = { LEAF(7, 0, .ebx = BIT(6)) },
                .place = "0x7.0:ebx[6]",
                .expect = 1,
        },
        {
                .name = "a-row-that-the-other-lacks",
                .base = { LEAF(7, 1, .eax = BIT(4)) },
                .other = { LEAF(7, 1) },
                .place = "0x7.1:eax",
                .expect = 0,
        },
        {
                .name = "smallest-number",
                .base = { LEAF(0x80000008, 0, .eax = 0x302e) },
                .other = { LEAF(0x80000008, 0, .eax = 0x3027) },
                .place = "0x80000008.0:eax[15:0]",
                .expect = 0x3027,
        },
        {
                .name = "equal-that-is-not",
                .base = { LEAF(1, 0, .ebx = 0x800) },
                .other = { LEAF(1, 0, .ebx = 0x400) },
                .place = "0x1.0:ebx[15:8]",
                .expect = 0,
        },
        {
                .name = "state-that-is-laid-out-differently",
                .base = { LEAF(0xd, 0, .eax = 7), LEAF(0xd, 2, .eax = 256, .ebx = 576) },
                .other = { LEAF(0xd, 2, .eax = 256, .ebx = 640) },
                .place = "0xd.0:eax[2:0]",
                .expect = 3,
        },
        {
                .name = "state-that-only-one-has",
                .base = { LEAF(0xd, 0, .eax = 0xe7), LEAF(0xd, 5, .eax = 64, .ebx = 1088) },
                .other = { LEAF(0xd, 0, .eax = 7), LEAF(0xd, 5) },
                .place = "0xd.0:eax",
                .expect = 7,
        },
        {
                .name = "model-is-the-first-ones",
                .base = { LEAF(1, 0, .eax = 0x90672) },
                .other = { LEAF(1, 0, .eax = 0xb06e0) },
                .place = "0x1.0:eax",
                .expect = 0x90672,
        },
        {
                .name = "caches-are-the-first-ones",
                .base = { LEAF(4, 1, .ecx = 63) },
                .other = { LEAF(4, 1, .ecx = 127) },
                .place = "0x4.1:ecx",
                .expect = 63,
        },
};

/* Without a maximum nothing is above it */
static Host *host_of_kinds(const TestRow *base, const TestRow *other) {
        g_autoptr(LeafTable) rows = test_table(other);
        g_autoptr(Host) host = host_new();
        Kinds *kinds = host_kinds_mutable(host);
        g_autoptr(GError) error = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(base));
        g_assert_true(kinds_add(kinds, "0-15", &error));
        g_assert_true(kinds_add(kinds, "16-23", &error));
        for (size_t i = 0; i < leaf_table_size(rows); i++)
                g_assert_true(kinds_add_row(kinds, leaf_table_at(rows, i), &error));
        g_assert_true(host_seal(host, &error));
        return g_steal_pointer(&host);
}

static uint32_t value_in(const LeafTable *table, const Place *place) {
        const Leaf *row = leaf_table_find(table, place->leaf, place->subleaf);

        return row ? (row->registers[place->reg] >> place->low) &
                        (UINT32_MAX >> (31 - (place->high - place->low))) :
                     0;
}

static void test_combine(gconstpointer data) {
        const KindsCase *c = data;
        g_autoptr(Host) host = host_of_kinds(c->base, c->other);
        g_autoptr(Offer) offer = offer_new(host, 0);
        g_autoptr(LeafTable) offered = offer_to_table(offer), recorded = test_table(c->base);
        g_autoptr(Guest) guest = test_guest_of_offer(offer);
        g_auto(Verdict) verdict = {};
        Place place;

        g_assert_true(place_parse(c->place, &place, NULL));
        g_assert_cmphex(value_in(offered, &place), ==, c->expect);
        check(offer, guest, CHECK_STRICT, &verdict);
        g_assert_null(verdict.findings);

        /* What was recorded stays */
        g_assert_cmphex(value_in(host_table(host, HOST_SUPPORTED), &place), ==,
                        value_in(recorded, &place));
}

/* Who says that a bit varies, and not how, gets no promise; who says how gets what is common. */
static void test_varying_is_settled(void) {
        const TestRow base[N_TEST_ROWS] = { LEAF(0x7fff, 0, .eax = 3) },
                      other[N_TEST_ROWS] = { LEAF(0x7fff, 0, .eax = 1) };
        const Place place = { .leaf = 7, .subleaf = 0, .reg = REGISTER_EBX, .low = 5, .high = 8 };
        const TestRow features[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) },
                      fewer[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5)) };
        g_autoptr(Host) told = host_new(), varying = host_new();
        g_autoptr(LeafTable) rows = test_table(fewer);
        g_autoptr(Host) reserved = host_of_kinds(base, other);
        g_autoptr(Offer) with_kinds = NULL, without = NULL;
        const Field *avx2 = field_find("avx2"), *bmi2 = field_find("bmi2");

        host_take_table(told, HOST_SUPPORTED, test_table(features));
        host_add_varying(told, &place);
        g_assert_true(kinds_add(host_kinds_mutable(told), "1", NULL));
        g_assert_true(kinds_add_row(host_kinds_mutable(told), leaf_table_at(rows, 0), NULL));
        g_assert_true(host_seal(told, NULL));
        with_kinds = offer_new(told, 0);
        g_assert_cmpuint(words_get(with_kinds->words, avx2), ==, 1);
        g_assert_cmpuint(words_get(with_kinds->words, bmi2), ==, 0);

        host_take_table(varying, HOST_SUPPORTED, test_table(features));
        host_add_varying(varying, &place);
        g_assert_true(host_seal(varying, NULL));
        without = offer_new(varying, 0);
        g_assert_cmpuint(words_get(without->words, avx2), ==, 0);
        g_assert_cmpuint(words_get(without->words, bmi2), ==, 0);

        g_assert_cmphex(words_extra(host_words(reserved, HOST_SUPPORTED), 0x7fff, 0, REGISTER_EAX),
                        ==, 1);
}

/* A view adds to what one CPU answered; it gives back nothing that another lacks. */
static void test_view(void) {
        const TestRow base[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) },
                      other[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(8)) },
                      view[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5) | BIT(8), .edx = BIT(24)) };
        g_autoptr(LeafTable) rows = test_table(other);
        g_autoptr(Host) host = host_new();
        const Words *words;

        host_take_table(host, HOST_SUPPORTED, test_table(base));
        host_take_view(host, "xcomp.amx", test_table(view));
        g_assert_true(kinds_add(host_kinds_mutable(host), "1", NULL));
        g_assert_true(kinds_add_row(host_kinds_mutable(host), leaf_table_at(rows, 0), NULL));
        g_assert_true(host_seal(host, NULL));

        words = host_view_words(host, "xcomp.amx");
        g_assert_cmpuint(words_get(words, field_find("avx2")), ==, 0);
        g_assert_cmpuint(words_get(words, field_find("bmi2")), ==, 1);
        g_assert_cmpuint(words_get(words, field_find("amx_tile")), ==, 1);
}

/* It covers what is offered: what only one kind has makes no difference. */
static void test_fingerprint(void) {
        const TestRow more[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5) | BIT(8)) },
                      less[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(8)) };
        g_autoptr(Host) kinds = host_of_kinds(more, less), alike = test_host(less),
                        other = test_host(more);

        g_assert_cmpstr(host_fingerprint(kinds), ==, host_fingerprint(alike));
        g_assert_cmpstr(host_fingerprint(kinds), !=, host_fingerprint(other));
}

static void test_cause(void) {
        const TestRow more[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5)) },
                      less[N_TEST_ROWS] = { LEAF(7, 0) };
        g_autoptr(Host) host = host_of_kinds(more, less);
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest = test_guest(more);
        g_auto(Verdict) verdict = {};
        const Finding *finding;

        check(offer, guest, 0, &verdict);
        finding = test_finding_at(&verdict, "0x7.0:ebx[5]");
        g_assert_nonnull(finding);
        g_assert_cmpint(finding->cause, ==, CAUSE_CPU);
        g_assert_cmpstr(finding->message, ==,
                        "the guest has AVX2; of this host's CPUs only 0-15 have it");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(kinds_cases); i++) {
                g_autofree char *path = g_strconcat("/kinds/", kinds_cases[i].name, NULL);

                g_test_add_data_func(path, &kinds_cases[i], test_combine);
        }
        g_test_add_func("/kinds/varying-is-settled", test_varying_is_settled);
        g_test_add_func("/kinds/view", test_view);
        g_test_add_func("/kinds/fingerprint", test_fingerprint);
        g_test_add_func("/kinds/cause", test_cause);

        return g_test_run();
}
