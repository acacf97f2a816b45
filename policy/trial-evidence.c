/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Evidence as text, as a process in confinement writes it. Of what was read back only what KVM
 * changed is written: of thousands of tables nearly all is as it was set. */

#include "policy/trial-text.h"

#include <string.h>

#include "policy/control.h"
#include "policy/trial-delta.h"
#include "policy/trial-line.h"

void trial_evidence_begin(GString *text) {
        g_string_append(text, TRIAL_EVIDENCE_MAGIC "\n");
}

void trial_evidence_end(GString *text) {
        g_string_append(text, "end\n");
}

static bool is_equal(const LeafTable *table, const LeafTable *other) {
        return leaf_table_size(table) == leaf_table_size(other) &&
                (leaf_table_size(table) == 0 ||
                 memcmp(leaf_table_words(table), leaf_table_words(other),
                        leaf_table_size(table) * sizeof(Leaf)) == 0);
}

static void append_supported(GString *text, const TrialEvidence *evidence,
                             const TrialEvidence *before) {
        const LeafTable *supported = evidence->supported;

        if (!supported)
                return;
        if (before && before->supported && is_equal(supported, before->supported)) {
                g_string_append(text, "supported-same\n");
                return;
        }

        g_string_append(text, "supported-new\n");
        for (size_t i = 0; i < leaf_table_size(supported); i++)
                trial_line_append_row(text, "supported", leaf_table_at(supported, i));
}

static void append_capabilities(GString *text, const TrialEvidence *evidence) {
        g_autofree const char **names = capability_set_names(evidence->enabled);

        for (size_t i = 0; names[i]; i++)
                g_string_append_printf(text, "enabled %s\n", names[i]);
        for (size_t i = 0; i < evidence->refusals->len; i++) {
                const TrialRefusal *refusal = &g_array_index(evidence->refusals, TrialRefusal, i);

                g_string_append_printf(text, "refused %s %d %s\n", refusal->capability->name,
                                       refusal->code, refusal->call);
        }
}

static void append_table(GString *text, const TrialEvidence *evidence) {
        g_string_append_printf(text, "set %d\n", evidence->set_code);
        for (size_t i = 0; i < evidence->culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(evidence->culprits, TrialCulprit, i);

                g_string_append_printf(text, "culprit 0x%x %u %s %u %u %d\n", culprit->leaf,
                                       culprit->subleaf, register_to_string(culprit->reg),
                                       culprit->low, culprit->high, culprit->code);
        }

        if (evidence->set)
                trial_delta_append(text, evidence->set, evidence->back);
        else
                g_string_append(text, "nothing-set\n");
}

static void append_answers(GString *text, const TrialEvidence *evidence) {
        for (size_t i = 0; i < evidence->msrs->len; i++) {
                const TrialMsrAnswer *msr = &g_array_index(evidence->msrs, TrialMsrAnswer, i);

                g_string_append_printf(text, "msr 0x%x %d ", msr->index, msr->code);
                if (msr->has_value)
                        g_string_append_printf(text, "0x%" G_GINT64_MODIFIER "x\n", msr->value);
                else
                        g_string_append(text, "-\n");
        }

        for (size_t i = 0; i < evidence->controls->len; i++) {
                const TrialControlAnswer *answer =
                        &g_array_index(evidence->controls, TrialControlAnswer, i);

                g_string_append_printf(text, "control %s %d\n", control_table[answer->control].name,
                                       answer->code);
        }
}

void trial_evidence_append(GString *text, const TrialEvidence *evidence,
                           const TrialEvidence *before) {
        g_string_append(text, "case\n");
        if (evidence->failure) {
                g_string_append_printf(text, "failed %s %d\n", evidence->failure,
                                       evidence->failure_code);
                return;
        }

        append_capabilities(text, evidence);
        append_supported(text, evidence, before);
        append_table(text, evidence);
        append_answers(text, evidence);
}
