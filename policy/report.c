/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What became of each place of a guest's table, of its MSRs and capabilities. */

#include "policy/report.h"

#include "policy/contradict.h"
#include "policy/control.h"
#include "policy/error.h"
#include "policy/expectation.h"
#include "policy/readback.h"
#include "policy/report-text.h"

/* What a report is made from */
typedef struct Making {
        Report *report;
        const Guest *guest;
        const TrialEvidence *evidence;
        const Expectation *expectation;
        int refused; /* errno of the culprit at hand, or of the whole table */
} Making;

static void place_free(void *userdata) {
        ReportPlace *place = userdata;

        g_free(place->message);
        g_free(place);
}

Report *report_free(Report *report) {
        if (!report)
                return NULL;

        g_clear_pointer(&report->places, g_ptr_array_unref);
        g_clear_pointer(&report->contradictions, g_ptr_array_unref);
        g_free(report);
        return NULL;
}

const char *report_outcome_to_string(ReportOutcome outcome) {
        static const char *const names[N_REPORT_OUTCOMES] = {
                [REPORT_KEPT] = "kept",       [REPORT_CHANGED] = "changed",
                [REPORT_DROPPED] = "dropped", [REPORT_REFUSED] = "refused",
                [REPORT_BACKED] = "backed",   [REPORT_UNBACKED] = "unbacked",
        };

        return names[outcome];
}

const char *contradiction_kind_to_string(ReportContradictionKind kind) {
        static const char *const names[N_CONTRADICTION_KINDS] = {
                [CONTRADICTION_REFUSED] = "refused", [CONTRADICTION_REWRITTEN] = "rewritten",
                [CONTRADICTION_FORCED] = "forced",   [CONTRADICTION_DELTA] = "delta",
                [CONTRADICTION_ANSWER] = "answer",
        };

        return names[kind];
}

static ReportPlace *add_place(Report *report, ReportOutcome outcome, const ReadbackPlace *at,
                              char *message) {
        ReportPlace *place = g_new0(ReportPlace, 1);

        place->leaf = at->leaf;
        place->subleaf = at->subleaf;
        place->reg = at->reg;
        place->low = at->low;
        place->high = at->high;
        place->outcome = outcome;
        place->row = at->row;
        place->field = at->row ? at->row->name : "";
        place->set = at->set;
        place->back = at->back;
        place->message = message;
        g_ptr_array_add(report->places, place);
        return place;
}

static void raise_outcome(Report *report, ReportOutcome outcome) {
        if (report->outcome == REPORT_KEPT || outcome == REPORT_REFUSED)
                report->outcome = outcome;
}

/* Refused ----------------------------------------------------------------------------------------*/

static void add_refused(const ReadbackPlace *at, void *userdata) {
        Making *making = userdata;

        if (at->set == 0)
                return;

        for (guint i = 0; i < making->report->places->len; i++) {
                const ReportPlace *other = g_ptr_array_index(making->report->places, i);

                if (other->leaf == at->leaf && other->subleaf == at->subleaf &&
                    other->reg == at->reg && other->low == at->low)
                        return; /* two culprits in one field */
        }

        add_place(making->report, REPORT_REFUSED, at,
                  making->evidence->set ? report_say_culprit(at, making->refused) :
                                          report_say_untaken(at, making->refused));
}

static void add_culprits(Making *making) {
        const GArray *culprits = making->evidence->culprits;

        for (guint i = 0; i < culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(culprits, TrialCulprit, i);

                making->refused = culprit->code;
                readback_walk_culprit(making->guest->table, making->evidence->back,
                                      making->guest->words, culprit, add_refused, making);
        }
}

static void add_untaken(Making *making) {
        g_autoptr(LeafTable) nothing = leaf_table_new();

        if (making->evidence->set || making->evidence->set_code == 0)
                return;

        making->refused = making->evidence->set_code;
        readback_walk(making->guest->table, nothing, making->guest->words, false, add_refused,
                      making);
}

/* Read back --------------------------------------------------------------------------------------*/

static bool is_refused(const Making *making, const ReadbackPlace *at) {
        const GArray *culprits = making->evidence->culprits;

        for (guint i = 0; i < culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(culprits, TrialCulprit, i);

                if (culprit->leaf == at->leaf && culprit->subleaf == at->subleaf &&
                    culprit->reg == at->reg && culprit->low <= at->high && at->low <= culprit->high)
                        return true;
        }

        return false;
}

static void add_read(const ReadbackPlace *at, void *userdata) {
        Making *making = userdata;
        const Capability *capability;
        ExpectationReason reason;
        ReportPlace *place;

        if (is_refused(making, at))
                return;
        if (at->set == at->back && !at->is_dropped) {
                add_place(making->report, REPORT_KEPT, at, NULL);
                return;
        }
        if (at->is_dropped && at->set == 0)
                return;

        reason = expectation_why(making->expectation, at, &capability);
        place = add_place(making->report, at->is_dropped ? REPORT_DROPPED : REPORT_CHANGED, at,
                          report_say_changed(at, reason, capability));
        place->is_known = reason != EXPECTATION_NOT;
        if (!expectation_is_dynamic(at, reason))
                raise_outcome(making->report, REPORT_CHANGED);
}

/* Backing ----------------------------------------------------------------------------------------*/

static bool stands_for(const Control *control, const Field *field) {
        for (size_t i = 0; control->fields[i] != FIELD_NONE; i++)
                if (control->fields[i] == (int) field_index(field))
                        return true;

        return false;
}

static void add_backing_of(Making *making, const ReadbackPlace *at) {
        g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(TrialControlAnswer));
        g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(TrialControlAnswer));
        const GArray *answers = making->evidence->controls;

        for (guint i = 0; i < answers->len; i++) {
                const TrialControlAnswer *answer = &g_array_index(answers, TrialControlAnswer, i);

                if (stands_for(&control_table[answer->control], at->row))
                        g_array_append_val(answer->code == 0 ? taken : refused, *answer);
        }

        if (taken->len + refused->len > 0)
                add_place(making->report, refused->len > 0 ? REPORT_UNBACKED : REPORT_BACKED, at,
                          report_say_backing(at, taken, refused));
}

static void add_backing(const ReadbackPlace *at, void *userdata) {
        Making *making = userdata;

        if (at->set != 0 && at->row)
                add_backing_of(making, at);
}

/* The rest ---------------------------------------------------------------------------------------*/

static void add_msrs(Making *making) {
        for (guint i = 0; i < making->evidence->msrs->len; i++) {
                const TrialMsrAnswer *answer =
                        &g_array_index(making->evidence->msrs, TrialMsrAnswer, i);
                ReadbackPlace at = { .leaf = answer->index, .reg = FINDING_MSR, .high = 63 };
                bool is_kept, is_refused = answer->code != 0;
                ReportPlace *place;
                uint64_t set = 0;

                (void) guest_get_msr(making->guest, answer->index, &set);
                is_kept = !is_refused && (!answer->has_value || answer->value == set);
                place = add_place(
                        making->report,
                        is_refused      ? REPORT_REFUSED :
                                is_kept ? REPORT_KEPT :
                                          REPORT_CHANGED,
                        &at, is_kept && answer->has_value ? NULL : report_say_msr(answer, set));
                place->set = set;
                place->back = answer->has_value ? answer->value : 0;
                if (place->outcome != REPORT_KEPT)
                        raise_outcome(making->report, place->outcome);
        }
}

static void add_capabilities(Making *making) {
        for (guint i = 0; i < making->evidence->refusals->len; i++) {
                const TrialRefusal *refusal =
                        &g_array_index(making->evidence->refusals, TrialRefusal, i);
                ReadbackPlace at = { .leaf = capability_index(refusal->capability),
                                     .reg = FINDING_CAPABILITY,
                                     .set = 1 };
                ReportPlace *place =
                        add_place(making->report, REPORT_REFUSED, &at, report_say_refusal(refusal));

                place->field = refusal->capability->name;
                place->is_known = refusal->code == 0;
        }
}

static int compare_places(const void *a, const void *b) {
        const ReportPlace *left = *(const ReportPlace *const *) a,
                          *right = *(const ReportPlace *const *) b;
        int order = finding_place_compare(
                (FindingPlace){ left->leaf, left->subleaf, left->reg, left->low },
                (FindingPlace){ right->leaf, right->subleaf, right->reg, right->low });

        return order != 0 ? order :
                            (left->outcome > right->outcome) - (left->outcome < right->outcome);
}

static void add_places(Making *making) {
        GPtrArray *places = g_ptr_array_new_with_free_func(place_free);

        making->report->places = places;
        add_culprits(making);
        add_untaken(making);
        if (making->evidence->set_code != 0)
                raise_outcome(making->report, REPORT_REFUSED);

        if (making->evidence->set && making->evidence->back) {
                readback_walk(making->evidence->set, making->evidence->back, making->guest->words,
                              false, add_read, making);
                readback_walk(making->evidence->set, making->evidence->back, making->guest->words,
                              false, add_backing, making);
        }

        add_msrs(making);
        add_capabilities(making);
        g_ptr_array_sort(places, compare_places);
        for (guint i = 0; i < places->len; i++)
                if (((ReportPlace *) g_ptr_array_index(places, i))->reg == FINDING_CAPABILITY)
                        ((ReportPlace *) g_ptr_array_index(places, i))->leaf = 0;
}

static GPtrArray *find_contradictions(const Making *making) {
        g_autoptr(Contradictions) contradictions = contradictions_new();
        ContradictCase one = {
                .expectation = making->expectation,
                .located = making->guest->words,
                .evidence = making->evidence,
                .guest = making->guest,
        };

        contradictions_add_refused(contradictions, &one);
        contradictions_add_promised(contradictions, &one);
        contradictions_add_rewritten(contradictions, &one);
        contradictions_add_answer(contradictions, &one);
        contradict_case_done(&one);
        return contradictions_steal(contradictions);
}

Report *report_new(const Offer *offer, const Guest *guest, const TrialEvidence *evidence,
                   GError **error) {
        g_autoptr(Report) report = g_new0(Report, 1);
        g_autoptr(Expectation) expectation = NULL;
        Making making = { .report = report, .guest = guest, .evidence = evidence };

        if (evidence->failure) {
                g_autofree char *failure = report_failure_to_text(evidence);

                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TRIAL,
                            "KVM gives no vCPU to try the table on: %s", failure);
                return NULL;
        }

        making.expectation = expectation =
                expectation_new(offer->host, expectation_enabled(evidence));
        report->enabled = evidence->enabled;
        report->n_cases = 1;
        add_places(&making);
        report->contradictions = find_contradictions(&making);
        return g_steal_pointer(&report);
}
