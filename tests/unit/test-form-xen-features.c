/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Xen's feature sets, as xen-cpuid and XAPI write them */

#include <string.h>

#include "tests/unit/form-support.h"

/* 10 words, 16 of them, and all that are known with one more */
#define TEN \
        "bfebfbff:77faf3ff:28100800:00000021:00000001:001c0fbb:00000004:00000100:00001000:9c000400"
#define SIXTEEN TEN ":00000010:00000004:00000000:00000001:00000000:00000800"
#define TWENTY SIXTEEN ":0000002b:00000001:00000006:00000000"
#define DASHES "bfebfbff-77faf3ff-28100800-00000021-00000001"

#define INFO(_first)                                                                      \
        "nr_features: 10\n                      KEY 1d       1c       \n\nStatic sets:\n" \
        "Known                     ffffffff:ffffffff:ffffffff:ffffffff:ffffffff\n"        \
        "\nDynamic sets:\n" _first "PV featureset not supported by Xen\n"                 \
        "HVM Max                   " TEN "\n"

typedef struct FeaturesCase {
        const char *name;
        const char *text;
        const char *rows;
        const char *warnings;
        bool has_msr;
} FeaturesCase;

#define ROWS_5 "0x1.0 0x80000001.0 0xd.1"
#define ROWS_10 ROWS_5 " 0x7.0 0x80000007.0 0x80000008.0"
#define ROWS_16 ROWS_10 " 0x7.1 0x80000021.0 0x7.2"

static const FeaturesCase cases[] = {
        /* clang-format off */
        { .name = "older", .text = INFO("Host                      " TEN "\n"), .rows = ROWS_10,
          .warnings = "the feature set 'Host' is taken, --cpu takes another: 1 HVM Max" },
        { .name = "with-the-bits-named",
          .text = "Dynamic sets:\nRaw                       " SIXTEEN "\n  [00] 0x00000001.edx     fpu vme de\n",
          .rows = ROWS_16, .warnings = "" },
        { .name = "newer-than-we-know", .text = "Raw " TWENTY "\n", .rows = ROWS_16, .warnings = "",
          .has_msr = true },
        { .name = "half-of-the-msr", .text = "Raw " SIXTEEN ":0000002b\n", .rows = ROWS_16, .warnings = "" },
        { .name = "xapi", .text = "cpu_count: 8; features_pv: " DASHES "; features_hvm: " DASHES "\n",
          .rows = ROWS_5,
          .warnings = "the feature set 'features_pv' is taken, --cpu takes another: 1 features_hvm" },
        { .name = "words-alone", .text = DASHES, .rows = ROWS_5, .warnings = "" },
        { .name = "two-without-a-name", .text = DASHES "\n" DASHES "\n", .rows = ROWS_5,
          .warnings = "the feature set 'without a name' is taken, --cpu takes another: 1 without a name" },
        /* clang-format on */
};

static void test_case(const void *data) {
        const FeaturesCase *c = data;
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, &warnings);
        g_autofree char *rows = form_rows(guest);

        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(warnings, ==, c->warnings);
        g_assert_cmpint(guest_has_msr(guest, 0x10a), ==, c->has_msr);
}

/* Nothing is taken for zero that no word tells. */
static void test_unknown(void) {
        static const struct {
                uint32_t leaf, subleaf;
                Register reg;
                uint32_t untold;
        } places[] = {
                { 0, 0, REGISTER_EBX, UINT32_MAX },
                { 1, 0, REGISTER_EAX, UINT32_MAX },
                { 1, 0, REGISTER_ECX, 0 },
                { 1, 0, REGISTER_EDX, 0 },
                { 5, 0, REGISTER_EAX, UINT32_MAX },
                { 7, 0, REGISTER_EAX, UINT32_MAX },
                { 7, 0, REGISTER_EDX, 0 },
                { 7, 1, REGISTER_EAX, UINT32_MAX },
                { 7, 3, REGISTER_EAX, UINT32_MAX },
                { 0xd, 0, REGISTER_EAX, UINT32_MAX },
                { 0xd, 1, REGISTER_EAX, 0 },
                { 0xd, 1, REGISTER_ECX, UINT32_MAX },
                { 0xd, 2, REGISTER_EAX, UINT32_MAX },
                { 0x14, 0, REGISTER_EBX, UINT32_MAX },
                { 0x40000000, 0, REGISTER_EAX, 0 }, /* no hypervisor */
                { 0x80000000, 0, REGISTER_EAX, UINT32_MAX },
                { 0x80000001, 0, REGISTER_EDX, 0x0183f3ff }, /* AMD has them of leaf 1 */
                { 0x80000008, 0, REGISTER_EAX, UINT32_MAX },
                { 0x80000008, 0, REGISTER_EBX, 0 },
                { 0x80000021, 0, REGISTER_EAX, UINT32_MAX },
        };
        g_autoptr(Guest) guest = form_guest(TEN, NULL, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                g_test_message("0x%x.%u:%s", places[i].leaf, places[i].subleaf,
                               register_to_string(places[i].reg));
                g_assert_cmphex(unknown_mask(guest->unknown, places[i].leaf, places[i].subleaf,
                                             places[i].reg),
                                ==, places[i].untold);
        }
}

static void test_words(void) {
        g_autoptr(Guest) guest = form_guest(TWENTY, NULL, NULL);
        const uint64_t *msr = g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0x10a));

        g_assert_cmphex(form_register(guest, 1, 0, REGISTER_EDX), ==, 0xbfebfbff);
        g_assert_cmphex(form_register(guest, 0x80000001, 0, REGISTER_ECX), ==, 0x21);
        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_EBX), ==, 0x001c0fbb);
        g_assert_cmphex(form_register(guest, 7, 0, REGISTER_EDX), ==, 0x9c000400);
        g_assert_cmphex(form_register(guest, 7, 1, REGISTER_EDX), ==, 0x800);
        g_assert_cmphex(form_register(guest, 7, 2, REGISTER_EDX), ==, 1);
        g_assert_cmphex(form_register(guest, 0x80000021, 0, REGISTER_ECX), ==, 6);
        g_assert_cmphex(*msr, ==, UINT64_C(0x10000002b));
}

/* What is left of a policy whose heading got lost */
static void test_policy(void) {
        form_assert_refused("  00000000:ffffffff -> 00000007:756e6547:6c65746e:49656e69\n",
                            "xen-features",
                            "line 1: expected a feature set, found a row of a policy");
        form_assert_refused("  00000000:ffffffff -> 00000007:756e6547:6c65746e:49656e69\n", NULL,
                            "");
}

static void test_refusals(void) {
        g_autoptr(GString) many = g_string_new("00000000");

        form_assert_refused("Host " TEN ":0\n", "xen-features",
                            "line 1: expected at most 64 words");
        form_assert_refused("\nHost " TEN ":\n", "xen-features",
                            "line 2: expected at most 64 words");
        form_assert_refused("Host 12345678:9abcdef0\n", "xen-features",
                            "has no leaf of any feature set");
        form_assert_refused("Static sets:\nKnown " TEN "\n", "xen-features",
                            "has no leaf of any feature set");
        /* Neither a UUID nor a number is one. */
        form_assert_refused("12345678-1234-1234-1234-123456789abc\n12345678\n", NULL,
                            "has no known form");

        for (unsigned i = 0; i < 64; i++)
                g_string_append(many, ":00000000");
        form_assert_refused(many->str, "xen-features", "line 1: expected at most 64 words");
}

static void test_cuts(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                form_assert_cuts(cases[i].text, strlen(cases[i].text), "xen-features", 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-xen-features/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }

        g_test_add_func("/form-xen-features/unknown", test_unknown);
        g_test_add_func("/form-xen-features/words", test_words);
        g_test_add_func("/form-xen-features/policy", test_policy);
        g_test_add_func("/form-xen-features/refusals", test_refusals);
        g_test_add_func("/form-xen-features/cuts", test_cuts);
        return g_test_run();
}
