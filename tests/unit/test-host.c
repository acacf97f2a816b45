/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a host is known to have: what was not recorded is unknown, never absent */

#include "policy/error.h"
#include "tests/unit/support.h"

typedef struct PresenceCase {
        const char *name;
        const char *capability;
        bool is_recorded; /* the extensions were */
        const char *extension;
        int64_t value;
        Known expect;
} PresenceCase;

static const PresenceCase presence_cases[] = {
        { "bit-of-a-mask", "disable-exits.hlt", true, "KVM_CAP_X86_DISABLE_EXITS", 2, KNOWN_YES },
        { "other-bit-of-a-mask", "disable-exits.hlt", true, "KVM_CAP_X86_DISABLE_EXITS", 5,
          KNOWN_NO },
        { "absent-is-zero", "disable-exits.hlt", true, NULL, 0, KNOWN_NO },
        { "not-recorded-is-unknown", "disable-exits.hlt", false, NULL, 0, KNOWN_NOT },
        { "one-alternative-is-enough", "irqchip", true, "KVM_CAP_SPLIT_IRQCHIP", 1, KNOWN_YES },
        { "no-alternative", "irqchip", true, NULL, 0, KNOWN_NO },
        { "one-of-two-that-are-needed", "pv.migration-control", true, "KVM_CAP_X86_USER_SPACE_MSR",
          1, KNOWN_NO },
        { "negative-is-absent", "sgx.provision", true, "KVM_CAP_SGX_ATTRIBUTE", -1, KNOWN_NO },
        { "view-that-was-looked-for", "xcomp.amx", true, NULL, 0, KNOWN_NO },
        { "view-that-was-not", "xcomp.amx", false, NULL, 0, KNOWN_NOT },
        { "table-that-is-not-there", "emulated", true, NULL, 0, KNOWN_NOT },
};

static void test_presence(gconstpointer data) {
        const PresenceCase *c = data;
        TestRow rows[N_TEST_ROWS] = { LEAF(0, 0, .eax = 1), LEAF(1, 0) };
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        if (c->is_recorded)
                host_set_extensions_recorded(host);
        if (c->extension)
                host_set_extension(host, c->extension, c->value);
        g_assert_true(host_seal(host, &error));
        g_assert_cmpint(host_has(host, capability_find(c->capability)), ==, c->expect);
}

static void test_no_table(void) {
        g_autoptr(Host) host = host_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(host_seal(host, &error));
        g_assert_error(error, POLICY_ERROR, POLICY_ERROR_TABLE);
        g_assert_nonnull(strstr(error->message, "KVM_GET_SUPPORTED_CPUID"));
}

/* A bare table tells the vendor and the signature by itself. */
static void test_signature(void) {
        TestRow rows[N_TEST_ROWS] = {
                LEAF(0, 0, .eax = 1, .ebx = 0x68747541, .ecx = 0x444d4163, .edx = 0x69746e65),
                LEAF(1, 0, .eax = 0x00a00f12),
        };
        g_autoptr(Host) host = test_host(rows);

        g_assert_cmpstr(host_info(host)->vendor, ==, "AuthenticAMD");
        g_assert_cmpint(host_vendor(host), ==, VENDOR_AMD);
        g_assert_cmpuint(host_info(host)->family, ==, 25);
        g_assert_cmpuint(host_info(host)->model, ==, 1);
        g_assert_cmpuint(host_info(host)->stepping, ==, 2);
}

/* The usual VMM's are taken for there where nothing was recorded. */
static void test_defaults_count(void) {
        TestRow rows[N_TEST_ROWS] = { LEAF(1, 0) };
        g_autoptr(Host) host = test_host(rows);

        g_assert_cmpuint(host_capabilities(host), ==, capability_set_default());
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(presence_cases); i++) {
                g_autofree char *path = g_strdup_printf("/host/%s", presence_cases[i].name);

                g_test_add_data_func(path, &presence_cases[i], test_presence);
        }
        g_test_add_func("/host/no-table", test_no_table);
        g_test_add_func("/host/signature", test_signature);
        g_test_add_func("/host/defaults-count", test_defaults_count);

        return g_test_run();
}
