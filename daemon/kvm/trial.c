/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tries the cases of a request, one after the other, with one VM at a time. Whatever KVM answers is
 * evidence; only a request that is none, or that no evidence fits, is an error. From the confinement
 * on nothing here makes a sentence of an errno: g_strerror() opens files. */

#include "daemon/kvm/trial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "daemon/kvm/affinity.h"
#include "daemon/kvm/confine.h"
#include "daemon/kvm/culprit.h"
#include "daemon/kvm/enable.h"
#include "daemon/kvm/error.h"
#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/witness.h"
#include "policy/trial-text.h"

#define READ_SIZE (64 * 1024)

typedef struct Trial {
        const TrialRequest *request;
        const KvmDevice *device;
        Enabler enabler;
        GString *text;
        /* The vCPU, and whose it is: a case with a table of its own */
        Vcpu *vcpu;
        size_t owner;
        TrialEvidence *made; /* of its making, and what else was seen of that case */
        Words *words;        /* what was set for that case; NULL: nothing */
} Trial;

static void trial_close(Trial *trial) {
        g_clear_pointer(&trial->vcpu, vcpu_free);
        g_clear_pointer(&trial->made, trial_evidence_free);
        g_clear_pointer(&trial->words, words_free);
}

static int write_table(const LeafTable *table, void *userdata) {
        return vcpu_write_cpuid(userdata, table);
}

static TrialEvidence *fail(TrialEvidence *evidence, const char *call, int code) {
        TrialEvidence *failed = trial_evidence_new();

        failed->failure = g_strdup(call);
        failed->failure_code = code;
        trial_evidence_free(evidence);
        return failed;
}

/* Sets the table, or what KVM takes of it */
static void set_table(const Trial *trial, LeafTable *table, TrialEvidence *evidence) {
        g_autoptr(LeafTable) whole = table;
        LeafTable *rest;

        evidence->set_code = vcpu_write_cpuid(trial->vcpu, whole);
        if (evidence->set_code == 0) {
                evidence->set = g_steal_pointer(&whole);
                return;
        }

        g_array_unref(evidence->culprits);
        evidence->culprits = culprits_find(whole, write_table, trial->vcpu);
        rest = trial_table_without(whole, evidence->culprits);
        if (vcpu_write_cpuid(trial->vcpu, rest) == 0)
                evidence->set = rest;
        else
                leaf_table_free(rest);
}

/* @known: of these the answers are there already; or NULL */
static void try_controls(const Trial *trial, const Words *words, const Words *known,
                         TrialEvidence *evidence) {
        for (size_t i = 0; i < N_CONTROLS; i++) {
                const Control *control = &control_table[i];
                TrialControlAnswer answer = { .control = i };

                if (!control_is_entitled(control, words) ||
                    (known && control_is_entitled(control, known)))
                        continue;
                if (witness_try_control(trial->vcpu, control, &answer.code))
                        g_array_append_val(evidence->controls, answer);
        }
}

/* A vCPU for a case that has a table of its own */
static TrialEvidence *open_vcpu(Trial *trial, size_t i) {
        TrialEvidence *evidence = trial_evidence_new();

        trial->owner = i;
        trial->vcpu = enabler_new_vcpu(&trial->enabler,
                                       trial_request_capabilities(trial->request, i), evidence);
        if (trial->vcpu)
                (void) kvm_ioctl_read_cpuid(kvm_device_fd(trial->device), KVM_GET_SUPPORTED_CPUID,
                                            &evidence->supported);

        return evidence;
}

static TrialEvidence *try_own(Trial *trial, size_t i) {
        const GArray *msrs = trial_request_msrs(trial->request, i);
        TrialEvidence *evidence;
        int code;

        trial_close(trial);
        evidence = open_vcpu(trial, i);
        if (!trial->vcpu)
                return evidence;

        set_table(trial, trial_request_table(trial->request, i), evidence);
        if (!evidence->set)
                return evidence;

        code = vcpu_read_cpuid(trial->vcpu, &evidence->back);
        if (code != 0)
                return fail(evidence, "KVM_GET_CPUID2", code);

        if (msrs)
                witness_set_msrs(trial->vcpu, msrs, evidence->msrs);
        trial->words = words_new(evidence->set, N_FIELD_INTERFACES);
        try_controls(trial, trial->words, NULL, evidence);
        return evidence;
}

/* The same vCPU takes another table as long as it has not run. */
static TrialEvidence *try_like(Trial *trial, size_t i) {
        TrialEvidence *evidence = trial_evidence_new();
        g_autoptr(Words) words = NULL;
        int code;

        if (!trial->vcpu)
                return fail(evidence, trial->made->failure, trial->made->failure_code);

        set_table(trial, trial_request_table(trial->request, i), evidence);
        if (!evidence->set)
                return evidence;

        code = vcpu_read_cpuid(trial->vcpu, &evidence->back);
        if (code != 0)
                return fail(evidence, "KVM_GET_CPUID2", code);

        words = words_new(evidence->set, N_FIELD_INTERFACES);
        try_controls(trial, words, trial->words, evidence);
        return evidence;
}

/* The last case's evidence stays: of its answer the next one's is mostly a repetition. */
static void try_case(Trial *trial, size_t i) {
        const TrialCase *trial_case = trial->request->cases->pdata[i];
        g_autoptr(TrialEvidence) before = NULL, evidence = NULL;

        if (trial_case->table) {
                before = g_steal_pointer(&trial->made);
                trial->made = try_own(trial, i);
                trial_evidence_append(trial->text, trial->made, before);
                return;
        }

        if (trial_case->like != trial->owner)
                trial->made = try_own(trial, trial_case->like);
        evidence = try_like(trial, i);
        trial_evidence_append(trial->text, evidence, NULL);
}

static char *try_all(const TrialRequest *request, const KvmDevice *device, GError **error) {
        Trial trial = { .request = request, .device = device, .text = g_string_new(NULL) };
        CapabilitySet all = 0;
        size_t i;

        for (i = 0; i < request->cases->len; i++)
                all |= trial_request_capabilities(request, i);
        enabler_init(&trial.enabler, device, all);

        trial_evidence_begin(trial.text);
        for (i = 0; i < request->cases->len && trial.text->len < TRIAL_TEXT_MAX; i++)
                try_case(&trial, i);
        trial_evidence_end(trial.text);
        trial_close(&trial);

        if (trial.text->len <= TRIAL_TEXT_MAX)
                return g_string_free(trial.text, FALSE);

        g_string_free(trial.text, TRUE);
        g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                    "there is more evidence than 16 MiB after %zu cases of %u", i,
                    request->cases->len);
        return NULL;
}

/* As much of it as may be, and one byte more */
static GString *read_input(int input, GError **error) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *buffer = g_malloc(READ_SIZE);
        ssize_t n = 1;

        while (n > 0 && text->len <= TRIAL_TEXT_MAX) {
                n = read(input, buffer, READ_SIZE);
                if (n < 0 && errno == EINTR)
                        n = 1;
                else if (n > 0)
                        g_string_append_len(text, buffer, n);
        }

        if (n < 0)
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "standard input: %s",
                            strerror(errno));
        return n < 0 ? NULL : g_steal_pointer(&text);
}

static TrialRequest *read_request(int input, GError **error) {
        g_autoptr(GString) text = read_input(input, error);
        g_autoptr(GError) problem = NULL;
        TrialRequest *request;

        if (!text)
                return NULL;

        request = trial_request_parse(text->str, text->len, &problem);
        if (!request)
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "standard input: %s",
                            problem->message);
        return request;
}

char *trial_record(int input, GError **error) {
        g_autoptr(KvmDevice) device = NULL;
        g_autoptr(TrialRequest) request = NULL;

        /* Where it cannot be pinned KVM answers for several CPUs: still better than nothing */
        (void) affinity_stay();
        device = kvm_device_open(KVM_DEVICE_PATH, error);
        if (!device || !confine(error))
                return NULL;

        request = read_request(input, error);
        return request ? try_all(request, device, error) : NULL;
}
