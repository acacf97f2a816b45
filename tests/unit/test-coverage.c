/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is not told of a guest or of a host is neither 0 nor 1: nothing is found there, and it is
 * listed where a rule could have found something */

#include "policy/coverage.h"
#include "policy/recording.h"
#include "tests/unit/support.h"

/* Maxima without which no leaf is out of reach */
#define BASIC(last) \
        LEAF(0, 0, .eax = (last), .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69)

/* 0x10a of both */
typedef struct TestMsrs {
        bool are_there;
        uint64_t host;
        uint64_t guest;
} TestMsrs;

#define ARCH_CAPABILITIES BASIC(7), LEAF(7, 0, .edx = BIT(29))

typedef struct CoverageCase {
        const char *name;
        TestRow host[N_TEST_ROWS];
        TestRow guest[N_TEST_ROWS];
        const char *host_unknown; /* runs, with a space between them */
        const char *guest_unknown;
        TestMsrs msrs;
        VerdictKind kind;
        const char *found; /* places, likewise; "" for none */
        const char *unchecked;
} CoverageCase;

static const CoverageCase cases[] = {
        {
                .name = "feature-of-the-guest-on-a-host-without-it",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(7), LEAF(7, 0) },
                .guest_unknown = "0x7.0:ebx[5]",
                .unchecked = "0x7.0:ebx[5]",
        },
        {
                .name = "what-stands-where-nothing-is-told-is-not-read",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(7), LEAF(7, 0, .ebx = BIT(5) | BIT(3)) },
                .guest_unknown = "0x7.0:ebx[5]",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x7.0:ebx[3]",
                .unchecked = "0x7.0:ebx[5]",
        },
        {
                .name = "inverted-of-the-guest",
                .host = { BASIC(7), LEAF(7, 0, .ebx = BIT(6) | BIT(13)) },
                .guest = { BASIC(7), LEAF(7, 0) },
                .guest_unknown = "0x7.0:ebx[6]",
                .found = "0x7.0:ebx[13]",
                .unchecked = "0x7.0:ebx[6]",
        },
        {
                .name = "one-bit-of-a-number-is-the-whole-number",
                .host = { BASIC(0xa), LEAF(0xa, 0, .eax = 0x07300402) },
                .guest = { BASIC(0xa), LEAF(0xa, 0, .eax = 0x07300802) },
                .guest_unknown = "0xa.0:eax[9]",
                .unchecked = "0xa.0:eax[15:8]",
        },
        {
                .name = "number-that-is-compared-with-an-untold-one",
                .host = { BASIC(0xa), LEAF(0xa, 0, .eax = 0x07300402) },
                .guest = { BASIC(0xa), LEAF(0xa, 0, .eax = 0x07300802) },
                .host_unknown = "0xa.0:eax[9]",
                .unchecked = "0xa.0:eax[15:8]",
        },
        {
                .name = "equal-of-the-guest",
                .host = { BASIC(1), LEAF(1, 0, .ebx = 0x800, .edx = BIT(19)) },
                .guest = { BASIC(1), LEAF(1, 0, .edx = BIT(19)) },
                .guest_unknown = "0x1.0:ebx",
                .unchecked = "0x1.0:ebx",
        },
        {
                .name = "equal-of-which-nobody-knows-whether-it-is-used",
                .host = { BASIC(1), LEAF(1, 0, .ebx = 0x800, .edx = BIT(19)) },
                .guest = { BASIC(1), LEAF(1, 0, .ebx = 0x1000) },
                .guest_unknown = "0x1.0:edx[19]",
                .unchecked = "0x1.0:edx[19]",
        },
        {
                .name = "need-that-is-not-told-is-not-missing",
                .host = { BASIC(1), LEAF(1, 0, .ecx = BIT(0), .edx = BIT(26) | BIT(25)) },
                .guest = { BASIC(1), LEAF(1, 0, .ecx = BIT(0)) },
                .guest_unknown = "0x1.0:edx",
                .unchecked = "0x1.0:edx",
        },
        {
                .name = "field-that-is-not-told-needs-nothing",
                .host = { BASIC(1), LEAF(1, 0, .ecx = BIT(0), .edx = BIT(26) | BIT(25)) },
                .guest = { BASIC(1), LEAF(1, 0, .ecx = BIT(0)) },
                .guest_unknown = "0x1.0:ecx[0]",
                .unchecked = "0x1.0:ecx[0]",
        },
        {
                .name = "text-of-which-a-part-is-not-told",
                .host = { BASIC(1) },
                .guest = { LEAF(0, 0, .eax = 1, .ebx = 0x68747541, .edx = 0x69746e65) },
                .guest_unknown = "0x0.0:ecx",
                .unchecked = "0x0.0:ebx 0x0.0:ecx 0x0.0:edx",
        },
        {
                .name = "maximum-that-is-not-told-hides-nothing",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { LEAF(0, 0, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69),
                           LEAF(7, 0, .ebx = BIT(3)) },
                .guest_unknown = "0x0.0:eax",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x7.0:ebx[3]",
                .unchecked = "0x0.0:eax",
        },
        {
                .name = "leaves-above-the-guests-maximum-are-not-there",
                .host = { BASIC(0xd), LEAF(0x80000000, 0, .eax = 0x80000008) },
                .guest = { BASIC(7), LEAF(0x80000000, 0, .eax = 0x80000001), LEAF(0x80000001, 0) },
                .guest_unknown = "0x7-0x14 0x80000001-0x8000001f",
                .unchecked = "0x7 0x80000001",
        },
        {
                .name = "sub-leaves-above-the-guests-maximum-are-not-there",
                .host = { BASIC(0xd), LEAF(7, 0, .eax = 2) },
                .guest = { BASIC(7), LEAF(7, 0, .eax = 1) },
                .guest_unknown = "0x7.1 0x7.2",
                .unchecked = "0x7.1-",
        },
        {
                .name = "sub-leaves-of-a-leaf-of-which-the-maximum-is-0",
                .host = { BASIC(0xd), LEAF(7, 0, .eax = 2) },
                .guest = { BASIC(7), LEAF(7, 0) },
                .guest_unknown = "0x7.1-",
                .unchecked = "",
        },
        {
                .name = "where-no-rule-could-find-anything",
                .host = { BASIC(0x18) },
                .guest = { BASIC(0x18), LEAF(1, 0, .ecx = 0) },
                .guest_unknown = "0x1.0:eax 0x1.0:ebx[31:24] 0x1.0:ecx[27] 0x2-0x4 0xb 0x18",
                .unchecked = "",
        },
        {
                .name = "what-no-rule-judges-joins-what-stands-beside-it",
                .host = { BASIC(0x14) },
                .guest = { BASIC(0x14) },
                .guest_unknown = "0xa-0x10 0x12 0x13 0x14",
                .unchecked = "0xa-0x10 0x12-0x14",
        },
        {
                .name = "sub-leaves-that-end",
                .host = { BASIC(0xd) },
                .guest = { BASIC(0xd) },
                .guest_unknown = "0xd.2-62",
                .unchecked = "0xd.2-62",
        },
        {
                .name = "reserved-leaves-within-the-maximum-matter",
                .host = { BASIC(0x13) },
                .guest = { BASIC(0x13) },
                .guest_unknown = "0x11 0x13-0x20",
                .unchecked = "0x11 0x13",
        },
        {
                .name = "reserved-bit-of-the-guest",
                .host = { BASIC(1), LEAF(1, 0) },
                .guest = { BASIC(1), LEAF(1, 0, .ecx = BIT(16)) },
                .guest_unknown = "0x1.0:ecx[16]",
                .unchecked = "0x1.0:ecx[16]",
        },
        {
                .name = "reserved-leaf-of-the-host",
                .host = { BASIC(0x13), LEAF(0x13, 0) },
                .guest = { BASIC(0x13), LEAF(0x13, 0, .eax = 6), LEAF(0x11, 0, .eax = 1) },
                .host_unknown = "0x13",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x11.0:eax[0]",
                .unchecked = "0x13",
        },
        {
                .name = "host-that-does-not-tell-what-the-guest-has",
                .host = { BASIC(7) },
                .guest = { BASIC(7), LEAF(1, 0), LEAF(7, 0, .ebx = BIT(0)) },
                .host_unknown = "0x1 0x7",
                .unchecked = "0x7",
        },
        {
                .name = "host-that-does-not-tell-what-the-guest-can-do-without",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(7), LEAF(7, 0, .ebx = BIT(5)) },
                .host_unknown = "0x7.0:ecx 0x7.0:edx 0x80000001",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x7.0:ebx[5]",
                .unchecked = "",
        },
        {
                .name = "inverted-of-the-host",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(7), LEAF(7, 0, .ebx = BIT(6)) },
                .host_unknown = "0x7.0:ebx[6] 0x7.0:ebx[13]",
                .unchecked = "0x7.0:ebx[13]",
        },
        {
                .name = "maximum-of-the-host",
                .host = { LEAF(0, 0, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69),
                          LEAF(7, 0, .ebx = BIT(5)) },
                .guest = { BASIC(7), LEAF(7, 0, .ebx = BIT(5)) },
                .host_unknown = "0x0.0:eax",
                .unchecked = "0x0.0:eax",
        },
        {
                .name = "leaf-above-the-hosts-maximum-is-not-there",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(0x24), LEAF(0x24, 0, .ebx = BIT(16)) },
                .host_unknown = "0x8-0x24",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x0.0:eax 0x24.0:ebx[16]",
                .unchecked = "",
        },
        {
                .name = "guest-and-host-are-silent-of-one-leaf",
                .host = { BASIC(7) },
                .guest = { BASIC(7), LEAF(7, 0, .ebx = BIT(0)) },
                .host_unknown = "0x7",
                .guest_unknown = "0x7.0:ecx 0x7.1-",
                .unchecked = "0x7",
        },
        {
                .name = "granted-by-a-capability-whatever-is-not-told",
                .host = { BASIC(1), LEAF(1, 0) },
                .guest = { BASIC(1), LEAF(1, 0, .ecx = BIT(24), .edx = BIT(4)) },
                .host_unknown = "0x1.0:ecx[24] 0x1.0:edx[4]",
                .unchecked = "0x1.0:edx[4]",
        },
        {
                .name = "kept-back-without-a-capability-whatever-is-not-told",
                .host = { BASIC(7), LEAF(7, 0) },
                .guest = { BASIC(7), LEAF(7, 0, .edx = BIT(24)) },
                .host_unknown = "0x7.0:edx",
                .kind = VERDICT_UNSUPPORTED,
                .found = "0x7.0:edx[24]",
                .unchecked = "",
        },
        {
                .name = "bit-of-a-msr",
                .host = { ARCH_CAPABILITIES },
                .guest = { ARCH_CAPABILITIES },
                .guest_unknown = "msr 0x10a[19]",
                .msrs = { true, BIT(2) | BIT(19), 0 },
                .found = "msr 0x10a[2]",
                .unchecked = "msr 0x10a[19]",
        },
        {
                .name = "what-stands-where-a-msr-is-not-told-is-not-read",
                .host = { ARCH_CAPABILITIES },
                .guest = { ARCH_CAPABILITIES },
                .guest_unknown = "msr 0x10a[63:32]",
                .msrs = { true, 0, UINT64_C(0x4000010000000000) },
                .unchecked = "msr 0x10a[32] msr 0x10a[62]",
        },
        {
                .name = "bit-of-a-msr-of-the-host",
                .host = { ARCH_CAPABILITIES },
                .guest = { ARCH_CAPABILITIES },
                .host_unknown = "msr 0x10a[8:5]",
                .msrs = { true, 0, BIT(0) | BIT(5) },
                .kind = VERDICT_UNSUPPORTED,
                .found = "msr 0x10a[0]",
                .unchecked = "msr 0x10a[5]",
        },
        {
                .name = "msr-that-the-guest-does-not-see",
                .host = { ARCH_CAPABILITIES },
                .guest = { BASIC(7), LEAF(7, 0) },
                .guest_unknown = "msr 0x10a",
                .msrs = { true, 0, BIT(0) },
                .unchecked = "",
        },
        {
                .name = "msr-that-the-guest-does-not-give",
                .host = { ARCH_CAPABILITIES },
                .guest = { ARCH_CAPABILITIES },
                .guest_unknown = "msr 0x10a",
                .unchecked = "",
        },
};

static Unknown *unknown_of(const char *text) {
        g_auto(GStrv) runs = g_strsplit(text ?: "", " ", -1);
        Unknown *unknown = unknown_new();

        for (size_t i = 0; runs[i] && *runs[i]; i++) {
                g_autofree char *run = NULL;

                if (g_str_equal(runs[i], "msr")) {
                        i++;
                        run = g_strdup_printf("msr %s", runs[i]);
                }
                g_assert_true(unknown_add_text(unknown, run ?: runs[i], NULL));
        }

        return unknown;
}

static Host *host_of(const CoverageCase *test) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(test->host));
        host_take_unknown(host, unknown_of(test->host_unknown));
        if (test->msrs.are_there)
                host_set_msr(host, 0x10a, test->msrs.host);
        g_assert_true(host_seal(host, &error));
        return g_steal_pointer(&host);
}

/* All that is more than a note */
static char *found_of(const Verdict *verdict) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict->findings, i);
                g_autofree char *where = finding_where(finding);

                if (finding->severity > SEVERITY_NOTE)
                        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", where);
        }

        return g_string_free(text, FALSE);
}

static char *text_of(const Unknown *unknown) {
        g_auto(GStrv) texts = unknown_to_texts(unknown);

        return g_strjoinv(" ", texts);
}

static void test_case(gconstpointer data) {
        const CoverageCase *test = data;
        g_autoptr(Host) host = host_of(test);
        g_autoptr(Guest) guest = test_guest(test->guest);
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};
        g_autofree char *found = NULL, *unchecked = NULL;

        if (test->msrs.are_there)
                guest_set_msr(guest, 0x10a, test->msrs.guest);
        guest_take_unknown(guest, unknown_of(test->guest_unknown));
        check(offer, guest, CHECK_LIST_UNCHECKED, &verdict);
        found = found_of(&verdict);
        unchecked = text_of(verdict.unchecked);
        g_assert_cmpstr(verdict_kind_to_string(verdict.kind), ==,
                        verdict_kind_to_string(test->kind));
        g_assert_cmpstr(found, ==, test->found ?: "");
        g_assert_cmpstr(unchecked, ==, test->unchecked);
        g_assert_cmpint(verdict.unchecked == NULL, ==, *unchecked == '\0');
        g_assert_cmpint(check_accepts(offer, guest), <=, verdict.findings == NULL);
}

/* As a VMM's own list of feature words tells of a guest: a few registers, and nothing else */
static void test_few_registers(void) {
        static const TestRow rows[N_TEST_ROWS] = { LEAF(1, 0, .ecx = BIT(0), .edx = BIT(25)),
                                                   LEAF(7, 0, .ebx = BIT(5)) };
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Unknown) unchecked = NULL;
        g_autofree char *text = NULL;

        guest_take_unknown(guest,
                           unknown_of("0x0 0x1.0:eax 0x1.0:ebx 0x2-0x6 0x7.0:eax 0x7.1- "
                                      "0x8-0x3fffffff 0x40000000-0xffffffff"));
        unchecked = coverage_find(guest, NULL);
        text = text_of(unchecked);
        g_assert_cmpstr(text, ==,
                        "0x0 0x1.0:ebx 0x6 0x7.0:eax 0x7.1- 0x8-0x28 0x40000000-0x40000082 "
                        "0x80000000-0x80000027 0xc0000000-0xc0000006");
}

/* A guest of which nothing is told is not found wrong anywhere, whatever the host. */
static void test_nothing_is_told(void) {
        g_autoptr(Host) host = test_recording("skylake-sp-6.18-forced");
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest = guest_new(leaf_table_new());
        g_auto(Verdict) verdict = {};
        g_autofree char *text = NULL;

        guest_take_unknown(guest, unknown_of("0x0-0xffffffff"));
        check(offer, guest, CHECK_LIST_UNCHECKED, &verdict);
        text = text_of(verdict.unchecked);
        g_assert_null(verdict.findings);
        g_assert_cmpstr(text, ==,
                        "0x0-0x28 0x40000000-0x40000082 0x80000000-0x80000027 "
                        "0xc0000000-0xc0000006");
}

/* With the rate in the guest's hands, leaves that only tell the rate are not worth a word. */
static void test_rate(void) {
        static const TestRow rows[N_TEST_ROWS] = { BASIC(0x16) };
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Unknown) without = NULL, with = NULL;
        g_autofree char *text = NULL;

        guest_take_unknown(guest, unknown_of("0x15-0x16"));
        without = coverage_find(guest, NULL);
        text = text_of(without);
        g_assert_cmpstr(text, ==, "0x15-0x16");

        guest->tsc_khz = 2000000;
        with = coverage_find(guest, NULL);
        g_assert_null(with);
}

/* More than anyone would read is one leaf, and does not take for ever. */
static void test_many(void) {
        static const TestRow rows[N_TEST_ROWS] = { BASIC(0xd) };
        g_autoptr(Guest) guest = test_guest(rows);
        g_autoptr(Unknown) unchecked = NULL;
        Unknown *unknown = unknown_new();

        for (uint32_t i = 0; i < UNKNOWN_MAX - 1; i++) {
                UnknownSpan span = { 0, 0xffff - i, 2 * i, 2 * i, { 1, 0, 0, 0 } };

                unknown_add(unknown, &span);
        }
        guest_take_unknown(guest, unknown);
        unchecked = coverage_find(guest, NULL);
        g_assert_nonnull(unchecked);
}

/* MSRs that the guest gives stay, and a host's MSRs are no leaves. */
static void test_msrs_stay(void) {
        static const TestRow rows[N_TEST_ROWS] = { BASIC(7), LEAF(7, 0, .edx = BIT(29)) };
        g_autoptr(Guest) guest = test_guest(rows);
        const Field *rdcl_no = field_find("rdcl_no");

        guest_set_msr(guest, 0x10a, 1);
        guest_take_unknown(guest, unknown_of("0x8-0x200"));
        g_assert_cmpuint(words_get(guest->words, rdcl_no), ==, 1);
        g_assert_true(words_tell(guest->words, rdcl_no));
}

/* What is not told is not offered, in rows that have no words, either. */
static void test_offered_table(void) {
        g_autoptr(Host) host = host_new();
        TestRow rows[N_TEST_ROWS] = { BASIC(0x13), LEAF(1, 0, .ecx = 3), LEAF(0x13, 0, .eax = 7) };
        g_autoptr(Offer) offer = NULL;
        g_autoptr(LeafTable) table = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        host_take_unknown(host, unknown_of("0x1.0:ecx[0] 0x13.0:eax[1]"));
        g_assert_true(host_seal(host, NULL));
        offer = offer_new(host, 0);
        table = offer_to_table(offer);
        g_assert_cmphex(leaf_table_find(table, 1, 0)->registers[REGISTER_ECX], ==, 2);
        g_assert_cmphex(leaf_table_find(table, 0x13, 0)->registers[REGISTER_EAX], ==, 5);
}

static void test_interfaces(void) {
        g_autoptr(Host) host = test_recording("skylake-sp-6.1");
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest = test_guest_of_offer(offer);
        g_autoptr(Unknown) unchecked = NULL;
        g_autofree char *text = NULL;

        guest_take_unknown(guest, unknown_of("0x40000001"));
        unchecked = coverage_find(guest, NULL);
        text = text_of(unchecked);
        g_assert_cmpstr(text, ==, "0x40000001");
        g_assert_false(words_tell(guest->words, field_find("kvm_clocksource")));
        g_assert_true(words_tell(guest->words, field_find("hv_max_leaf")));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strconcat("/coverage/", cases[i].name, NULL);

                g_test_add_data_func(path, &cases[i], test_case);
        }
        g_test_add_func("/coverage/few-registers", test_few_registers);
        g_test_add_func("/coverage/nothing-is-told", test_nothing_is_told);
        g_test_add_func("/coverage/rate", test_rate);
        g_test_add_func("/coverage/many", test_many);
        g_test_add_func("/coverage/msrs-stay", test_msrs_stay);
        g_test_add_func("/coverage/offered-table", test_offered_table);
        g_test_add_func("/coverage/interfaces", test_interfaces);

        return g_test_run();
}
