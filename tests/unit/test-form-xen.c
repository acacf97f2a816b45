/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Xen's policies: which of them is the guest, what they lose, and what is refused */

#include <string.h>

#include "tests/unit/form-support.h"

#define TITLE "  leaf     subleaf  -> eax      ebx      ecx      edx     \n"
#define INTEL "756e6547:6c65746e:49656e69"
#define AMD "68747541:444d4163:69746e65"
#define ROW1 "  00000001:ffffffff -> 000506f1:00010800:00000201:0183fbff\n"
#define MSRS " MSRs:\n  index    -> value           \n"
#define MSR_CE "  000000ce -> 0000000080000000\n"
/* Only one of its bits is told. */
#define CE_UNTOLD "msr 0xce[30:0] msr 0xce[63:32]"
#define MSR_10A "  0000010a -> 000000000000000b\n"

/* A maximum of 5, of which 2 to 5 are zero */
#define SMALL(_name, _max7)                                                  \
        _name " policy: 9 leaves, 2 MSRs\n CPUID:\n" TITLE                   \
              "  00000000:ffffffff -> 00000005:" INTEL "\n" ROW1             \
              "  80000000:ffffffff -> 80000001:00000000:00000000:00000000\n" \
              "  80000001:ffffffff -> 00000000:00000000:00000000:" _max7 "\n"
#define SMALL_MSRS MSRS MSR_CE MSR_10A

static const char six[] =
        "Xen reports there are maximum 120 leaves and 2 MSRs\n" SMALL("Raw", "20100800")
                SMALL_MSRS SMALL("Host", "20100801") SMALL_MSRS
        "PV Max policy not supported by Xen\n" SMALL("HVM Max", "20100802") SMALL_MSRS
        "PV Default policy not supported by Xen\n" SMALL("HVM Default", "20100804") SMALL_MSRS;

/* The processor's own with all of its losses */
#define LARGE(_vendor)                                                 \
        "Raw policy: 40 leaves, 2 MSRs\n CPUID:\n" TITLE               \
        "  00000000:ffffffff -> 00000020:" _vendor "\n" ROW1           \
        "  00000004:00000000 -> 00000121:00000000:00000000:00000000\n" \
        "  00000007:00000000 -> 00000002:00000001:00000000:20000000\n" \
        "  00000007:00000001 -> 00000010:00000000:00000000:00000000\n" \
        "  0000000b:00000000 -> 00000001:00000002:00000100:00000000\n" \
        "  0000000b:00000001 -> 00000004:00000008:00000201:00000000\n" \
        "  0000000d:00000000 -> 00000007:00000340:00000340:00000000\n" \
        "  0000000d:00000001 -> 0000000f:00000340:00000000:00000000\n" \
        "  0000000d:00000002 -> 00000100:00000240:00000000:00000000\n" \
        "  40000000:ffffffff -> 40000005:00000000:00000000:00000000\n" \
        "  80000000:ffffffff -> 80000026:00000000:00000000:00000000\n" \
        "  80000001:ffffffff -> 00000000:00000000:00000000:2c100800\n" \
        "  8000001d:ffffffff -> 00000121:00000000:00000000:00000000\n" \
        "  80000020:ffffffff -> 00000000:00000002:00000000:00000000\n"

typedef struct XenCase {
        const char *name;
        const char *text;
        const char *rows;
        const char *unknown;
        const char *warnings;
        bool has_msr; /* 0x10a */
} XenCase;

static const XenCase cases[] = {
        /* clang-format off */
        { .name = "a-domain", .text = SMALL("Domain 3", "20100800") SMALL_MSRS,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0x5.0", .unknown = CE_UNTOLD, .warnings = "",
          .has_msr = true },
        { .name = "in-a-shell",
          .text = "[root@xen ~]# xen-cpuid -p 3\n" SMALL("Domain 3", "20100800") SMALL_MSRS "[root@xen ~]#\n",
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0x5.0", .unknown = CE_UNTOLD, .has_msr = true,
          .warnings = "line 1 is passed over: '[root@xen ~]# xen-cpuid -p 3'\nline 13 is passed over: '[root@xen ~]#'" },
        { .name = "the-system", .text = six,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0x5.0", .unknown = CE_UNTOLD, .has_msr = true,
          .warnings = "the policy 'Raw' is taken, --cpu takes another: 1 Host, 2 HVM Max, "
                      "3 HVM Default" },
        { .name = "an-empty-one-first",
          .text = "Raw policy: 0 leaves, 0 MSRs\n CPUID:\n" TITLE MSRS SMALL("Host", "20100800") SMALL_MSRS,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0x5.0", .unknown = CE_UNTOLD, .warnings = "",
          .has_msr = true },
        { .name = "what-it-loses", .text = LARGE(INTEL) SMALL_MSRS,
          .rows = "0x0.0 0x1.0 0x4.0 0x7.0 0x7.1 0xb.0 0xb.1 0xd.0 0xd.1 0xd.2 0x80000000.0 "
                  "0x80000001.0 0x8000001d.0 0x80000020.0 0x80000021.0",
          .unknown = "0x7.2 0xb.2- 0x8000001d.1- 0x80000020.1 0xe-0x20 0x80000022-0x80000026 " CE_UNTOLD,
          .warnings = "", .has_msr = true },
        { .name = "without-indents-and-titles",
          .text = "Domain 1 policy: 2 leaves, 1 MSRs\r\nCPUID:\r\n00000000:ffffffff -> 00000001:" INTEL "\r\n" ROW1
                  "80000000:ffffffff -> 80000000:00000000:00000000:00000000\r\nMSRs:\r\n"
                  "0000010a -> 0000000000000001\r\n",
          .rows = "0x0.0 0x1.0 0x80000000.0", .unknown = "", .warnings = "", .has_msr = true },
        { .name = "topology-of-a-guest",
          .text = "HVM Max policy: 3 leaves, 0 MSRs\n CPUID:\n" TITLE
                  "  00000000:ffffffff -> 0000000d:" INTEL "\n" ROW1
                  "  0000000d:00000000 -> 00000003:00000240:00000240:00000000\n"
                  "  80000000:ffffffff -> 80000000:00000000:00000000:00000000\n" MSRS,
          .rows = "0x0.0 0x1.0 0xd.0 0x80000000.0", .unknown = "0xb", .warnings = "" },
        { .name = "amd-has-the-common-bits-twice",
          .text = "Domain 1 policy: 3 leaves, 0 MSRs\n CPUID:\n" TITLE
                  "  00000000:ffffffff -> 00000001:" AMD "\n" ROW1
                  "  80000000:ffffffff -> 80000001:" AMD "\n"
                  "  80000001:ffffffff -> 00000000:00000000:00000000:2c100800\n" MSRS,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0",
          .unknown = "0x80000001.0:edx[9:0] 0x80000001.0:edx[17:12] 0x80000001.0:edx[24:23]",
          .warnings = "" },
        { .name = "cut-off-before-the-msrs", .text = SMALL("Domain 3", "20100800"),
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0", .unknown = "0x2-0x5",
          .warnings = "the policy 'Domain 3' ends early: expected 'MSRs:' behind its leaves" },
        { .name = "cut-off-in-a-leaf",
          .text = "HVM Default policy: 40 leaves, 2 MSRs\n CPUID:\n" TITLE
                  "  00000000:ffffffff -> 0000000d:" INTEL "\n" ROW1
                  "  0000000d:00000000 -> 00000007:00000340:00000340:00000000\n",
          .rows = "0x0.0 0x1.0 0xd.0", .unknown = "0xb 0xd.1- 0x80000000-0xbfffffff",
          .warnings = "the policy 'HVM Default' ends early: expected 'MSRs:' behind its leaves" },
        { .name = "cut-off-and-gone-on-with",
          .text = SMALL("Domain 3", "20100800") SMALL("Domain \033[31m a name that goes on and on for ever", "20100801"),
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0", .unknown = "0x2-0x5",
          .warnings = "the policy 'Domain 3' ends early: expected 'MSRs:' behind its leaves\n"
                      "the policy 'Domain 3' is taken, --cpu takes another: "
                      "1 Domain ?[31m a name that goes on and on " },
        { .name = "cut-off-between-the-msrs", .text = SMALL("Domain 3", "20100800") MSRS MSR_CE,
          .rows = "0x0.0 0x1.0 0x80000000.0 0x80000001.0 0x5.0", .unknown = CE_UNTOLD,
          .warnings = "the policy 'Domain 3' ends early: expected 2 MSRs, found 1" },
        /* clang-format on */
};

static void test_case(const void *data) {
        const XenCase *c = data;
        g_autofree char *warnings = NULL;
        g_autoptr(Guest) guest = form_guest(c->text, NULL, &warnings);
        g_autofree char *rows = form_rows(guest);
        g_autofree char *unknown = form_unknown(guest);

        uint64_t faulting = 0;

        g_assert_cmpstr(rows, ==, c->rows);
        g_assert_cmpstr(unknown, ==, c->unknown);
        g_assert_cmpstr(warnings, ==, c->warnings);
        g_assert_cmpint(guest_has_msr(guest, 0x10a), ==, c->has_msr);
        g_assert_true(!guest_get_msr(guest, 0xce, &faulting) || faulting == UINT64_C(1) << 31);
}

typedef struct ChoiceCase {
        const char *name;
        int64_t cpu;
        uint32_t edx; /* of 0x80000001 */
        const char *error;
} ChoiceCase;

static const ChoiceCase choices[] = {
        { .name = "first", .cpu = 0, .edx = 0x20100800 },
        { .name = "third", .cpu = 2, .edx = 0x20100802 },
        { .name = "last", .cpu = 3, .edx = 0x20100804 },
        { .name = "none-such",
          .cpu = 4,
          .error = "has no policy 4, expected one of: 0 Raw, 1 Host, 2 HVM Max, 3 HVM Default" },
};

/* Who has chosen is not told of the others. */
static void test_choice(const void *data) {
        const ChoiceCase *c = data;
        FormatOptions options = { .cpu = c->cpu };
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        if (!format_read_guest(six, strlen(six), &options, &input, &error)) {
                g_assert_cmpstr(error->message, ==, c->error);
                return;
        }

        g_assert_null(c->error);
        g_assert_cmphex(form_register(input.guest, 0x80000001, 0, REGISTER_EDX), ==, c->edx);
        g_assert_cmpuint(input.warnings->len, ==, 0);
}

/* Policies that differ are no kinds of CPU. */
static void test_host(void) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        format_read_host(six, strlen(six), &options, &input, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(kinds_size(host_kinds(input.host)), ==, 0);
        g_assert_cmpuint(input.warnings->len, ==, 1);
}

static const struct {
        const char *name;
        const char *text;
        const char *message;
} refusals[] = {
        /* clang-format off */
        { "no-heading", " CPUID:\n" ROW1, "line 1, column 2: expected 'NAME policy: N leaves, M MSRs'" },
        { "no-cpuid", "Raw policy: 1 leaves, 0 MSRs\n" ROW1, "line 2, column 3: expected 'CPUID:'" },
        { "no-name", " policy: 1 leaves, 0 MSRs\n", "line 1, column 2: expected 'NAME policy" },
        { "count-too-large", "Raw policy: 4294967296 leaves, 0 MSRs\n", "line 1, column 1: expected 'NAME policy" },
        { "no-count", "Raw policy: leaves, 0 MSRs\n", "line 1, column 1: expected 'NAME policy" },
        { "heading-goes-on", "Raw policy: 1 leaves, 0 MSRs!\n", "line 1, column 1: expected 'NAME policy" },
        { "other-line", "Raw policy: 1 leaves, 0 MSRs\n CPUID:\nhello\n", "line 3, column 1: expected 'LEAF:SUBLEAF -> EAX:EBX:ECX:EDX' in 8 hex digits each, found 'hello'" },
        { "few-digits", "Raw policy: 1 leaves, 0 MSRs\n CPUID:\n 1:ffffffff -> 1:2:3:4\n",
          "in 8 hex digits each" },
        { "more-behind-a-row",
          "Raw policy: 1 leaves, 0 MSRs\n CPUID:\n 00000001:ffffffff -> 00000001:00000002:00000003:000000045\n",
          "line 3, column 2: expected 'LEAF:SUBLEAF ->" },
        { "msr-with-few-digits", "Raw policy: 1 leaves, 1 MSRs\n CPUID:\n MSRs:\n 0000010a -> 0000000b\n",
          "line 4, column 2: expected 'INDEX -> VALUE'" },
        { "row-among-the-msrs", "Raw policy: 1 leaves, 1 MSRs\n CPUID:\n MSRs:\n" ROW1,
          "line 4, column 3: expected 'INDEX -> VALUE'" },
        { "no-policy-at-all", "Xen reports there are maximum 120 leaves and 2 MSRs\n", "has no leaf of any policy" },
        { "a-row-twice-that-differs",
          "Raw policy: 1 leaves, 0 MSRs\n CPUID:\n" ROW1 " 00000001:ffffffff -> 00000001:00000002:00000003:00000004\n",
          "line 4: leaf 0x1 sub-leaf 0 again, with other values than in line 3" },
        /* clang-format on */
};

static void test_refusals(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
                g_test_message("%s", refusals[i].name);
                form_assert_refused(refusals[i].text, "xen", refusals[i].message);
        }
}

static void test_too_many(void) {
        g_autoptr(GString) text = g_string_new(NULL);

        for (unsigned i = 0; i <= DUMP_CPUS_MAX; i++)
                g_string_append(text, "Raw policy: 0 leaves, 0 MSRs\n");
        form_assert_refused(text->str, NULL, "line 4097: more than 4096");
}

/* Not all of them are named. */
static void test_many(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(Guest) guest = NULL;
        g_autofree char *warnings = NULL;

        for (unsigned i = 0; i < 100; i++)
                g_string_append(text, SMALL("Raw", "20100800") SMALL_MSRS);
        guest = form_guest(text->str, NULL, &warnings);
        g_assert_nonnull(strstr(warnings, "15 Raw, 16 Raw and 83 more"));
}

static void test_cuts(void) {
        static const char large[] = LARGE(AMD) SMALL_MSRS SMALL("Domain 1", "00000000") SMALL_MSRS;

        form_assert_cuts(six, strlen(six), "xen", 1);
        form_assert_cuts(large, strlen(large), "xen", 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/form-xen/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
                g_autofree char *path = g_strdup_printf("/form-xen/choice/%s", choices[i].name);

                g_test_add_data_func(path, &choices[i], test_choice);
        }

        g_test_add_func("/form-xen/host", test_host);
        g_test_add_func("/form-xen/refusals", test_refusals);
        g_test_add_func("/form-xen/too-many", test_too_many);
        g_test_add_func("/form-xen/many", test_many);
        g_test_add_func("/form-xen/cuts", test_cuts);
        return g_test_run();
}
