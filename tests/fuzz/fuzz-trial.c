/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The two texts of a trial for libFuzzer. Whatever the bytes are, they are refused in one line, or
 * what they say is written as it was read. Evidence is read as that of a request which has all kinds
 * of cases. */

#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "policy/trial-text.h"

static const char request_text[] =
        "cpuidd-trial 1\ncase\ncapability irqchip\ncapability xcomp.amx\n"
        "row 0x7 0 1 0x2 0x1802042 0x1a010104 0xbc010400\n"
        "row 0x1 0 0 0x1 0x2 0x3 0x4\nrow 0x1 0 0 0x1 0x2 0x3 0x4\n"
        "msr 0x10a 0xc00e16d\ncase-like 0 0x7 0 ebx 0x0\ncase\nend\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_error(const GError *error) {
        g_assert_nonnull(error);
        g_assert_true(g_str_has_prefix(error->message, "line "));
        g_assert_null(strchr(error->message, '\n'));
}

/* Numbers have one form in what is written, so only what was written can be compared. */
static void fuzz_request(const char *text, size_t n_text) {
        g_autoptr(TrialRequest) request = NULL, again = NULL;
        g_autofree char *written = NULL, *rewritten = NULL;
        g_autoptr(GError) error = NULL;

        request = trial_request_parse(text, n_text, &error);
        if (!request) {
                check_error(error);
                return;
        }

        for (size_t i = 0; i < request->cases->len; i++)
                leaf_table_free(trial_request_table(request, i));
        written = trial_request_write(request);
        if (strlen(written) > TRIAL_TEXT_MAX)
                return;
        again = trial_request_parse(written, strlen(written), &error);
        g_assert_no_error(error);
        rewritten = trial_request_write(again);
        g_assert_cmpstr(rewritten, ==, written);
}

static char *write_evidences(const TrialRequest *request, const GPtrArray *evidences) {
        GString *text = g_string_new(NULL);

        trial_evidence_begin(text);
        for (size_t i = 0; i < evidences->len; i++) {
                const TrialCase *trial_case = request->cases->pdata[i];
                TrialEvidence *evidence = evidences->pdata[i];

                /* Those of the case that it is like, which has written them */
                if (!trial_case->table)
                        evidence->enabled = 0;
                trial_evidence_append(text, evidence, i > 0 ? evidences->pdata[i - 1] : NULL);
        }
        trial_evidence_end(text);
        return g_string_free(text, FALSE);
}

static void fuzz_evidence(const char *text, size_t n_text) {
        g_autoptr(TrialRequest) request =
                trial_request_parse(request_text, strlen(request_text), NULL);
        g_autoptr(GPtrArray) evidences = NULL, again = NULL;
        g_autofree char *written = NULL, *rewritten = NULL;
        g_autoptr(GError) error = NULL;

        evidences = trial_evidence_parse(text, n_text, request, &error);
        if (!evidences) {
                check_error(error);
                return;
        }

        written = write_evidences(request, evidences);
        again = trial_evidence_parse(written, strlen(written), request, &error);
        g_assert_no_error(error);
        rewritten = write_evidences(request, again);
        g_assert_cmpstr(rewritten, ==, written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
        /* Of exactly its size: what is read beyond it is found out. */
        g_autofree char *text = g_malloc(MAX(n_bytes, 1));

        if (n_bytes > 0)
                memcpy(text, bytes, n_bytes);
        fuzz_request(text, n_bytes);
        fuzz_evidence(text, n_bytes);
        return 0;
}
