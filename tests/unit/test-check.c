/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every rule, on a host and a guest of a few rows each */

#include "tests/unit/support.h"

typedef struct Expected {
        const char *where;
        Severity severity;
        Cause cause;
} Expected;

typedef struct CheckCase {
        const char *name;
        TestRow host[N_TEST_ROWS];
        TestRow guest[N_TEST_ROWS];
        CheckFlags flags;
        VerdictKind kind;
        Expected expect[4]; /* and nothing else; notes too */
} CheckCase;

static const CheckCase check_cases[] = {
        {
                .name = "guest-asks-for-avx2-the-host-lacks",
                .host = { LEAF(7, 0, .ebx = 0) },
                .guest = { LEAF(7, 0, .ebx = BIT(5)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x7.0:ebx[5]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "host-has-more-than-the-guest-asks-for",
                .host = { LEAF(7, 0, .ebx = BIT(5)) },
                .guest = { LEAF(7, 0, .ebx = 0) },
        },
        {
                .name = "copy-of-what-the-host-has",
                .host = { LEAF(1, 0, .edx = BIT(0)), LEAF(0x80000001, 0, .edx = 0) },
                .guest = { LEAF(1, 0, .edx = BIT(0)), LEAF(0x80000001, 0, .edx = BIT(0)) },
        },
        {
                .name = "copy-of-what-the-host-lacks",
                .host = { LEAF(1, 0, .edx = 0), LEAF(0x80000001, 0, .edx = 0) },
                .guest = { LEAF(1, 0, .edx = BIT(0)), LEAF(0x80000001, 0, .edx = BIT(0)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x1.0:edx[0]", SEVERITY_ERROR, CAUSE_UNKNOWN },
                            { "0x80000001.0:edx[0]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "bit-beside-copies-that-the-host-lacks",
                .host = { LEAF(1, 0, .edx = BIT(0)), LEAF(0x80000001, 0, .edx = 0) },
                .guest = { LEAF(1, 0, .edx = BIT(0)),
                           LEAF(0x80000001, 0, .edx = BIT(0) | BIT(22)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x80000001.0:edx[22]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "hint-is-a-warning",
                .host = { LEAF(7, 0) },
                .guest = { LEAF(7, 0, .ebx = BIT(9)) },
                .expect = { { "0x7.0:ebx[9]", SEVERITY_WARNING, CAUSE_UNKNOWN } },
        },
        {
                .name = "strict-makes-a-warning-an-error",
                .host = { LEAF(7, 0) },
                .guest = { LEAF(7, 0, .ebx = BIT(9)) },
                .flags = CHECK_STRICT,
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x7.0:ebx[9]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "inverted-bit-cleared-is-a-warning",
                .host = { LEAF(7, 0, .ebx = BIT(6)) },
                .guest = { LEAF(7, 0) },
                .expect = { { "0x7.0:ebx[6]", SEVERITY_WARNING, CAUSE_UNKNOWN } },
        },
        {
                .name = "inverted-bit-set-is-always-fine",
                .host = { LEAF(7, 0) },
                .guest = { LEAF(7, 0, .ebx = BIT(6) | BIT(13)) },
        },
        {
                .name = "more-counters-than-the-host",
                .host = { LEAF(0xa, 0, .eax = 0x07300402) },
                .guest = { LEAF(0xa, 0, .eax = 0x07300802) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0xa.0:eax[15:8]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "fewer-counters-than-the-host",
                .host = { LEAF(0xa, 0, .eax = 0x07300402) },
                .guest = { LEAF(0xa, 0, .eax = 0x07300202) },
        },
        {
                .name = "missing-event-told-to-a-guest-that-counts-it",
                .host = { LEAF(0xa, 0, .eax = 0x07300402, .ebx = BIT(3)) },
                .guest = { LEAF(0xa, 0, .eax = 0x07300402) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0xa.0:ebx[3]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "missing-event-beyond-the-guests-mask",
                .host = { LEAF(0xa, 0, .eax = 0x07300402, .ebx = BIT(3)) },
                .guest = { LEAF(0xa, 0, .eax = 0x03300402) },
        },
        {
                .name = "maximum-above-the-hosts-with-nothing-behind",
                .host = { LEAF(0, 0, .eax = 0xd) },
                .guest = { LEAF(0, 0, .eax = 0x24) },
        },
        {
                .name = "maximum-above-the-hosts-with-a-feature-behind",
                .host = { LEAF(0, 0, .eax = 0xd) },
                .guest = { LEAF(0, 0, .eax = 0x24), LEAF(0x24, 0, .ebx = BIT(16)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x0.0:eax", SEVERITY_ERROR, CAUSE_UNKNOWN }, { "0x24.0:ebx[16]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "leaves-above-the-guests-own-maximum-count-for-nothing",
                .host = { LEAF(0, 0, .eax = 0xd) },
                .guest = { LEAF(0, 0, .eax = 0x6), LEAF(7, 0, .ebx = UINT32_MAX) },
                .expect = { { "0x0.0:eax", SEVERITY_WARNING, CAUSE_GUEST } },
        },
        {
                .name = "equal-value-differs-and-is-used",
                .host = { LEAF(1, 0, .ebx = 0x800, .edx = BIT(19)) },
                .guest = { LEAF(1, 0, .ebx = 0x1000, .edx = BIT(19)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x1.0:ebx[15:8]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "equal-value-differs-and-is-not-used",
                .host = { LEAF(1, 0, .ebx = 0x800, .edx = BIT(19)) },
                .guest = { LEAF(1, 0, .ebx = 0x1000) },
        },
        {
                .name = "dynamic-bits-are-never-compared",
                .host = { LEAF(1, 0), LEAF(7, 0), LEAF(0xd, 0, .ebx = 0xa88) },
                .guest = { LEAF(1, 0, .ecx = BIT(27), .edx = BIT(9)), LEAF(7, 0, .ecx = BIT(4)), LEAF(0xd, 0, .ebx = 0x240) },
        },
        {
                .name = "identity-is-a-note",
                .host = { LEAF(1, 0, .eax = 0x50654) },
                .guest = { LEAF(1, 0, .eax = 0x50657) },
                .expect = { { "0x1.0:eax[3:0]", SEVERITY_NOTE, CAUSE_UNKNOWN } },
        },
        {
                .name = "vendor-is-one-warning",
                .host = { LEAF(0, 0, .eax = 1, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69) },
                .guest = { LEAF(0, 0, .eax = 1, .ebx = 0x68747541, .ecx = 0x444d4163, .edx = 0x69746e65) },
                .expect = { { "0x0.0:ebx", SEVERITY_WARNING, CAUSE_VENDOR } },
        },
        {
                .name = "topology-is-the-vmms",
                .host = { LEAF(1, 0, .ebx = 0x00080000), LEAF(0xb, 0) },
                .guest = { LEAF(1, 0, .ebx = 0x05100000), LEAF(0xb, 0, .eax = 1, .ebx = 2, .ecx = 0x100, .edx = 5) },
        },
        {
                .name = "provided-by-any-vmm",
                .host = { LEAF(1, 0) },
                .guest = { LEAF(1, 0, .ecx = BIT(31), .edx = BIT(28)) },
        },
        {
                .name = "reserved-bits-in-one-run",
                .host = { LEAF(0x13, 0) },
                .guest = { LEAF(0x13, 0, .eax = 0x6) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x13.0:eax[2:1]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "reserved-bit-of-a-known-register",
                .host = { LEAF(1, 0) },
                .guest = { LEAF(1, 0, .ecx = BIT(16)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x1.0:ecx[16]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "reserved-bit-that-a-newer-host-has",
                .host = { LEAF(1, 0, .ecx = BIT(16)), LEAF(0x2f, 0, .eax = 7) },
                .guest = { LEAF(1, 0, .ecx = BIT(16)), LEAF(0x2f, 0, .eax = 5) },
        },
        {
                .name = "smaller-physical-width-is-a-note",
                .host = { LEAF(0x80000008, 0, .eax = 0x302e) },
                .guest = { LEAF(0x80000008, 0, .eax = 0x3028) },
                .expect = { { "0x80000008.0:eax[7:0]", SEVERITY_NOTE, CAUSE_UNKNOWN } },
        },
        {
                .name = "virtual-width-that-kvm-refuses",
                .host = { LEAF(0x80000008, 0, .eax = 0x392e) },
                .guest = { LEAF(0x80000008, 0, .eax = 0x342e) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x80000008.0:eax[15:8]", SEVERITY_ERROR, CAUSE_GUEST } },
        },
        {
                .name = "host-that-does-not-tell-its-guest-physical-width",
                .host = { LEAF(0x80000008, 0, .eax = 0x302e) },
                .guest = { LEAF(0x80000008, 0, .eax = 0x30302e) },
        },
        {
                .name = "mwait-of-a-bare-host-is-not-known",
                .host = { LEAF(1, 0) },
                .guest = { LEAF(1, 0, .ecx = BIT(3)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = { { "0x1.0:ecx[3]", SEVERITY_ERROR, CAUSE_UNKNOWN } },
        },
        {
                .name = "duplicates-that-are-the-same-are-a-note",
                .host = { LEAF(1, 0, .ecx = 1) },
                .guest = { LEAF(1, 0, .ecx = 1), LEAF(1, 0, .ecx = 1) },
                .expect = { { "0x1.0:eax", SEVERITY_NOTE, CAUSE_GUEST } },
        },
        {
                .name = "the-first-of-duplicates-counts",
                .host = { LEAF(1, 0, .ecx = 1) },
                .guest = { LEAF(1, 0, .ecx = 1), LEAF(1, 0, .ecx = UINT32_MAX) },
                .expect = { { "0x1.0:eax", SEVERITY_WARNING, CAUSE_GUEST } },
        },
        {
                .name = "every-difference-is-found",
                .host = { LEAF(1, 0), LEAF(7, 0) },
                .guest = { LEAF(7, 0, .ecx = BIT(8), .ebx = BIT(3)), LEAF(1, 0, .ecx = BIT(0)) },
                .kind = VERDICT_UNSUPPORTED,
                .expect = {
                        { "0x1.0:ecx[0]", SEVERITY_ERROR, CAUSE_UNKNOWN },
                        { "0x7.0:ebx[3]", SEVERITY_ERROR, CAUSE_UNKNOWN },
                        { "0x7.0:ecx[8]", SEVERITY_ERROR, CAUSE_UNKNOWN },
                },
        },
};

static void test_check_case(gconstpointer data) {
        const CheckCase *c = data;
        g_autoptr(Host) host = test_host(c->host);
        g_autoptr(Guest) guest = test_guest(c->guest);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};
        size_t n = 0;

        check(offer, guest, c->flags, &verdict);
        g_assert_cmpstr(verdict_kind_to_string(verdict.kind), ==, verdict_kind_to_string(c->kind));

        for (; n < G_N_ELEMENTS(c->expect) && c->expect[n].where; n++) {
                const Finding *finding;
                g_autofree char *where = NULL;

                g_assert_nonnull(verdict.findings);
                g_assert_cmpuint(n, <, verdict.findings->len);
                finding = g_ptr_array_index(verdict.findings, n);
                where = finding_where(finding);
                g_assert_cmpstr(where, ==, c->expect[n].where);
                g_assert_cmpstr(severity_to_string(finding->severity), ==,
                                severity_to_string(c->expect[n].severity));
                g_assert_cmpstr(cause_to_string(finding->cause), ==,
                                cause_to_string(c->expect[n].cause));
                g_assert_cmpuint(strlen(finding->message), >, 10);
        }

        if (verdict.findings && verdict.findings->len > n) {
                const Finding *finding = g_ptr_array_index(verdict.findings, n);
                g_autofree char *where = finding_where(finding);

                g_error("unexpected %s at %s: %s", severity_to_string(finding->severity), where,
                        finding->message);
        }

        g_assert_cmpint(check_accepts(offer, guest), <=, n == 0);
}

static void test_verdict_only(void) {
        TestRow none[N_TEST_ROWS] = { LEAF(7, 0) },
                avx2[N_TEST_ROWS] = { LEAF(7, 0, .ebx = BIT(5)) };
        g_autoptr(Host) host = test_host(none);
        g_autoptr(Guest) guest = test_guest(avx2);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};

        check(offer, guest, CHECK_VERDICT_ONLY, &verdict);
        g_assert_cmpint(verdict.kind, ==, VERDICT_UNSUPPORTED);
        g_assert_null(verdict.findings);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
                g_autofree char *path = g_strconcat("/check/", check_cases[i].name, NULL);

                g_test_add_data_func(path, &check_cases[i], test_check_case);
        }
        g_test_add_func("/check/verdict-only", test_verdict_only);

        return g_test_run();
}
