/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recorded hosts, and guests made from what they offer, on mainline kernels: these contradict our
 * tables nowhere but where it is known that they are wrong. */

#include <string.h>

#include "policy/self-trial.h"
#include "tests/unit/support.h"
#include "tests/unit/trial-support.h"

/* Guests of each host and kernel */
#define N_GUESTS 60

typedef struct KernelCase {
        const FakeKernel *kernel;
        const char *recording;
} KernelCase;

/* A kernel that leaves PV unhalt where HLT exits are disabled (5.17 to 6.8): see tests/live/KNOWN */
static bool is_known(const FakeKernel *kernel, const ReportContradiction *one) {
        return kernel->leaves_unhalt && strcmp(one->field, "kvm_pv_unhalt") == 0;
}

static void assert_known(const FakeKernel *kernel, const Report *report) {
        for (guint i = 0; i < report->contradictions->len; i++) {
                const ReportContradiction *one = g_ptr_array_index(report->contradictions, i);
                g_autofree char *where = trial_contradiction_where(one);

                if (is_known(kernel, one))
                        continue;
                g_test_message("%s %s (%s): %s", contradiction_kind_to_string(one->kind), where,
                               one->subject ?: "guest", one->message);
                g_test_fail();
        }
}

static bool one_of(int n) {
        return g_test_rand_int_range(0, n) == 0;
}

/* Less, most of the time, than the host offers, and now and then something else */
static void change(Leaf *row, Register reg, const Field *field, bool is_less) {
        uint32_t mask = field_mask(field), value = (row->registers[reg] & mask) >> field->low;

        value = is_less && value ?
                (uint32_t) g_test_rand_int_range(0, MIN(value, 100)) :
                (uint32_t) g_test_rand_int() >> (31 - (field->high - field->low));
        row->registers[reg] = (row->registers[reg] & ~mask) | ((value << field->low) & mask);
}

static bool may_change(const Field *field) {
        return field->word != FIELD_NONE && field->interface != FIELD_INTERFACE_MSR &&
                (field->rule == FIELD_RULE_FEATURE || field->rule == FIELD_RULE_HINT ||
                 field->rule == FIELD_RULE_GUARANTEE || field->rule == FIELD_RULE_INVERTED ||
                 (field->rule == FIELD_RULE_AT_MOST && field->n_values == 0));
}

static Guest *random_guest(const Offer *offer) {
        g_autoptr(LeafTable) table = offer_to_table(offer);
        g_autofree Leaf *rows =
                g_memdup2(leaf_table_at(table, 0), leaf_table_size(table) * sizeof(*rows));
        int sparse = g_test_rand_int_range(2, 12);
        Guest *guest;

        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                const Leaf *row = may_change(field) ?
                        leaf_table_find(table,
                                        words_leaf(offer->words, field->interface, field->leaf),
                                        field->subleaf) :
                        NULL;

                if (row && one_of(sparse))
                        change(&rows[row - leaf_table_at(table, 0)], field->reg, field, !one_of(9));
        }

        guest = guest_new(leaf_table_new_from_words((const uint32_t *) rows,
                                                    leaf_table_size(table) * LEAF_N_WORDS, NULL));
        guest->capabilities = offer->capabilities;
        return guest;
}

static void try_guests(const FakeKvm *kvm) {
        CapabilitySet has = host_capabilities(kvm->host);

        for (int i = 0; i < N_GUESTS; i++) {
                CapabilitySet set = capability_set_default();
                g_autoptr(Offer) offer = NULL;
                g_autoptr(Guest) guest = NULL;
                g_autoptr(GError) error = NULL;
                g_autoptr(Report) report = NULL;

                for (size_t j = 0; j < N_CAPABILITIES; j++)
                        if ((has & (UINT64_C(1) << j)) && one_of(4))
                                set ^= UINT64_C(1) << j;
                offer = offer_new(kvm->host, set);
                guest = random_guest(offer);
                report = trial_report(kvm, guest, &error);
                g_assert_no_error(error);
                assert_known(kvm->kernel, report);
        }
}

static void try_self(const FakeKvm *kvm) {
        g_autoptr(SelfTrial) self = self_trial_new(kvm->host);
        g_autoptr(GError) error = NULL;
        g_autoptr(Report) report = NULL;

        for (size_t i = 0; i < self_trial_n_requests(self); i++)
                self_trial_take(self, i, fake_kvm_try_all(kvm, self_trial_request(self, i)));
        while (self_trial_step(self))
                continue;
        report = self_trial_report(self, &error);
        g_assert_no_error(error);
        assert_known(kvm->kernel, report);
}

static void test_kernel(gconstpointer userdata) {
        const KernelCase *one = userdata;
        g_autoptr(Host) host = test_recording(one->recording);
        FakeKvm kvm = { .host = host, .kernel = one->kernel, .forces = true };

        try_self(&kvm);
        try_guests(&kvm);
}

static bool has_module(const char *recording, const char *module) {
        g_autoptr(Host) host = test_recording(recording);

        return g_strv_contains((const char *const *) host_info(host)->modules, module);
}

int main(int argc, char **argv) {
        const char *const *recordings;
        g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(g_free);

        g_test_init(&argc, &argv, NULL);

        recordings = test_recording_names();
        for (size_t i = 0; recordings[i]; i++)
                for (size_t j = 0; j < n_fake_kernels; j++) {
                        KernelCase one = { &fake_kernels[j], recordings[i] };
                        g_autofree char *path =
                                g_strdup_printf("/kernels/%s/%s", one.kernel->name, one.recording);

                        if (!has_module(one.recording, one.kernel->module))
                                continue;
                        g_ptr_array_add(cases, g_memdup2(&one, sizeof(one)));
                        g_test_add_data_func(path, cases->pdata[cases->len - 1], test_kernel);
                }

        return g_test_run();
}
