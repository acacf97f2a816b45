/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What would help: the smallest change of capabilities after which nothing is an error */

#include "tests/unit/support.h"

/* The guest is what the host offers to the usual VMM, with these fields set to 1. */
typedef struct RemedyCase {
        const char *name;
        const char *host;
        const char *fields[3];
        const char
                *enable[3];   /* enabled besides what the usual VMM does; "!" before: not enabled */
        const char *needs[4]; /* none: nothing helps */
} RemedyCase;

static const RemedyCase remedy_cases[] = {
        {
                .name = "one",
                .host = "skylake-sp-6.1",
                .fields = { "monitor" },
                .needs = { "disable-exits.mwait" },
        },
        {
                .name = "two-at-once",
                .host = "skylake-sp-6.1",
                .fields = { "monitor", "kvm_hc_map_gpa_range" },
                .needs = { "disable-exits.mwait", "pv.map-gpa-range" },
        },
        {
                .name = "with-what-it-requires",
                .host = "skylake-sp-6.1",
                .fields = { "kvm_msi_ext_dest_id" },
                .needs = { "x2apic-api", "pv.msi-ext-dest-id" },
        },
        {
                .name = "one-that-must-go",
                .host = "milan-6.18",
                .fields = { "kvm_pv_unhalt" },
                .enable = { "disable-exits.hlt" },
                .needs = { "!disable-exits.hlt" },
        },
        {
                .name = "one-to-add-and-one-to-drop",
                .host = "skylake-sp-6.1",
                .fields = { "monitor", "pdcm" },
                .enable = { "pmu.disable" },
                .needs = { "disable-exits.mwait", "!pmu.disable" },
        },
        {
                .name = "the-default-again",
                .host = "skylake-sp-6.1",
                .fields = { "x2apic" },
                .enable = { "!irqchip" },
                .needs = { "irqchip" },
        },
        {
                .name = "a-view",
                .host = "sapphire-rapids-6.12",
                .fields = { "xfd", "amx_int8" },
                .needs = { "xcomp.amx" },
        },
        {
                .name = "nothing-helps",
                .host = "haswell-5.15",
                .fields = { "avx512f" },
        },
        {
                .name = "nothing-helps-the-other",
                .host = "haswell-5.15",
                .fields = { "monitor", "avx512f" },
        },
};

static CapabilitySet enabled(const RemedyCase *c) {
        CapabilitySet set = capability_set_default();

        for (size_t i = 0; i < G_N_ELEMENTS(c->enable) && c->enable[i]; i++) {
                bool is_off = c->enable[i][0] == '!';
                const Capability *capability = capability_find(c->enable[i] + is_off);

                g_assert_nonnull(capability);
                set = is_off ? set & ~capability_bit(capability) : set | capability_bit(capability);
        }

        return set;
}

static Guest *guest_of(const RemedyCase *c, Host *host) {
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(Guest) guest = test_guest_of_offer(offer);

        for (size_t i = 0; i < G_N_ELEMENTS(c->fields) && c->fields[i]; i++) {
                const Field *field = field_find(c->fields[i]);

                g_assert_nonnull(field);
                guest->words->word[field->word] |= field_mask(field);
        }

        return g_steal_pointer(&guest);
}

static void test_remedy(gconstpointer data) {
        const RemedyCase *c = data;
        g_autoptr(Host) host = test_recording(c->host);
        g_autoptr(Guest) guest = guest_of(c, host);
        g_autoptr(Offer) offer = offer_new(host, enabled(c));
        g_auto(GStrv) needs = NULL;
        g_auto(Verdict) verdict = {};
        g_autofree char *found = NULL, *expected = g_strjoinv(" ", (char **) c->needs);

        check(offer, guest, 0, &verdict);
        g_assert_cmpint(verdict.kind, ==,
                        c->needs[0] ? VERDICT_NEEDS_CAPABILITIES : VERDICT_UNSUPPORTED);
        needs = capability_change_to_strv(verdict.needs_enabled, verdict.needs_disabled);
        found = g_strjoinv(" ", needs);
        g_assert_cmpstr(found, ==, expected);
}

/* MONITOR that is no longer compared is not MONITOR that works: the quirk is no remedy, also where
 * nothing else is. */
static void test_dynamic_is_no_remedy(void) {
        TestRow rows[N_TEST_ROWS] = { LEAF(1, 0) };
        g_autoptr(Host) host = host_new();
        TestRow wants[N_TEST_ROWS] = { LEAF(1, 0, .ecx = BIT(3)) };
        g_autoptr(Guest) guest = test_guest(wants);
        g_autoptr(Offer) offer = NULL;
        g_auto(Verdict) verdict = {};

        host_take_table(host, HOST_SUPPORTED, test_table(rows));
        host_set_extension(host, "KVM_CAP_IRQCHIP", 1);
        host_set_extension(host, "KVM_CAP_DISABLE_QUIRKS2", 0x10);
        g_assert_true(host_seal(host, NULL));
        g_assert_cmpint(host_has(host, capability_find("quirk.misc-enable-no-mwait")), ==,
                        KNOWN_YES);

        offer = offer_new(host, capability_set_default());
        check(offer, guest, 0, &verdict);
        g_assert_cmpint(verdict.kind, ==, VERDICT_UNSUPPORTED);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(remedy_cases); i++) {
                g_autofree char *path = g_strdup_printf("/remedy/%s", remedy_cases[i].name);

                g_test_add_data_func(path, &remedy_cases[i], test_remedy);
        }
        g_test_add_func("/remedy/dynamic-is-none", test_dynamic_is_no_remedy);

        return g_test_run();
}
