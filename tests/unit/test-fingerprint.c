/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One fingerprint, one verdict for every guest: what counts, and what does not */

#include "policy/recording.h"
#include "tests/unit/support.h"

#define BASE                                                           \
        "supported 0x0 0 0 0xd 0x756e6547 0x6c65746e 0x49656e69\n"     \
        "supported 0x1 0 0 0x50654 0x00100800 0xfffa3203 0x0f8bfbff\n" \
        "supported 0x7 0 1 0x0 0x20 0x0 0x0\n"                         \
        "msrs-recorded\nmsr 0x8b 0x100000000\nmsr 0x10a 0x4\n"         \
        "tsc-khz 2000000\n"                                            \
        "extensions-recorded\nextension KVM_CAP_X86_DISABLE_EXITS 15\n"

typedef struct FingerprintCase {
        const char *name;
        const char *from; /* in BASE */
        const char *to;
        bool is_same;
} FingerprintCase;

static const FingerprintCase fingerprint_cases[] = {
        { "kernel", "extensions-recorded", "kernel 6.1\nextensions-recorded", true },
        { "name-and-time", "extensions-recorded",
          "name x\nprobed-at 2026-11-22T12:37:00Z\ncpus 9\nextensions-recorded", true },
        { "microcode", "extensions-recorded", "microcode 0x1\nextensions-recorded", true },
        { "parameter", "extensions-recorded", "parameter kvm.enable_pmu Y\nextensions-recorded",
          true },
        { "stepping", "0x50654", "0x50657", true },
        { "apic-id", "0x00100800", "0x07100800", true },
        { "osxsave", "0xfffa3203", "0xf7fa3203", true },
        { "zero-row", "extensions-recorded", "supported 0x3 0 0 0 0 0 0\nextensions-recorded",
          true },
        { "unrelated-extension", "extension KVM_CAP_X86_DISABLE_EXITS",
          "extension KVM_CAP_NR_VCPUS 3\nextension KVM_CAP_X86_DISABLE_EXITS", true },
        { "hardware", "extensions-recorded",
          "hardware 0x1 0 0 0 0 0xffffffff 0\nextensions-recorded", true },
        { "microcode-msr", "msr 0x8b 0x100000000", "msr 0x8b 0x200000000", true },
        { "derived-msr", "msr 0x8b 0x100000000", "msr 0x8b 0x100000000\nmsr 0x487 0xffffffff",
          true },
        { "unknown-msr", "msr 0x8b 0x100000000", "msr 0x8b 0x100000000\nmsr 0x123 1", true },
        { "zero-msr", "msr 0x8b 0x100000000", "msr 0x8b 0x100000000\nmsr 0x491 0", true },
        { "msr", "0x10a 0x4", "0x10a 0x5", false },
        { "inverted-msr", "0x10a 0x4", "0x10a 0x0", false },
        { "reserved-bit-of-msr", "0x10a 0x4", "0x10a 0x8000000000000004", false },
        { "msr-that-may-not-be-listed", "msr 0x8b 0x100000000", "msr 0x8b 0x100000000\nmsr 0xce 0",
          false },
        { "msrs-not-recorded", "msrs-recorded\nmsr 0x8b 0x100000000\nmsr 0x10a 0x4\n", "", false },
        { "tsc-rate", "tsc-khz 2000000", "tsc-khz 2100000", false },
        { "tsc-scaling", "extension KVM_CAP_X86_DISABLE_EXITS",
          "extension KVM_CAP_TSC_CONTROL 1\nextension KVM_CAP_X86_DISABLE_EXITS", false },
        { "tsc-tolerance", "extensions-recorded",
          "parameter kvm.tsc_tolerance_ppm 500\nextensions-recorded", false },
        { "feature", "0x20 0x0 0x0", "0x28 0x0 0x0", false },
        { "reserved-bit", "0xfffa3203", "0xfffb3203", false },
        { "vendor", "0x756e6547", "0x756e6548", false },
        { "clflush", "0x00100800", "0x00101000", false },
        { "capability", "KVM_CAP_X86_DISABLE_EXITS 15", "KVM_CAP_X86_DISABLE_EXITS 14", false },
        { "not-told", "extensions-recorded", "unknown 0x14\nextensions-recorded", false },
        { "not-recorded", "extensions-recorded\nextension KVM_CAP_X86_DISABLE_EXITS 15\n", "",
          false },
        { "forced", "extensions-recorded", "forced-on 0x7 0 1 0 0x100 0 0\nextensions-recorded",
          false },
        { "forced-nothing", "extensions-recorded",
          "table forced-on\ntable forced-off\nextensions-recorded", true },
        { "forced-in-a-view", "extensions-recorded",
          "view-forced xcomp.amx forced-on 0x7 0 1 0 0x100 0 0\nextensions-recorded", false },
        { "dropped", "extensions-recorded", "dropped 0x1d.0\nextensions-recorded", true },
};

static char *fingerprint_of(const char *body) {
        g_autofree char *text = g_strdup_printf("cpuidd-recording 1\n%send\n", body);
        g_autoptr(GError) error = NULL;
        g_autoptr(Host) host = recording_parse(text, strlen(text), &error);

        g_assert_no_error(error);
        g_assert_true(g_str_has_prefix(host_fingerprint(host), "sha256:"));
        g_assert_cmpuint(strlen(host_fingerprint(host)), ==, strlen("sha256:") + 64);
        return g_strdup(host_fingerprint(host));
}

static void test_fingerprint(gconstpointer data) {
        const FingerprintCase *c = data;
        g_autoptr(GString) changed = g_string_new(BASE);
        g_autofree char *before = fingerprint_of(BASE), *after = NULL;

        g_assert_cmpuint(g_string_replace(changed, c->from, c->to, 1), ==, 1);
        after = fingerprint_of(changed->str);
        if (c->is_same)
                g_assert_cmpstr(before, ==, after);
        else
                g_assert_cmpstr(before, !=, after);
}

/* Where the hardware scales, the rate decides nothing. */
static void test_scaling(void) {
        g_autofree char *one = fingerprint_of(BASE "extension KVM_CAP_TSC_CONTROL 1\n"),
                        *other = NULL;
        g_autoptr(GString) changed = g_string_new(BASE "extension KVM_CAP_TSC_CONTROL 1\n");

        g_assert_cmpuint(g_string_replace(changed, "tsc-khz 2000000", "tsc-khz 2100000", 1), ==, 1);
        other = fingerprint_of(changed->str);
        g_assert_cmpstr(one, ==, other);
}

/* That a bit can never be had counts only where it could be had otherwise. */
static void test_forced_off(void) {
        static const struct {
                const char *row;
                bool is_same;
        } cases[] = {
                { "forced-off 0x7 0 1 0 0x100 0 0\n", true },  /* BMI2, which KVM does not list */
                { "forced-off 0x7 1 1 0 0xff 0 0\n", true },   /* nor these, without a name */
                { "forced-off 0x7 0 1 0 0x120 0 0\n", false }, /* AVX2, which it does */
                { "forced-off 0x1 0 0 0 0 0x8 0\n", false },   /* MONITOR: disable-exits.mwait */
        };
        g_autofree char *none = fingerprint_of(BASE "table forced-off\n");

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *body = g_strconcat(BASE, cases[i].row, NULL),
                                *some = fingerprint_of(body);

                g_assert_cmpint(strcmp(none, some) == 0, ==, cases[i].is_same);
        }
}

static void test_varying(void) {
        g_autofree char *one = fingerprint_of(BASE "varies 0x7.0:ebx[5]\n"), *other = NULL;
        g_autoptr(GString) changed = g_string_new(BASE "varies 0x7.0:ebx[5]\n");

        g_string_replace(changed, "0x20 0x0 0x0", "0x0 0x0 0x0", 1);
        other = fingerprint_of(changed->str);
        g_assert_cmpstr(one, ==, other);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(fingerprint_cases); i++) {
                g_autofree char *path =
                        g_strconcat("/fingerprint/", fingerprint_cases[i].name, NULL);

                g_test_add_data_func(path, &fingerprint_cases[i], test_fingerprint);
        }
        g_test_add_func("/fingerprint/scaling", test_scaling);
        g_test_add_func("/fingerprint/forced-off", test_forced_off);
        g_test_add_func("/fingerprint/varying", test_varying);

        return g_test_run();
}
