/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Known errors of KVM: each is found where it shows, corrected, and told; and a host on which only
 * something like it shows is believed. */

#include <string.h>

#include "policy/explain.h"
#include "policy/recording.h"
#include "tests/unit/support.h"

/* A host in text. The guest is its offer with one field as KVM reports it. */
typedef struct CorrectionCase {
        const char *name;
        const char *recording; /* what is between the first line and the last */
        const char *correction;
        const char *field;
        const char *view;
        uint32_t reported;
        uint32_t corrected;
        const char *not_detected[3]; /* other recordings */
} CorrectionCase;

#define INTEL "supported 0x0 0 0 0xd 0x756e6547 0x6c65746e 0x49656e69\n"
#define AMD "supported 0x0 0 0 0x10 0x68747541 0x444d4163 0x69746e65\n"
#define NO_HARDWARE "table hardware\n"

static const CorrectionCase correction_cases[] = {
        {
                .name = "amx-half",
                .recording = "supported 0xd 0 1 0x202e7 0 0 0\n",
                .correction = "amx-half",
                .field = "xcr0_xtilecfg",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0x602e7 0 0 0\n",
                                  "supported 0xd 0 1 0x2e7 0 0 0\n" },
        },
        {
                .name = "amx-half-in-a-view",
                .recording = "supported 0xd 0 1 0x2e7 0 0 0\n"
                             "view xcomp.amx 0xd 0 1 0x202e7 0 0 0\n",
                .correction = "amx-half",
                .field = "xcr0_xtilecfg",
                .view = "xcomp.amx",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0x2e7 0 0 0\n"
                                  "view xcomp.amx 0xd 0 1 0x602e7 0 0 0\n" },
        },
        {
                .name = "sgx-xfrm-avx512",
                .recording = "supported 0xd 0 1 0x7 0 0 0\nsupported 0x12 1 1 0x36 0 0xe7 0\n",
                .correction = "sgx-xfrm-avx512",
                .field = "sgx_xfrm_zmm_hi256",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0xe7 0 0 0\n"
                                  "supported 0x12 1 1 0x36 0 0xe7 0\n" },
        },
        {
                .name = "sgx-xfrm-mpx",
                .recording = "supported 0xd 0 1 0x7 0 0 0\nsupported 0x12 1 1 0x36 0 0x1f 0\n",
                .correction = "sgx-xfrm-mpx",
                .field = "sgx_xfrm_bndcsr",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0x1f 0 0 0\n"
                                  "supported 0x12 1 1 0x36 0 0x1f 0\n" },
        },
        {
                .name = "sgx-xfrm-pkru",
                .recording = "supported 0xd 0 1 0x7 0 0 0\nsupported 0x12 1 1 0x36 0 0x207 0\n",
                .correction = "sgx-xfrm-pkru",
                .field = "sgx_xfrm_pkru",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0x207 0 0 0\n"
                                  "supported 0x12 1 1 0x36 0 0x207 0\n" },
        },
        {
                .name = "sgx-xfrm-tile",
                .recording = "supported 0xd 0 1 0x7 0 0 0\nsupported 0x12 1 1 0x36 0 0x60007 0\n",
                .correction = "sgx-xfrm-tile",
                .field = "sgx_xfrm_tile",
                .reported = 3,
                .not_detected = { "supported 0xd 0 1 0x60007 0 0 0\n"
                                  "supported 0x12 1 1 0x36 0 0x60007 0\n" },
        },
        {
                .name = "sgx-xfrm-apx",
                .recording = "supported 0xd 0 1 0x7 0 0 0\nsupported 0x12 1 1 0x36 0 0x80007 0\n",
                .correction = "sgx-xfrm-apx",
                .field = "sgx_xfrm_apx",
                .reported = 1,
                .not_detected = { "supported 0xd 0 1 0x80007 0 0 0\n"
                                  "supported 0x12 1 1 0x36 0 0x80007 0\n" },
        },
        {
                .name = "pmu-garbage",
                .recording = AMD NO_HARDWARE "supported 0xa 0 0 0x7300402 0 0 0x8603\n",
                .correction = "pmu-garbage",
                .field = "arch_perfmon_version",
                .reported = 2,
                .not_detected = { AMD "supported 0xa 0 0 0x7300402 0 0 0x8603\n",
                                  AMD "supported 0xa 0 0 0x7300402 0 0 0x8603\n"
                                      "hardware 0xa 0 0 0x7300404 0 0 0x603\n",
                                  AMD NO_HARDWARE "supported 0xa 0 0 0 0 0 0\n" },
        },
        {
                .name = "perfmon-v2-garbage",
                .recording = AMD "supported 0x80000001 0 0 0 0 0 0\n"
                                 "supported 0x80000022 0 0 0x106 0x106 0 0\n",
                .correction = "perfmon-v2-garbage",
                .field = "core_counters",
                .reported = 6,
                .not_detected = { AMD "supported 0x80000001 0 0 0 0 0x800000 0\n"
                                      "supported 0x80000022 0 0 0x1 0x6 0 0\n" },
        },
        {
                .name = "psfd-without-msr",
                .recording = AMD "supported 0x80000008 0 0 0x3030 0x10001000 0 0\n",
                .correction = "psfd-without-msr",
                .field = "amd_psfd",
                .reported = 1,
                .not_detected = { AMD "supported 0x80000008 0 0 0x3030 0x10005000 0 0\n",
                                  AMD "supported 0x7 0 1 0 0 0 0x4000000\n"
                                      "supported 0x80000008 0 0 0x3030 0x10001000 0 0\n" },
        },
        {
                .name = "arch-capabilities-without-msr",
                .recording = AMD NO_HARDWARE "supported 0x7 0 1 0 0 0 0x20000000\n"
                                             "msr 0xc0011029 0x2\nmsrs-recorded\n",
                .correction = "arch-capabilities-without-msr",
                .field = "arch_capabilities",
                .reported = 1,
                .not_detected = { AMD "supported 0x7 0 1 0 0 0 0x20000000\n",
                                  AMD NO_HARDWARE "supported 0x7 0 1 0 0 0 0x20000000\n"
                                                  "msr 0x10a 0x0\nmsrs-recorded\n",
                                  INTEL "supported 0x7 0 1 0 0 0 0x20000000\n"
                                        "hardware 0x7 0 1 0 0 0 0x20000000\nmsrs-recorded\n" },
        },
        {
                .name = "sev-leaf-raw",
                .recording = AMD "supported 0x8000001f 0 0 0x1780f 0x173 0 0\n",
                .correction = "sev-leaf-raw",
                .field = "vte",
                .reported = 1,
                .not_detected = { AMD "supported 0x8000001f 0 0 0x40a 0x173 0 0\n" },
        },
        {
                .name = "amd-promises-raw",
                .recording = AMD "supported 0x80000021 0 0 0x45 0 0x6006 0\n",
                .correction = "amd-promises-raw",
                .reported = 3,
                .not_detected = { AMD "supported 0x80000021 0 0 0x45 0 0x6 0\n" },
        },
        {
                .name = "fdp-hidden",
                .recording = INTEL "supported 0x7 0 1 0 0 0 0\nhardware 0x7 0 1 0 0x40 0 0\n",
                .correction = "fdp-hidden",
                .field = "fdp_excptn_only",
                .corrected = 1,
                .not_detected = { INTEL "supported 0x7 0 1 0 0 0 0\n",
                                  INTEL NO_HARDWARE "supported 0x7 0 1 0 0 0 0\n",
                                  INTEL "supported 0x7 0 1 0 0x40 0 0\n"
                                        "hardware 0x7 0 1 0 0x40 0 0\n" },
        },
        {
                .name = "fcs-fds-hidden",
                .recording = INTEL "supported 0x7 0 1 0 0 0 0\nhardware 0x7 0 1 0 0x2000 0 0\n",
                .correction = "fcs-fds-hidden",
                .field = "zero_fcs_fds",
                .corrected = 1,
                .not_detected = { INTEL "supported 0x7 0 1 0 0 0 0\n",
                                  INTEL "supported 0x7 0 1 0 0x2000 0 0\n"
                                        "hardware 0x7 0 1 0 0x2000 0 0\n" },
        },
        {
                .name = "first-features-missing",
                .recording = "supported 0x1 0 0 0x663 0 0 0x780ab7d\n"
                             "hardware 0x1 0 0 0x663 0 0 0x783fbfd\n",
                .correction = "first-features-missing",
                .field = "mtrr",
                .corrected = 1,
                .not_detected = { "supported 0x1 0 0 0x663 0 0 0x783ab7d\n"
                                  "hardware 0x1 0 0 0x663 0 0 0x783fbfd\n",
                                  "supported 0x1 0 0 0x663 0 0 0x780ab7d\n",
                                  "supported 0x1 0 0 0x663 0 0 0x780bb7d\n"
                                  "hardware 0x1 0 0 0x663 0 0 0x783fbfd\n" },
        },
        {
                .name = "tsx-erratum-desktop",
                .recording = INTEL "supported 0x1 0 0 0x306c3 0 0 0\n"
                                   "supported 0x7 0 1 0 0x810 0 0\n",
                .correction = "tsx-erratum-desktop",
                .field = "rtm",
                .reported = 1,
                .not_detected = { INTEL "supported 0x1 0 0 0x306d4 0 0 0\n"
                                        "supported 0x7 0 1 0 0x810 0 0\n",
                                  AMD "supported 0x1 0 0 0x306c3 0 0 0\n"
                                      "supported 0x7 0 1 0 0x810 0 0\n" },
        },
        {
                .name = "tsx-erratum-mobile",
                .recording = INTEL "supported 0x1 0 0 0x40661 0 0 0\n"
                                   "supported 0x7 0 1 0 0x810 0 0\n",
                .correction = "tsx-erratum-mobile",
                .field = "hle",
                .reported = 1,
                .not_detected = { INTEL "supported 0x1 0 0 0x40671 0 0 0\n"
                                        "supported 0x7 0 1 0 0x810 0 0\n" },
        },
        {
                .name = "tsx-erratum-server",
                .recording = INTEL "supported 0x1 0 0 0x306f2 0 0 0\n"
                                   "supported 0x7 0 1 0 0x810 0 0\n",
                .correction = "tsx-erratum-server",
                .field = "rtm",
                .reported = 1,
                .not_detected = { INTEL "supported 0x1 0 0 0x306f4 0 0 0\n"
                                        "supported 0x7 0 1 0 0x810 0 0\n" },
        },
};

static Host *parse(const char *lines) {
        g_autofree char *text =
                g_strdup_printf("cpuidd-recording 1\nextensions-recorded\n%send\n", lines);
        g_autoptr(GError) error = NULL;
        Host *host = recording_parse(text, strlen(text), &error);

        g_assert_no_error(error);
        return host;
}

static const HostCorrection *find(const Host *host, const CorrectionCase *c) {
        size_t n;
        const HostCorrection *corrections = host_corrections(host, &n);
        const Field *field = c->field ? field_find(c->field) : NULL;

        for (size_t i = 0; i < n; i++)
                if (g_str_equal(correction_table[corrections[i].correction].name, c->correction) &&
                    g_strcmp0(corrections[i].view, c->view) == 0 &&
                    (!field ||
                     (corrections[i].word == field->word &&
                      (corrections[i].mask & field_mask(field)))))
                        return &corrections[i];

        return NULL;
}

static void test_detected(const CorrectionCase *c) {
        g_autoptr(Host) host = parse(c->recording);
        const HostCorrection *correction = find(host, c);
        const Words *words =
                c->view ? host_view_words(host, c->view) : host_words(host, HOST_SUPPORTED);
        const Field *field = c->field ? field_find(c->field) : NULL;
        g_autofree char *text = NULL, *expected = NULL;
        uint32_t mask, low;

        g_assert_nonnull(correction);
        mask = field ? field_mask(field) : correction->mask;
        low = __builtin_ctz(mask);
        g_assert_cmphex((correction->reported & mask) >> low, ==, c->reported);
        g_assert_cmphex((correction->corrected & mask) >> low, ==, c->corrected);
        g_assert_cmphex((words->word[correction->word] & mask) >> low, ==, c->corrected);

        text = correction_to_text(correction, field);
        expected = g_strdup_printf("because %s", correction_table[correction->correction].why);
        g_assert_true(g_str_has_prefix(text, "KVM reports "));
        g_assert_true(g_str_has_suffix(text, expected));
}

/* What was recorded stays as it is: exports and recordings are verbatim, and reading one again
 * finds the same. */
static void test_verbatim(const CorrectionCase *c) {
        g_autoptr(Host) host = parse(c->recording), again = NULL;
        g_autofree char *text = recording_write(host);
        g_autoptr(GError) error = NULL;
        size_t n, n_again;

        again = recording_parse(text, strlen(text), &error);
        g_assert_no_error(error);
        (void) host_corrections(host, &n);
        (void) host_corrections(again, &n_again);
        g_assert_cmpuint(n, ==, n_again);
        g_assert_cmpstr(host_fingerprint(host), ==, host_fingerprint(again));
}

static void test_correction(gconstpointer data) {
        const CorrectionCase *c = data;

        test_detected(c);
        test_verbatim(c);
        for (size_t i = 0; i < G_N_ELEMENTS(c->not_detected) && c->not_detected[i]; i++) {
                g_autoptr(Host) host = parse(c->not_detected[i]);

                g_assert_null(find(host, c));
        }
}

static bool has_case(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(correction_cases); i++)
                if (g_str_equal(correction_cases[i].correction, name))
                        return true;

        return false;
}

static void test_every_one_has_a_case(void) {
        for (size_t i = 0; i < N_CORRECTIONS; i++)
                if (!has_case(correction_table[i].name))
                        g_error("no case for %s", correction_table[i].name);
}

/* Two hosts that differ in nothing but an error give every guest the same verdict. */
static void test_fingerprint(void) {
        g_autoptr(Host) wrong = parse("supported 0xd 0 1 0x202e7 0 0 0\n"),
                        right = parse("supported 0xd 0 1 0x2e7 0 0 0\n");

        g_assert_cmpstr(host_fingerprint(wrong), ==, host_fingerprint(right));
}

static void test_explained(void) {
        g_autoptr(Host) host = parse("supported 0xd 0 1 0x202e7 0 0 0\n");
        g_autoptr(GPtrArray) paragraphs = explain("xcr0_xtilecfg", host, NULL);
        bool is_told = false;

        for (size_t i = 0; i < paragraphs->len; i++) {
                const Explanation *paragraph = g_ptr_array_index(paragraphs, i);

                if (g_str_equal(paragraph->title, "this host"))
                        g_assert_nonnull(strstr(paragraph->text, "KVM reports 1, "));
                is_told |= g_str_equal(paragraph->title, "correction") &&
                        g_str_has_prefix(paragraph->text, "KVM reports 1, corrected to 0 because ");
        }

        g_assert_true(is_told);
}

/* The cause is KVM, and the sentence says what it reports. */
static void test_finding(void) {
        g_autoptr(Host) host = parse(AMD NO_HARDWARE "supported 0xa 0 0 0x7300402 0 0 0x8603\n");
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest =
                test_guest_of_offer_with(offer, field_find("arch_perfmon_version"), 2);
        g_auto(Verdict) verdict = {};
        const Finding *finding;

        check(offer, guest, 0, &verdict);
        finding = test_finding_at(&verdict, "0xa.0:eax[7:0]");
        g_assert_nonnull(finding);
        g_assert_cmpstr(cause_to_string(finding->cause), ==, "kvm");
        g_assert_cmpstr(finding->message, ==,
                        "the guest's PMU version is 2, the host has at most 0: KVM reports 2, "
                        "corrected to 0 because the CPU has no architectural performance "
                        "monitoring, and old kernels fill the leaf in all the same");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(correction_cases); i++) {
                g_autofree char *path = g_strdup_printf("/correction/%s", correction_cases[i].name);

                g_test_add_data_func(path, &correction_cases[i], test_correction);
        }
        g_test_add_func("/correction/every-one-has-a-case", test_every_one_has_a_case);
        g_test_add_func("/correction/fingerprint", test_fingerprint);
        g_test_add_func("/correction/explained", test_explained);
        g_test_add_func("/correction/finding", test_finding);

        return g_test_run();
}
