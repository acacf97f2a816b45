/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest contradicts itself in, on hosts that have all that it asks for, and on hosts that
 * contradict themselves as well */

#include <string.h>

#include "tests/unit/support.h"

/* 0x1.0:edx and :ecx, all that they need with them */
#define SSE2 (BIT(0) | BIT(24) | BIT(25) | BIT(26)) /* with fpu, fxsr, sse */
#define PAE BIT(6)
#define FMA BIT(12)
#define XSAVE BIT(26)
#define AVX BIT(28)
/* 0x7.0 */
#define AVX2 BIT(5)
/* 0x80000001.0:edx */
#define LM BIT(29)

#define INTEL LEAF(0, 0, .eax = 0x1f, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69)
#define AMD LEAF(0, 0, .eax = 0x10, .ebx = 0x68747541, .ecx = 0x444d4163, .edx = 0x69746e65)
#define AVX_STATE LEAF(0xd, 2, .eax = 256, .ebx = 576)
/* Sizes and places of states are not known. */
#define STATES LEAF(1, 0, .ecx = XSAVE, .edx = SSE2), LEAF(0xd, 0, .eax = 0x207)

typedef struct Expected {
        const char *where;
        const char *parts[3]; /* of the message, with the names and the other place */
        Severity severity;    /* SEVERITY_NONE: a warning */
        Cause cause;          /* CAUSE_UNKNOWN: the guest */
} Expected;

typedef struct DependencyCase {
        const char *name;
        TestRow host[N_TEST_ROWS];
        TestRow guest[N_TEST_ROWS];
        CheckFlags flags;
        Expected expect[4]; /* and nothing else; notes too */
} DependencyCase;

static const DependencyCase dependency_cases[] = {
        {
                .name = "nothing-is-missing",
                .host = { LEAF(1, 0, .ecx = XSAVE | AVX | FMA, .edx = SSE2), LEAF(7, 0, .ebx = AVX2), LEAF(0xd, 0, .eax = 7), AVX_STATE },
                .guest = { LEAF(1, 0, .ecx = XSAVE | AVX | FMA, .edx = SSE2), LEAF(7, 0, .ebx = AVX2), LEAF(0xd, 0, .eax = 7), AVX_STATE },
        },
        {
                .name = "avx2-without-avx-and-xsave-is-told-once",
                .host = { LEAF(1, 0, .ecx = XSAVE | AVX, .edx = SSE2), LEAF(7, 0, .ebx = AVX2), LEAF(0xd, 0, .eax = 7), AVX_STATE },
                .guest = { LEAF(1, 0, .edx = SSE2), LEAF(7, 0, .ebx = AVX2) },
                .expect = { { "0x7.0:ebx[5]", { "the guest has AVX2 (0x7.0:ebx[5]) but not AVX (0x1.0:ecx[28]) nor XSAVE (0x1.0:ecx[26])" } } },
        },
        {
                .name = "a-chain-is-told-where-it-breaks",
                .host = { LEAF(1, 0, .ecx = XSAVE | AVX | FMA, .edx = SSE2), LEAF(0xd, 0, .eax = 7), AVX_STATE },
                .guest = { LEAF(1, 0, .ecx = AVX | FMA, .edx = SSE2), LEAF(0xd, 0, .eax = 4), AVX_STATE },
                .expect = {
                        { "0x1.0:ecx[28]", { "AVX (0x1.0:ecx[28])", "XSAVE (0x1.0:ecx[26])" } },
                        { "0xd.0:eax[2]", { "SSE state (0xd.0:eax[1])" } },
                },
        },
        {
                .name = "long-mode-without-address-widths",
                .host = { LEAF(1, 0, .edx = PAE), LEAF(0x80000001, 0, .edx = LM), LEAF(0x80000008, 0, .eax = 0x3028) },
                .guest = { LEAF(1, 0, .edx = PAE), LEAF(0x80000001, 0, .edx = LM) },
                .expect = { { "0x80000001.0:edx[29]", { "long mode (0x80000001.0:edx[29])", "MAXPHYADDR (0x80000008.0:eax[7:0])" } } },
        },
        {
                .name = "an-offer-that-contradicts-itself-serves-a-guest-that-does",
                .host = { LEAF(7, 0, .ebx = AVX2) },
                .guest = { LEAF(7, 0, .ebx = AVX2) },
        },
        {
                .name = "only-what-the-offer-has-is-told-of",
                .host = { LEAF(1, 0, .ecx = XSAVE, .edx = SSE2), LEAF(7, 0, .ebx = AVX2) },
                .guest = { LEAF(7, 0, .ebx = AVX2) },
                .expect = { { "0x7.0:ebx[5]", { "but not XSAVE (0x1.0:ecx[26]), without" } } },
        },
        {
                .name = "what-is-an-error-is-not-told-again",
                .host = { LEAF(7, 0) },
                .guest = { LEAF(7, 0, .ebx = AVX2) },
                .expect = { { "0x7.0:ebx[5]", { "the guest has AVX2" }, SEVERITY_ERROR, CAUSE_CPU } },
        },
        {
                .name = "strict",
                .host = { LEAF(1, 0, .ecx = XSAVE | AVX, .edx = SSE2), LEAF(7, 0, .ebx = AVX2), LEAF(0xd, 0, .eax = 7), AVX_STATE },
                .guest = { LEAF(7, 0, .ebx = AVX2) },
                .flags = CHECK_STRICT,
                .expect = { { "0x7.0:ebx[5]", { "XSAVE" }, SEVERITY_ERROR } },
        },
        {
                .name = "copies-that-are-one-with-what-they-repeat",
                .host = { AMD, LEAF(1, 0, .edx = SSE2 | BIT(1)), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(1) | BIT(24)) },
                .guest = { AMD, LEAF(1, 0, .edx = SSE2), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(24)) },
        },
        {
                .name = "a-copy-too-few-and-one-too-many",
                .host = { AMD, LEAF(1, 0, .edx = SSE2 | BIT(1) | BIT(2)), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(1) | BIT(2) | BIT(24)) },
                .guest = { AMD, LEAF(1, 0, .edx = SSE2 | BIT(1)), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(2) | BIT(24)) },
                .expect = {
                        { "0x80000001.0:edx[1]", { "the guest has VME (0x1.0:edx[1]) but not VME (copy) (0x80000001.0:edx[1])", "repeats it", "AMD or Hygon" } },
                        { "0x80000001.0:edx[2]", { "(copy) (0x80000001.0:edx[2]) but not debugging extensions (0x1.0:edx[2])", "it repeats" } },
                },
        },
        {
                .name = "the-copy-that-kvm-does-not-keep-in-step",
                .host = { AMD, LEAF(1, 0, .edx = SSE2 | BIT(9)), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(9) | BIT(24)) },
                .guest = { AMD, LEAF(1, 0, .edx = SSE2), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(9) | BIT(24)) },
        },
        {
                .name = "intel-repeats-nothing",
                .host = { INTEL, LEAF(1, 0, .edx = SSE2), LEAF(0x80000001, 0, .edx = BIT(11)) },
                .guest = { INTEL, LEAF(1, 0, .edx = SSE2), LEAF(0x80000001, 0, .edx = BIT(11)) },
        },
        {
                .name = "no-extended-features-at-all-repeat-nothing",
                .host = { AMD, LEAF(1, 0, .edx = SSE2), LEAF(0x80000001, 0, .edx = BIT(0) | BIT(24)) },
                .guest = { AMD, LEAF(1, 0, .edx = SSE2) },
        },
        {
                .name = "a-filled-leaf-above-the-guests-own-maximum",
                .host = { LEAF(0, 0, .eax = 0x1f), LEAF(7, 0, .ebx = AVX2) },
                .guest = { LEAF(0, 0, .eax = 6), LEAF(6, 0, .eax = 0), LEAF(7, 0, .ebx = AVX2) },
                .expect = { { "0x0.0:eax", { "highest basic leaf (0x0.0:eax) is 0x6", "0x7.0 (" } } },
        },
        {
                .name = "the-extended-range-has-a-maximum-of-its-own",
                .host = { LEAF(0, 0, .eax = 0x1f), LEAF(0x80000000, 0, .eax = 0x80000008), LEAF(0x80000008, 0, .eax = 0x3028) },
                .guest = { LEAF(0, 0, .eax = 0x1f), LEAF(0x80000000, 0, .eax = 0x80000001), LEAF(0x80000008, 0, .eax = 0x3028) },
                .expect = { { "0x80000000.0:eax", { "(0x80000000.0:eax) is 0x80000001", "0x80000008.0" } } },
        },
        {
                .name = "an-echo-of-the-highest-leaf-and-zero-rows-are-noise",
                .host = { LEAF(0, 0, .eax = 0x1f), LEAF(7, 0, .ebx = BIT(3)) },
                .guest = { LEAF(0, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(3)), LEAF(8, 0), LEAF(0x20000000, 0, .ebx = BIT(3)) },
        },
        {
                .name = "states-that-lie-upon-each-other",
                .host = { STATES },
                .guest = { STATES, LEAF(0xd, 2, .eax = 256, .ebx = 576), LEAF(0xd, 9, .eax = 8, .ebx = 831) },
                .expect = { { "0xd.9:ebx", { "PKRU state offset (0xd.9:ebx)", "831", "AVX state offset (0xd.2:ebx)" } } },
        },
        {
                .name = "states-side-by-side",
                .host = { STATES },
                .guest = { STATES, LEAF(0xd, 2, .eax = 256, .ebx = 584), LEAF(0xd, 9, .eax = 8, .ebx = 576) },
        },
        {
                .name = "a-state-upon-the-legacy-area",
                .host = { STATES },
                .guest = { STATES, LEAF(0xd, 2, .eax = 256, .ebx = 512) },
                .expect = { { "0xd.2:ebx", { "AVX state offset (0xd.2:ebx)", "512", "576" } } },
        },
        {
                .name = "a-state-that-the-guest-does-not-enable",
                .host = { STATES },
                .guest = { LEAF(1, 0, .ecx = XSAVE, .edx = SSE2), LEAF(0xd, 0, .eax = 7), LEAF(0xd, 2, .eax = 256, .ebx = 576), LEAF(0xd, 9, .eax = 8, .ebx = 576) },
        },
        {
                .name = "pkru-is-elsewhere-on-amd",
                .host = { STATES, LEAF(0xd, 9, .eax = 8, .ebx = 832) },
                .guest = { STATES, LEAF(0xd, 9, .eax = 8, .ebx = 2688) },
                .expect = { { "0xd.9:ebx", { "2688", "832" }, SEVERITY_ERROR, CAUSE_CPU } },
        },
        {
                .name = "enclaves-with-a-state-that-the-offer-has-not",
                .host = { LEAF(7, 0, .ebx = BIT(2)), LEAF(0x12, 0, .eax = 1), LEAF(0x12, 1, .ecx = 0x60003) },
                .guest = { LEAF(7, 0, .ebx = BIT(2)), LEAF(0x12, 0, .eax = 1), LEAF(0x12, 1, .ecx = 0x60003) },
                .expect = { { "0x12.1:ecx[18:17]", { "tile state" }, SEVERITY_ERROR, CAUSE_CPU } },
        },
        {
                .name = "enclaves-with-a-state-that-the-guest-has-not",
                .host = { STATES, LEAF(7, 0, .ebx = BIT(2)), LEAF(0x12, 0, .eax = 1), LEAF(0x12, 1, .ecx = 0x207) },
                .guest = { LEAF(1, 0, .ecx = XSAVE, .edx = SSE2), LEAF(0xd, 0, .eax = 7), LEAF(7, 0, .ebx = BIT(2)), LEAF(0x12, 0, .eax = 1), LEAF(0x12, 1, .ecx = 0x207) },
                .expect = { { "0x12.1:ecx[9]", { "(0x12.1:ecx[9])", "(0xd.0:eax[9])" }, SEVERITY_NOTE } },
        },
        {
                .name = "enclaves-without-sgx-are-more-than-that",
                .host = { STATES, LEAF(7, 0, .ebx = BIT(2)), LEAF(0x12, 0, .eax = 1), LEAF(0x12, 1, .ecx = 0x204) },
                .guest = { LEAF(1, 0, .ecx = XSAVE, .edx = SSE2), LEAF(0xd, 0, .eax = 7), LEAF(0x12, 1, .ecx = 0x200) },
                .expect = { { "0x12.1:ecx[9]", { "SGX1 (0x12.0:eax[0]) nor", "(0xd.0:eax[9])" } } },
        },
};

static void check_finding(const Finding *finding, const Expected *expected) {
        g_autofree char *where = finding_where(finding);

        g_assert_cmpstr(where, ==, expected->where);
        g_assert_cmpstr(severity_to_string(finding->severity), ==,
                        severity_to_string(expected->severity ?: SEVERITY_WARNING));
        g_assert_cmpint(finding->cause == CAUSE_GUEST, ==, expected->cause == CAUSE_UNKNOWN);
        for (size_t i = 0; i < G_N_ELEMENTS(expected->parts) && expected->parts[i]; i++)
                if (!strstr(finding->message, expected->parts[i]))
                        g_error("expected '%s' in '%s'", expected->parts[i], finding->message);
}

static void test_dependency_case(gconstpointer data) {
        const DependencyCase *c = data;
        g_autoptr(Host) host = test_host(c->host);
        g_autoptr(Guest) guest = test_guest(c->guest);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};
        size_t n = 0;

        check(offer, guest, c->flags, &verdict);
        for (; n < G_N_ELEMENTS(c->expect) && c->expect[n].where; n++) {
                g_assert_nonnull(verdict.findings);
                g_assert_cmpuint(n, <, verdict.findings->len);
                check_finding(g_ptr_array_index(verdict.findings, n), &c->expect[n]);
        }

        if (verdict.findings && verdict.findings->len > n)
                g_error("unexpected: %s",
                        ((Finding *) g_ptr_array_index(verdict.findings, n))->message);

        g_assert_cmpint(verdict.kind, ==,
                        verdict_count(&verdict, SEVERITY_ERROR) ? VERDICT_UNSUPPORTED :
                                                                  VERDICT_SUPPORTED);
        g_assert_cmpint(check_accepts(offer, guest), <=, n == 0);
}

/* Only a guest that contradicts itself takes the way that explains. */
static void test_fast_way(void) {
        const TestRow rows[N_TEST_ROWS] = { LEAF(1, 0, .ecx = XSAVE | AVX, .edx = SSE2),
                                            LEAF(0xd, 0, .eax = 7), AVX_STATE },
                      lost[N_TEST_ROWS] = { LEAF(1, 0, .ecx = AVX, .edx = SSE2) };
        g_autoptr(Host) host = test_host(rows);
        g_autoptr(Guest) guest = test_guest(rows), broken = test_guest(lost);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);

        g_assert_true(check_accepts(offer, guest));
        g_assert_false(check_accepts(offer, broken));
}

/* The tile data's bit of XCR0 taken away from a guest that may use tiles */
static void test_tiles_without_their_state(void) {
        const Expected expected = { "0x7.0:edx[24]",
                                    { "AMX-TILE (0x7.0:edx[24])", "tile data (0xd.0:eax[18])" } };
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Offer) offer = offer_new(host, host_capabilities(host));
        g_autoptr(Guest) guest = test_guest_of_offer_with(offer, field_find("xcr0_xtiledata"), 0);
        g_auto(Verdict) verdict = {};

        check(offer, guest, 0, &verdict);
        g_assert_cmpuint(verdict_count(&verdict, SEVERITY_ERROR), ==, 0);
        g_assert_nonnull(test_finding_at(&verdict, expected.where));
        check_finding(test_finding_at(&verdict, expected.where), &expected);
}

/* Size and offset of every state that XCR0 or XSS can have are compared where the guest has it. */
static void test_states_are_compared(void) {
        for (unsigned i = 2; i <= 19; i++)
                for (Register reg = REGISTER_EAX; reg <= REGISTER_EBX; reg++) {
                        const Field *field = field_at(FIELD_INTERFACE_CPU, 0xd, i, reg, 0);
                        const Field *when;

                        g_assert_nonnull(field);
                        g_assert_cmpint(field->rule, ==, FIELD_RULE_EQUAL);
                        g_assert_cmpint(field->when, !=, FIELD_NONE);
                        when = &field_table[field->when];
                        g_assert_cmpuint(when->leaf, ==, 0xd);
                        g_assert_cmpuint(when->low, ==, i);

                        /* What is in XCR0 has a place in the standard form. */
                        g_assert_cmpint(field->span != FIELD_NONE, ==,
                                        reg == REGISTER_EBX && when->subleaf == 0);
                }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(dependency_cases); i++) {
                g_autofree char *path = g_strconcat("/dependency/", dependency_cases[i].name, NULL);

                g_test_add_data_func(path, &dependency_cases[i], test_dependency_case);
        }

        g_test_add_func("/dependency/fast-way", test_fast_way);
        g_test_add_func("/dependency/tiles-without-their-state", test_tiles_without_their_state);
        g_test_add_func("/dependency/states-are-compared", test_states_are_compared);
        return g_test_run();
}
