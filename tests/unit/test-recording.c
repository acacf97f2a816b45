/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recordings: what is read is what was written, and what is wrong is refused with its line */

#include "policy/error.h"
#include "policy/recording.h"
#include "tests/unit/support.h"

#define HEAD "cpuidd-recording 1\n"
#define ROW "supported 0x7 0 1 0x2 0x1802042 0x1a010104 0xbc010400\n"

typedef struct BadCase {
        const char *name;
        const char *text;
        const char *expect;
} BadCase;

static const BadCase bad_cases[] = {
        { "empty", "", "line 1: expected 'cpuidd-recording VERSION'" },
        { "no-magic", "kernel 6.1\n", "line 1: expected 'cpuidd-recording VERSION'" },
        { "newer", "cpuidd-recording 2\nend\n",
          "version 2 is newer than this program, which knows 1" },
        { "cut-off", HEAD ROW, "'end': the recording was cut off" },
        { "no-supported", HEAD "end\n", "needs a 'supported' table" },
        { "behind-end", HEAD ROW "end\nkernel 6.1\n", "line 4: expected nothing behind 'end'" },
        { "six-numbers", HEAD "supported 0x7 0 1 0x2 0x1802042 0x1a010104\nend\n",
          "line 2: expected 'TABLE LEAF" },
        { "eight-numbers", HEAD "supported 1 2 3 4 5 6 7 8\nend\n",
          "line 2: expected 'TABLE LEAF" },
        { "33-bits", HEAD "supported 0x7 0 1 0x100000000 0 0 0\nend\n",
          "line 2: expected 'TABLE LEAF" },
        { "negative", HEAD "supported 0x7 0 1 -1 0 0 0\nend\n", "line 2: expected 'TABLE LEAF" },
        { "unknown-table", HEAD "table nonsense\nend\n", "line 2: expected 'table NAME'" },
        { "unknown-view", HEAD "view nonsense 1 0 0 0 0 0 0\nend\n",
          "line 2: expected 'view CAPABILITY" },
        { "unknown-keyword", HEAD "nonsense 1\nend\n", "line 2: expected a keyword of recordings" },
        { "no-value", HEAD "kernel\nend\n", "line 2: expected a known keyword and its value" },
        { "extension", HEAD "extension KVM_CAP_X x\nend\n",
          "line 2: expected 'extension NAME VALUE'" },
        { "attribute", HEAD "attribute X\nend\n", "line 2: expected 'attribute NAME VALUE'" },
        { "msr", HEAD "msr 0x100000000 1\nend\n", "line 2: expected 'msr INDEX VALUE'" },
        { "varies", HEAD "varies 0x1\nend\n", "line 2: expected 'varies PLACE'" },
        { "unknown", HEAD "unknown everything\nend\n", "line 2: expected 'unknown RUN' such as" },
        { "unknown-in-no-msr", HEAD "unknown msr 0x10a[64]\nend\n",
          "line 2: expected 'unknown RUN'" },
        { "unknown-backwards", HEAD "unknown 0x7.3-1\nend\n", "line 2: expected 'unknown RUN'" },
        { "kind-of-nothing", HEAD "kind\nend\n", "line 2: expected 'kind CPUS'" },
        { "kind-backwards", HEAD "kind 7-0\nend\n", "line 2: expected 'kind CPUS'" },
        { "kind-twice", HEAD "kind 0-7,7\nend\n", "line 2: expected 'kind CPUS'" },
        { "kind-text", HEAD "kind P-cores\nend\n", "line 2: expected 'kind CPUS'" },
        { "kind-open", HEAD "kind 0-\nend\n", "line 2: expected 'kind CPUS'" },
        { "kind-of-no-cpu", HEAD "kind 99999999999999999999\nend\n",
          "line 2: expected 'kind CPUS'" },
        { "kinds-17",
          HEAD "kind 0\nkind 1\nkind 2\nkind 3\nkind 4\nkind 5\nkind 6\nkind 7\nkind 8\nkind 9\n"
               "kind 10\nkind 11\nkind 12\nkind 13\nkind 14\nkind 15\nkind 16\nend\n",
          "line 18: expected 'kind CPUS' such as 0-7,16, and at most 16" },
        { "kind-row-of-none", HEAD "kind-row 1 0 0 0 0 0 0\nend\n",
          "line 2: expected 'kind CPUS' before its rows" },
        { "kind-row-of-six", HEAD "kind 0\nkind-row 1 0 0 0 0 0\nend\n",
          "line 3: expected 'kind-row LEAF" },
        { "dropped-nothing", HEAD "dropped\nend\n", "line 2: expected 'dropped ROW' such as" },
        { "dropped-register", HEAD "dropped 0x1d.0:eax\nend\n", "line 2: expected 'dropped ROW'" },
        { "dropped-leaf", HEAD "dropped 0x1d\nend\n", "line 2: expected 'dropped ROW'" },
        { "dropped-msr", HEAD "dropped msr 0x1d\nend\n", "line 2: expected 'dropped ROW'" },
        { "forced-of-six", HEAD "forced-on 0x7 0 1 0 0 0\nend\n", "line 2: expected 'TABLE LEAF" },
        { "view-forced-nothing", HEAD "view-forced\nend\n",
          "line 2: expected 'view-forced CAPABILITY" },
        { "view-forced-nowhere", HEAD "view-forced nonsense forced-on\nend\n",
          "line 2: expected 'view-forced CAPABILITY" },
        { "view-forced-what", HEAD "view-forced xcomp.amx supported 1 0 0 0 0 0 0\nend\n",
          "line 2: expected 'view-forced CAPABILITY" },
        { "view-forced-of-six", HEAD "view-forced xcomp.amx forced-off 1 0 0 0 0 0\nend\n",
          "line 2: expected 'TABLE LEAF" },
        { "view-dropped", HEAD "view-forced xcomp.amx dropped 1d\nend\n",
          "line 2: expected 'dropped ROW'" },
        { "cpus", HEAD "cpus many\nend\n", "line 2: expected a number" },
        { "not-utf8", HEAD "kernel \xff\nend\n", "line 2: expected text in UTF-8" },
};

static void test_bad(gconstpointer data) {
        const BadCase *c = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(Host) host = recording_parse(c->text, strlen(c->text), &error);

        g_assert_null(host);
        g_assert_nonnull(error);
        g_assert_true(error->domain == POLICY_ERROR);
        if (!strstr(error->message, c->expect))
                g_error("expected '%s', got '%s'", c->expect, error->message);
}

static void test_binary_and_large(void) {
        g_autoptr(GError) binary = NULL, large = NULL, rows = NULL;
        g_autofree char *text = g_malloc0(RECORDING_MAX + 1);
        g_autoptr(GString) many = g_string_new(HEAD);

        g_assert_null(recording_parse("cpuidd-recording 1\n\0end\n", 23, &binary));
        g_assert_nonnull(strstr(binary->message, "not binary"));
        g_assert_null(recording_parse(text, RECORDING_MAX + 1, &large));
        g_assert_nonnull(strstr(large->message, "1 MiB"));

        for (size_t i = 0; i < LEAF_TABLE_MAX + 1; i++)
                g_string_append_printf(many, "supported %zu 0 0 0 0 0 0\n", i);
        g_assert_null(recording_parse(many->str, many->len, &rows));
        g_assert_nonnull(strstr(rows->message, "line 258: expected at most 256 rows"));
}

static void test_round_trip(void) {
        static const char text[] = HEAD
                "name node17\nkernel 6.12.9\nmodule kvm\nmodule kvm_intel\nparameter "
                "kvm_intel.nested Y\n"
                "microcode 0x2b000590\nprobed-at 2026-11-22T12:37:00Z\ncpus 128\ntable "
                "supported\n" ROW
                "table hyperv\ntable forced-on\nforced-on 0x7 0 1 0x0 0x20 0x0 0x0\ntable "
                "forced-off\ntable dropped\ndropped 0x1d.0\ndropped 0x1d.1\nview-forced xcomp.amx "
                "forced-off\nview-forced xcomp.amx forced-off 0x7 0 1 0x0 0x2 0x0 0x0\nview-forced "
                "xcomp.amx dropped\nview xcomp.amx 0xd 0 1 0x60003 0x240 0x240 0x0\nkind 0-7,16\n"
                "kind 8\nkind-row 0x7 0 1 0x0 0x2 0x0 0x0\nkind-row 0x7 1 1 0x0 0x0 0x0 0x0\nvaries "
                "0x1.0:ebx[31:24]\nunknown 0x7.0:edx[31:16]\nunknown 0x14\nunknown 0x20-0x23\n"
                "unknown msr 0x10a[19]\nunknown msr 0x10a[63:32]\n"
                "extensions-recorded\nextension KVM_CAP_X86_DISABLE_EXITS 15\nattributes-recorded\n"
                "attribute KVM_X86_XCOMP_GUEST_SUPP 0x60000\nmsrs-recorded\nmsr 0x10a "
                "0x400000000c08e0eb\n"
                "tsc-khz 2000000\nend\n";
        g_autoptr(GError) error = NULL;
        g_autoptr(Host) host = recording_parse(text, strlen(text), &error);
        g_autofree char *again = NULL;
        int64_t value;

        g_assert_no_error(error);
        again = recording_write(host);
        g_assert_cmpstr(again, ==, text);

        g_assert_cmpstr(host_info(host)->kernel, ==, "6.12.9");
        g_assert_true(host_get_extension(host, "KVM_CAP_X86_DISABLE_EXITS", &value));
        g_assert_cmpint(value, ==, 15);
        g_assert_true(host_get_extension(host, "KVM_CAP_IRQCHIP", &value));
        g_assert_cmpint(value, ==, 0);
        g_assert_cmphex(unknown_mask(host_unknown(host), 0x14, 1, REGISTER_EAX), ==, UINT32_MAX);
        g_assert_cmphex(unknown_msr_mask(host_unknown(host), 0x10a), ==, 0xffffffff00080000);
        g_assert_cmpuint(kinds_size(host_kinds(host)), ==, 2);
        g_assert_cmpstr(kinds_at(host_kinds(host), 0)->cpus, ==, "0-7,16");
        g_assert_cmpuint(leaf_table_size(kinds_at(host_kinds(host), 0)->rows), ==, 0);
        g_assert_cmpuint(leaf_table_size(kinds_at(host_kinds(host), 1)->rows), ==, 2);
        g_assert_null(host_table(host, HOST_HARDWARE));
        g_assert_null(forced_table(host_forced(host), "xcomp.amx", FORCED_ON));
        g_assert_cmpuint(leaf_table_size(forced_table(host_forced(host), NULL, FORCED_OFF)), ==, 0);
        g_assert_cmpuint(leaf_table_size(host_table(host, HOST_HYPERV)), ==, 0);
}

/* Cutting a recording off anywhere never gives a host. */
static void test_truncated(void) {
        g_autoptr(Host) host = test_recording("skylake-sp-6.1");
        g_autofree char *text = recording_write(host);
        size_t n = strlen(text);

        for (size_t i = 0; i + 1 < n; i += 37) {
                g_autoptr(GError) error = NULL;

                g_assert_null(recording_parse(text, i, &error));
                g_assert_nonnull(error);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
                g_autofree char *path = g_strconcat("/recording/bad/", bad_cases[i].name, NULL);

                g_test_add_data_func(path, &bad_cases[i], test_bad);
        }
        g_test_add_func("/recording/binary-and-large", test_binary_and_large);
        g_test_add_func("/recording/round-trip", test_round_trip);
        g_test_add_func("/recording/truncated", test_truncated);

        return g_test_run();
}
