/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rate of the TSC: who tells it, and who can keep it */

#include <string.h>

#include "tests/unit/support.h"

#define INVARIANT                                                          \
        LEAF(1, 0, .edx = BIT(4)), LEAF(0x80000000, 0, .eax = 0x80000008), \
                LEAF(0x80000007, 0, .edx = BIT(8))
#define KVM_LEAVES(khz)                                                                            \
        LEAF(0x40000000, 0, .eax = 0x40000010, .ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x4d), \
                LEAF(0x40000010, 0, .eax = (khz))

typedef struct TscCase {
        const char *name;
        TestRow guest[N_TEST_ROWS];
        uint64_t guest_khz;
        uint64_t host_khz;
        int scaling; /* KVM_CAP_TSC_CONTROL, -1: not recorded */
        const char *tolerance;
        bool is_told_by_host; /* the offer has the guest's rows */
        Severity severity;
        Cause cause;
        const char *message; /* a part of it */
} TscCase;

/* Fine here, and not everywhere */
#define BOUND .severity = SEVERITY_NOTE, .message = "moves only to hosts that"

static const TscCase tsc_cases[] = {
        { .name = "same",
          .guest = { INVARIANT },
          .guest_khz = 2000000,
          .host_khz = 2000000,
          BOUND },
        { .name = "not-given", .guest = { INVARIANT }, .host_khz = 2000000 },
        { .name = "at-the-tolerance",
          .guest = { INVARIANT },
          .guest_khz = 2000500,
          .host_khz = 2000000,
          BOUND },
        { .name = "below-by-the-tolerance",
          .guest = { INVARIANT },
          .guest_khz = 1999500,
          .host_khz = 2000000,
          BOUND },
        {
                .name = "beyond-the-tolerance",
                .guest = { INVARIANT },
                .guest_khz = 2000501,
                .host_khz = 2000000,
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "runs at 2000.501 MHz, the host's at 2000.000 MHz",
        },
        { .name = "tolerance-is-a-parameter",
          .guest = { INVARIANT },
          .guest_khz = 2001000,
          .host_khz = 2000000,
          .tolerance = "500",
          BOUND },
        {
                .name = "no-tolerance",
                .guest = { INVARIANT },
                .guest_khz = 2000001,
                .host_khz = 2000000,
                .tolerance = "0",
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "promised an invariant TSC",
        },
        { .name = "scaled",
          .guest = { INVARIANT },
          .guest_khz = 1000000,
          .host_khz = 2000000,
          .scaling = 1,
          BOUND },
        { .name = "scaled-from-what-was-not-recorded",
          .guest = { INVARIANT },
          .guest_khz = 1000000,
          .scaling = 1,
          BOUND },
        {
                .name = "rate-not-recorded",
                .guest = { INVARIANT },
                .guest_khz = 1000000,
                .severity = SEVERITY_NOTE,
                .message = "does not tell how fast",
        },
        {
                .name = "scaling-not-recorded",
                .guest = { INVARIANT },
                .guest_khz = 1000000,
                .host_khz = 2000000,
                .scaling = -1,
                .severity = SEVERITY_NOTE,
                .message = "does not tell whether",
        },
        { .name = "same-with-scaling-not-recorded",
          .guest = { INVARIANT },
          .guest_khz = 2000000,
          .host_khz = 2000000,
          .scaling = -1,
          BOUND },
        {
                .name = "slower-and-not-invariant",
                .guest = { LEAF(7, 0) },
                .guest_khz = 1000000,
                .host_khz = 2000000,
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "KVM refuses the slower rate",
        },
        {
                .name = "faster-and-not-invariant",
                .guest = { LEAF(7, 0) },
                .guest_khz = 3000000,
                .host_khz = 2000000,
                .severity = SEVERITY_WARNING,
                .cause = CAUSE_CPU,
                .message = "catch up in jumps",
        },
        {
                .name = "told-by-kvms-leaf",
                .guest = { INVARIANT, KVM_LEAVES(2600000) },
                .host_khz = 2000000,
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "2600.000 MHz",
        },
        { .name = "given-before-told",
          .guest = { INVARIANT, KVM_LEAVES(2600000) },
          .guest_khz = 2000000,
          .host_khz = 2000000,
          BOUND },
        {
                .name = "told-by-the-crystal",
                .guest = { INVARIANT, LEAF(0x15, 0, .eax = 2, .ebx = 200, .ecx = 24000000) },
                .host_khz = 2000000,
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "2400.000 MHz",
        },
        {
                .name = "told-by-the-crystal-and-the-same",
                .guest = { INVARIANT, LEAF(0x15, 0, .eax = 2, .ebx = 200, .ecx = 24000000) },
                .host_khz = 2400000,
        },
        {
                .name = "told-by-the-box-and-the-same-but-for-rounding",
                .guest = { INVARIANT, LEAF(0x15, 0, .eax = 2, .ebx = 200),
                           LEAF(0x16, 0, .eax = 2394) },
                .host_khz = 2394460,
        },
        {
                .name = "told-by-the-box-and-another",
                .guest = { INVARIANT, LEAF(0x15, 0, .eax = 2, .ebx = 200),
                           LEAF(0x16, 0, .eax = 2600) },
                .host_khz = 2394460,
                .severity = SEVERITY_ERROR,
                .cause = CAUSE_CPU,
                .message = "2600.000 MHz",
        },
        { .name = "box-without-a-ratio",
          .guest = { INVARIANT, LEAF(0x16, 0, .eax = 2600) },
          .host_khz = 2000000 },
        {
                .name = "told-by-the-offer-itself",
                .guest = { INVARIANT, LEAF(0x15, 0, .eax = 2, .ebx = 200, .ecx = 24000000) },
                .host_khz = 2000000,
                .is_told_by_host = true,
        },
};

static Host *host_of(const TscCase *c) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(LeafTable) table = test_table(c->guest), offered = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (c->is_told_by_host || (row->leaf != 0x15 && row->leaf != 0x40000010))
                        leaf_table_add(offered, row);
        }

        host_take_table(host, HOST_SUPPORTED, g_steal_pointer(&offered));
        host_info_mutable(host)->tsc_khz = c->host_khz;
        if (c->scaling >= 0) {
                host_set_extensions_recorded(host);
                host_set_extension(host, "KVM_CAP_IRQCHIP", 1);
        }
        if (c->scaling > 0)
                host_set_extension(host, "KVM_CAP_TSC_CONTROL", c->scaling);
        if (c->tolerance)
                host_set_parameter(host, "kvm.tsc_tolerance_ppm", c->tolerance);
        g_assert_true(host_seal(host, &error));
        g_assert_no_error(error);
        return g_steal_pointer(&host);
}

static const Finding *find_tsc(const Verdict *verdict) {
        return test_finding_at(verdict, "tsc");
}

static void test_tsc(gconstpointer data) {
        const TscCase *c = data;
        g_autoptr(Host) host = host_of(c);
        g_autoptr(Guest) guest = test_guest(c->guest);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {}, strict = {};
        const Finding *finding;

        guest->tsc_khz = c->guest_khz;
        check(offer, guest, 0, &verdict);
        finding = find_tsc(&verdict);
        if (!c->message) {
                if (finding)
                        g_error("unexpected: %s", finding->message);
                return;
        }

        g_assert_nonnull(finding);
        g_assert_false(check_accepts(offer, guest));
        g_assert_true(finding == verdict.findings->pdata[verdict.findings->len - 1]);
        g_assert_cmpstr(severity_to_string(finding->severity), ==, severity_to_string(c->severity));
        g_assert_cmpstr(cause_to_string(finding->cause), ==, cause_to_string(c->cause));
        g_assert_cmpuint(finding->host, ==, c->host_khz);
        if (!strstr(finding->message, c->message))
                g_error("'%s' without '%s'", finding->message, c->message);

        check(offer, guest, CHECK_STRICT, &strict);
        g_assert_cmpint(find_tsc(&strict)->severity, ==,
                        c->severity == SEVERITY_NOTE ? SEVERITY_NOTE : SEVERITY_ERROR);
}

/* Nothing to be found: the fast way says so, with a rate and without. */
static void test_fast_way(void) {
        static const TscCase same = { .guest = { INVARIANT }, .host_khz = 2000000 };
        g_autoptr(Host) host = host_of(&same);
        g_autoptr(Guest) guest = test_guest(same.guest);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);

        g_assert_true(check_accepts(offer, guest));
        guest->tsc_khz = 2000000;
        g_assert_false(check_accepts(offer, guest)); /* a note is to be made */
        guest->words->word[field_find("invtsc")->word] = 0;
        g_assert_true(check_accepts(offer, guest));
        guest->tsc_khz = 2100000;
        g_assert_false(check_accepts(offer, guest));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(tsc_cases); i++) {
                g_autofree char *path = g_strconcat("/tsc/", tsc_cases[i].name, NULL);

                g_test_add_data_func(path, &tsc_cases[i], test_tsc);
        }
        g_test_add_func("/tsc/fast-way", test_fast_way);

        return g_test_run();
}
