/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Holds the evidence of a host's self trial against the tables, case by case. */

#include "policy/self-trial.h"

#include "policy/contradict.h"
#include "policy/error.h"
#include "policy/expectation.h"
#include "policy/report-text.h"
#include "policy/self-cases.h"

/* What a step compares: about a millisecond of cases that are like another. A whole one costs as
 * much as some of them. */
#define STEP_WORK 64
#define WHOLE_CASE_WORK 32

struct SelfTrial {
        Host *host;
        Offer *offer;
        GPtrArray *requests;      /* SelfCases */
        GPtrArray **evidence;     /* of each: GPtrArray of TrialEvidence; NULL: there is none */
        GHashTable *expectations; /* CapabilitySet -> Expectation */
        Contradictions *contradictions;
        char *failure; /* why there was no vCPU for the offer */
        size_t request;
        size_t at;
        size_t n_cases;
        CapabilitySet enabled;
        ReportOutcome outcome;
};

/* One case at hand */
typedef struct Comparing {
        SelfTrial *self;
        const SelfCase *about;
        size_t request;
        size_t at;
} Comparing;

SelfTrial *self_trial_new(Host *host) {
        SelfTrial *self = g_new0(SelfTrial, 1);

        self->host = host_ref(host);
        self->offer = offer_new(host, capability_set_default());
        self->requests = self_cases_new(self->offer);
        self->evidence = g_new0(GPtrArray *, self->requests->len);
        self->expectations = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                   (GDestroyNotify) expectation_free);
        self->contradictions = contradictions_new();
        return self;
}

SelfTrial *self_trial_free(SelfTrial *self) {
        if (!self)
                return NULL;

        for (guint i = 0; i < self->requests->len; i++)
                g_clear_pointer(&self->evidence[i], g_ptr_array_unref);

        g_free(self->evidence);
        g_free(self->failure);
        g_ptr_array_unref(self->requests);
        g_hash_table_unref(self->expectations);
        contradictions_free(self->contradictions);
        offer_free(self->offer);
        host_unref(self->host);
        g_free(self);
        return NULL;
}

size_t self_trial_n_requests(const SelfTrial *self) {
        return self->requests->len;
}

static const SelfCases *cases_of(const SelfTrial *self, size_t i) {
        return g_ptr_array_index(self->requests, i);
}

const TrialRequest *self_trial_request(const SelfTrial *self, size_t i) {
        return cases_of(self, i)->request;
}

void self_trial_take(SelfTrial *self, size_t i, GPtrArray *evidence) {
        g_assert(!self->evidence[i]);
        g_assert(!evidence || evidence->len == cases_of(self, i)->cases->len);
        self->evidence[i] = evidence;
}

static const TrialEvidence *evidence_of(const SelfTrial *self, size_t request, size_t i) {
        return self->evidence[request] ? g_ptr_array_index(self->evidence[request], i) : NULL;
}

static const Expectation *expectation_of(SelfTrial *self, CapabilitySet enabled) {
        Expectation *expectation = g_hash_table_lookup(self->expectations, &enabled);

        if (expectation)
                return expectation;

        expectation = expectation_new(self->host, enabled);
        g_hash_table_insert(self->expectations, g_memdup2(&enabled, sizeof(enabled)), expectation);
        return expectation;
}

static Guest *make_guest(void *userdata) {
        const Comparing *comparing = userdata;
        const TrialRequest *request = self_trial_request(comparing->self, comparing->request);
        const GArray *msrs = trial_request_msrs(request, comparing->at);
        Guest *guest = guest_new(trial_request_table(request, comparing->at));

        guest->capabilities = trial_request_capabilities(request, comparing->at);
        for (guint i = 0; msrs && i < msrs->len; i++)
                guest_set_msr(guest, g_array_index(msrs, TrialMsr, i).index,
                              g_array_index(msrs, TrialMsr, i).value);

        return guest;
}

/* The outcome ------------------------------------------------------------------------------------*/

typedef struct Changing {
        const Expectation *expectation;
        bool is_changed;
} Changing;

static void find_change(const ReadbackPlace *place, void *userdata) {
        Changing *changing = userdata;

        if (!expectation_is_dynamic(place, expectation_why(changing->expectation, place, NULL)))
                changing->is_changed = true;
}

/* Only a whole case has any. */
static ReportOutcome msrs_outcome(const ContradictCase *one) {
        const GArray *answers = one->evidence->msrs;
        ReportOutcome outcome = REPORT_KEPT;

        for (guint i = 0; one->guest && i < answers->len; i++) {
                const TrialMsrAnswer *answer = &g_array_index(answers, TrialMsrAnswer, i);
                uint64_t set = 0;

                (void) guest_get_msr(one->guest, answer->index, &set);
                if (answer->code != 0)
                        return REPORT_REFUSED;
                if (answer->has_value && answer->value != set)
                        outcome = REPORT_CHANGED;
        }

        return outcome;
}

static void note_outcome(SelfTrial *self, const ContradictCase *one) {
        Changing changing = { one->expectation, false };
        const TrialEvidence *evidence = one->evidence;

        if (evidence->set_code != 0)
                self->outcome = REPORT_REFUSED;
        if (self->outcome != REPORT_REFUSED)
                self->outcome = MAX(self->outcome, msrs_outcome(one));
        if (self->outcome != REPORT_KEPT || !evidence->set || !evidence->back)
                return;

        readback_walk(evidence->set, evidence->back, one->located, true, find_change, &changing);
        if (changing.is_changed)
                self->outcome = REPORT_CHANGED;
}

/* Cases ------------------------------------------------------------------------------------------*/

static bool is_like(const SelfCase *about) {
        return about->kind == SELF_CASE_ALONE || about->kind == SELF_CASE_CLEAR;
}

/* A VM of another type takes steps of its VMM before it gives a vCPU, which a trial does not. */
static void note_failure(SelfTrial *self, const SelfCase *about, const TrialEvidence *evidence) {
        if (about->kind == SELF_CASE_OFFER)
                self->failure = report_failure_to_text(evidence);
        else if ((about->kind == SELF_CASE_WITH || about->kind == SELF_CASE_OWN) &&
                 about->capability->enabling.kind != ENABLING_VM_TYPE &&
                 host_has(self->host, about->capability) == KNOWN_YES)
                contradictions_add_failure(self->contradictions, evidence, about->capability);
}

/* What the capability changes in one table. Refused, it changes nothing. */
static void compare_capability(SelfTrial *self, const SelfCase *about, ContradictCase *one) {
        const TrialEvidence *without = NULL;
        ContradictCase with = *one;

        if (about->kind == SELF_CASE_LACK) {
                without = one->evidence;
                with.evidence = evidence_of(self, 0, 0);
                with.expectation = expectation_of(self, expectation_enabled(with.evidence));
        } else
                without = evidence_of(self, 0, about->without);

        if (without && !without->failure &&
            (with.evidence->enabled & capability_bit(about->capability)))
                contradictions_add_delta(self->contradictions, &with, about->capability, without);
}

static void compare_case(SelfTrial *self, const SelfCase *about, ContradictCase *one) {
        Contradictions *contradictions = self->contradictions;

        contradictions_add_refused(contradictions, one);
        contradictions_add_answer(contradictions, one);

        switch (about->kind) {
        case SELF_CASE_WITH:
        case SELF_CASE_LACK:
                compare_capability(self, about, one);
                contradictions_add_promised(contradictions, one);
                break;
        case SELF_CASE_BASE:
                contradictions_add_promised(contradictions, one);
                break;
        default:
                contradictions_add_promised(contradictions, one);
                contradictions_add_rewritten(contradictions, one);
                break;
        }
}

static void name_subject(SelfTrial *self, size_t from, const SelfCase *about) {
        const GPtrArray *list = self->contradictions->list;

        for (size_t i = from; i < list->len; i++)
                ((ReportContradiction *) g_ptr_array_index(list, i))->subject =
                        self_case_subject(about);
}

static void take_case(SelfTrial *self, size_t request, size_t i) {
        const SelfCase *about = &g_array_index(cases_of(self, request)->cases, SelfCase, i);
        const TrialEvidence *evidence = evidence_of(self, request, i);
        Comparing comparing = { self, about, request, i };
        ContradictCase one = { .evidence = evidence,
                               .located = self->offer->words,
                               .make_guest = make_guest,
                               .userdata = &comparing };
        size_t n_before = self->contradictions->list->len;

        if (evidence->failure) {
                note_failure(self, about, evidence);
                name_subject(self, n_before, about);
                return;
        }

        one.expectation = expectation_of(self, expectation_enabled(evidence));
        if (!is_like(about)) {
                one.guest = one.made = make_guest(&comparing);
                one.located = one.guest->words;
        }

        compare_case(self, about, &one);
        note_outcome(self, &one);
        name_subject(self, n_before, about);
        contradict_case_done(&one);
        self->enabled |= evidence->enabled;
        self->n_cases++;
}

/* Nothing is compared with these later. */
static void drop_case(SelfTrial *self, size_t request, size_t i) {
        GPtrArray *evidence = self->evidence[request];

        if (is_like(&g_array_index(cases_of(self, request)->cases, SelfCase, i)))
                evidence->pdata[i] = trial_evidence_free(evidence->pdata[i]);
}

bool self_trial_step(SelfTrial *self) {
        size_t work = 0;

        while (self->request < self->requests->len && work < STEP_WORK) {
                const SelfCases *cases = cases_of(self, self->request);

                if (!self->evidence[self->request] || self->at >= cases->cases->len) {
                        self->request++;
                        self->at = 0;
                        continue;
                }

                take_case(self, self->request, self->at);
                work += is_like(&g_array_index(cases->cases, SelfCase, self->at)) ? 1 :
                                                                                    WHOLE_CASE_WORK;
                drop_case(self, self->request, self->at++);
        }

        return self->request < self->requests->len;
}

Report *self_trial_report(SelfTrial *self, GError **error) {
        Report *report;

        if (!self->evidence[0] || self->failure) {
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_TRIAL,
                            "KVM gives no vCPU to try the host's offer on: %s",
                            self->failure ?: "nothing was tried");
                return NULL;
        }

        report = g_new0(Report, 1);
        report->outcome = self->outcome;
        report->contradictions = contradictions_steal(self->contradictions);
        report->enabled = self->enabled;
        report->n_cases = self->n_cases;
        return report;
}
