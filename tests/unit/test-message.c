/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a person is told: the cause and the sentence of a finding, on recorded hosts */

#include "policy/place.h"
#include "tests/unit/support.h"

/* The guest is the host's own offer with one field changed. */
typedef struct MessageCase {
        const char *name;
        const char *host;
        const char *field;
        uint32_t value;
        const char *enable; /* besides what the usual VMM does, or NULL */
        Cause cause;
        const char *message; /* all of it */
} MessageCase;

static const MessageCase message_cases[] = {
        {
                .name = "capability",
                .host = "skylake-sp-6.1",
                .field = "monitor",
                .value = 1,
                .cause = CAUSE_CAPABILITY,
                .message = "the guest has MONITOR/MWAIT; this host offers it only with "
                           "disable-exits.mwait",
        },
        {
                .name = "capability-that-takes-away",
                .host = "milan-6.18",
                .field = "kvm_pv_unhalt",
                .value = 1,
                .enable = "disable-exits.hlt",
                .cause = CAUSE_CAPABILITY,
                .message = "the guest has PV unhalt; this host offers it only without "
                           "disable-exits.hlt",
        },
        {
                .name = "capability-the-host-lacks",
                .host = "haswell-5.15",
                .field = "aperfmperf",
                .value = 1,
                .enable = "disable-exits.aperfmperf",
                .cause = CAUSE_KVM,
                .message = "the guest has APERF/MPERF; this host offers it only with "
                           "disable-exits.aperfmperf, which it does not have",
        },
        {
                .name = "silicon",
                .host = "haswell-5.15",
                .field = "avx512f",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has AVX-512F; this CPU does not have it",
        },
        {
                .name = "kvm",
                .host = "skylake-sp-6.1",
                .field = "est",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has enhanced SpeedStep; the CPU has it, but this host's KVM "
                           "does not offer it",
        },
        {
                .name = "kvm-leaf",
                .host = "skylake-sp-6.1",
                .field = "kvm_mmu_op",
                .value = 1,
                .cause = CAUSE_KVM,
                .message = "the guest has MMU operations; this host's KVM does not offer it",
        },
        {
                .name = "vendor",
                .host = "skylake-sp-6.1",
                .field = "sse4a",
                .value = 1,
                .cause = CAUSE_VENDOR,
                .message = "the guest has SSE4A; only processors of AMD or Hygon have it",
        },
        {
                .name = "limit",
                .host = "skylake-sp-6.1",
                .field = "maxphyaddr",
                .value = 52,
                .cause = CAUSE_CPU,
                .message = "the guest's MAXPHYADDR is 52 bits, the host has at most 46 bits",
        },
        {
                .name = "guarantee",
                .host = "milan-6.18",
                .field = "srso_no",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest relies on the promise SRSO_NO; this CPU does not have it",
        },
        {
                .name = "hint",
                .host = "haswell-5.15",
                .field = "fsrm",
                .value = 1,
                .cause = CAUSE_CPU,
                .message = "the guest has the hint fast short REP MOV; this CPU does not have it: "
                           "nothing breaks, something may be slower",
        },
};

static void test_message(gconstpointer data) {
        const MessageCase *c = data;
        g_autoptr(Host) host = test_recording(c->host);
        CapabilitySet set = capability_set_default();
        const Field *field = field_find(c->field);
        g_autoptr(Offer) plain = NULL, offer = NULL;
        g_autoptr(Guest) guest = NULL;
        g_auto(Verdict) verdict = {};
        g_autofree char *where = NULL;
        const Finding *finding;

        g_assert_nonnull(field);
        plain = offer_new(host, set);
        if (c->enable)
                g_assert_true(capability_set_add(&set, c->enable, NULL));
        offer = offer_new(host, set);
        guest = test_guest_of_offer_with(plain, field, c->value);
        g_assert_nonnull(guest);
        check(offer, guest, 0, &verdict);

        where = place_format(field->leaf, field->subleaf, field->reg, field->high, field->low);
        finding = test_finding_at(&verdict, where);
        g_assert_nonnull(finding);
        g_assert_cmpstr(finding->message, ==, c->message);
        g_assert_cmpstr(cause_to_string(finding->cause), ==, cause_to_string(c->cause));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(message_cases); i++) {
                g_autofree char *path = g_strdup_printf("/message/%s", message_cases[i].name);

                g_test_add_data_func(path, &message_cases[i], test_message);
        }

        return g_test_run();
}
