/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/trial-support.h"

#include "policy/place.h"

static TrialEvidence *try_guest(const FakeKvm *kvm, const Guest *guest) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GArray) indexes = guest_list_msrs(guest);
        GArray *msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsr));

        for (guint i = 0; i < indexes->len; i++) {
                TrialMsr msr = { .index = g_array_index(indexes, uint32_t, i) };

                guest_get_msr(guest, msr.index, &msr.value);
                g_array_append_val(msrs, msr);
        }

        trial_request_add(request, guest->capabilities, leaf_table_copy(guest->table), msrs);
        return fake_kvm_try(kvm, request, 0);
}

Report *trial_report(const FakeKvm *kvm, const Guest *guest, GError **error) {
        g_autoptr(TrialEvidence) evidence = try_guest(kvm, guest);
        g_autoptr(Offer) offer = offer_new(kvm->host, guest->capabilities);

        return report_new(offer, guest, evidence, error);
}

static char *where_of(uint8_t reg, uint32_t leaf, uint32_t subleaf, unsigned high, unsigned low,
                      const char *field) {
        return reg == FINDING_CAPABILITY ? g_strdup(field) :
                reg == FINDING_MSR       ? place_format_msr(leaf, high, low) :
                                           place_format(leaf, subleaf, reg, high, low);
}

char *trial_contradiction_where(const ReportContradiction *contradiction) {
        return where_of(contradiction->reg, contradiction->leaf, contradiction->subleaf,
                        contradiction->high, contradiction->low, contradiction->field);
}

static char *place_to_text(const ReportPlace *place) {
        g_autofree char *where = where_of(place->reg, place->leaf, place->subleaf, place->high,
                                          place->low, place->field);

        return g_strdup_printf("%s%s %s %s: %s", report_outcome_to_string(place->outcome),
                               place->is_known ? " (known)" : "", where, place->field,
                               place->message ?: "-");
}

/* "refused 0x7.0:ecx[16]" */
static char *contradiction_to_text(const ReportContradiction *contradiction) {
        g_autofree char *where = trial_contradiction_where(contradiction);

        g_assert_nonnull(contradiction->message);
        return g_strdup_printf("%s %s", contradiction_kind_to_string(contradiction->kind), where);
}

void trial_assert_has_place(const Report *report, const char *expected) {
        for (guint i = 0; i < report->places->len; i++) {
                g_autofree char *text = place_to_text(g_ptr_array_index(report->places, i));

                if (g_str_equal(text, expected))
                        return;
        }

        for (guint i = 0; i < report->places->len; i++) {
                g_autofree char *text = place_to_text(g_ptr_array_index(report->places, i));

                if (!g_str_has_prefix(text, "kept"))
                        g_test_message("%s", text);
        }
        g_test_message("expected %s", expected);
        g_test_fail();
}

void trial_assert_contradictions(const Report *report, const char *const *expected, size_t n_max) {
        for (guint i = 0; i < report->contradictions->len; i++) {
                g_autofree char *text =
                        contradiction_to_text(g_ptr_array_index(report->contradictions, i));

                if (g_strcmp0(text, i < n_max ? expected[i] : NULL) != 0) {
                        g_test_message("found %s, expected %s", text,
                                       i < n_max && expected[i] ? expected[i] : "nothing");
                        g_test_fail();
                }
        }

        g_assert_true(report->contradictions->len == n_max ||
                      !expected[report->contradictions->len]);
}

void trial_assert_in_order(const Report *report) {
        for (guint i = 1; i < report->places->len; i++) {
                const ReportPlace *left = g_ptr_array_index(report->places, i - 1),
                                  *right = g_ptr_array_index(report->places, i);

                if (left->reg >= N_REGISTERS || right->reg >= N_REGISTERS) {
                        g_assert_cmpuint(left->reg < N_REGISTERS ? 0 : left->reg, <=, right->reg);
                        continue;
                }
                g_assert_true(
                        left->leaf < right->leaf ||
                        (left->leaf == right->leaf &&
                         (left->subleaf < right->subleaf ||
                          (left->subleaf == right->subleaf &&
                           (left->reg < right->reg ||
                            (left->reg == right->reg &&
                             (left->low < right->low ||
                              (left->low == right->low && left->outcome < right->outcome))))))));
        }
}
