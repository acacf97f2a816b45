/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trial of a guest: what KVM did to its table, worst first, what it backs, and the rules against
 * that. What is left as it was is counted only. */

#include "client/ctl/change.h"
#include "client/ctl/findings.h"
#include "client/ctl/trial.h"

typedef enum Told {
        TOLD_EITHER,
        TOLD_NOT, /* nothing told of it */
        TOLD,     /* it is known */
} Told;

typedef struct Section {
        const char *outcome;
        Told told;
        const char *title; /* behind their number */
        Style style;
        bool is_usual; /* what --all alone lists */
} Section;

static const Section sections[] = {
        { "refused", TOLD_NOT, "refused by KVM", STYLE_BAD, false },
        { "changed", TOLD_NOT, "changed by KVM, and nothing tells of it", STYLE_DOUBTFUL, false },
        { "dropped", TOLD_NOT, "dropped by KVM, and nothing tells of it", STYLE_DOUBTFUL, false },
        { "unbacked", TOLD_NOT, "not backed by KVM", STYLE_DOUBTFUL, false },
        { "refused", TOLD, "refused by KVM or not tried, as is known", STYLE_DIM, false },
        { "changed", TOLD, "changed by KVM, as is known", STYLE_DIM, false },
        { "dropped", TOLD, "dropped by KVM, as is known", STYLE_DIM, false },
        { "unbacked", TOLD, "not backed by KVM, as is known", STYLE_DIM, false },
        { "backed", TOLD_EITHER, "backed by KVM", STYLE_DIM, true },
        { "kept", TOLD_EITHER, "kept by KVM", STYLE_DIM, true },
};

static bool is_in(const CpuiddFinding *finding, const Section *section) {
        bool is_note = g_str_equal(finding->severity, "note");

        return g_str_equal(finding->cause, section->outcome) &&
                (section->told == TOLD_EITHER || is_note == (section->told == TOLD));
}

static bool is_known(const CpuiddFinding *finding) {
        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
                if (is_in(finding, &sections[i]))
                        return true;

        return false;
}

static CpuiddFinding *finding_new(const char *where, const char *field, const char *rule,
                                  const char *severity, const char *cause, uint8_t low,
                                  uint8_t high) {
        static const char *const no_remedy[] = { NULL };
        CpuiddFinding *finding = g_new0(CpuiddFinding, 1);

        finding->where = where;
        finding->field = field;
        finding->rule = rule;
        finding->severity = severity;
        finding->cause = cause;
        finding->remedy = no_remedy;
        finding->low = low;
        finding->high = high;
        return finding;
}

/* The message alone is its own */
static void finding_free(void *p) {
        CpuiddFinding *finding = p;

        g_free((void *) finding->message);
        g_free(finding);
}

/* What has no sentence has a value. */
static CpuiddFinding *finding_of_place(const CpuiddTrialPlace *place) {
        CpuiddFinding *finding =
                finding_new(place->where, place->field, place->rule, place->severity,
                            place->outcome, place->low, place->high);

        finding->message = *place->message ?
                g_strdup(place->message) :
                g_strdup_printf("0x%" G_GINT64_MODIFIER "x", place->back);
        return finding;
}

static GPtrArray *list_places(const CpuiddTrial *trial) {
        GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);

        for (size_t i = 0; i < cpuidd_trial_get_n_places(trial); i++)
                g_ptr_array_add(findings, finding_of_place(cpuidd_trial_get_place(trial, i)));

        return findings;
}

static GPtrArray *list_contradictions(const CpuiddTrial *trial) {
        GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);

        for (size_t i = 0; i < cpuidd_trial_get_n_contradictions(trial); i++) {
                const CpuiddContradiction *contradiction = cpuidd_trial_get_contradiction(trial, i);
                CpuiddFinding *finding = finding_new(
                        contradiction->where, contradiction->field, contradiction->rule, "error",
                        contradiction->kind, contradiction->low, contradiction->high);

                finding->message =
                        g_strdup_printf("%s: %s", contradiction->kind, contradiction->message);
                g_ptr_array_add(findings, finding);
        }

        return findings;
}

static GPtrArray *select_section(const GPtrArray *places, const Section *section) {
        GPtrArray *selected = g_ptr_array_new();

        for (size_t i = 0; i < places->len; i++)
                if (is_in(places->pdata[i], section))
                        g_ptr_array_add(selected, places->pdata[i]);

        return selected;
}

/* They have a value and no sentence, and are many: a line each. */
static void print_kept(Output *output, const char *title, const GPtrArray *places) {
        unsigned column = 0, value_column = 0;

        for (size_t i = 0; i < places->len; i++) {
                const CpuiddFinding *finding = places->pdata[i];

                column = MAX(column, 4 + text_width(finding->where));
                value_column = MAX(value_column, 2 + text_width(finding->field));
        }

        if (places->len > 0) {
                output_end_line(output);
                output_add(output, STYLE_DIM, title);
                output_end_line(output);
        }
        for (size_t i = 0; i < places->len; i++) {
                const CpuiddFinding *finding = places->pdata[i];

                output_column(output, 2);
                output_add(output, STYLE_DIM, finding->where);
                output_column(output, column);
                output_add(output, STYLE_DIM, finding->field);
                output_column(output, column + value_column);
                output_add(output, STYLE_DIM, finding->message);
                output_end_line(output);
        }
}

static void print_places(Output *output, const GPtrArray *places, bool all) {
        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
                g_autoptr(GPtrArray) selected = select_section(places, &sections[i]);
                g_autofree char *title = g_strdup_printf("%u %s", selected->len, sections[i].title);

                if (!all && sections[i].is_usual)
                        continue;
                if (g_str_equal(sections[i].outcome, "kept"))
                        print_kept(output, title, selected);
                else
                        findings_print_list(output, title, selected, places, sections[i].style);
        }
}

/* Outcomes that a later daemon may have */
static void print_others(Output *output, const GPtrArray *places) {
        g_autoptr(GPtrArray) others = g_ptr_array_new();
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        g_autofree char *list = NULL, *title = NULL;

        for (size_t i = 0; i < places->len; i++) {
                const CpuiddFinding *finding = places->pdata[i];

                if (is_known(finding))
                        continue;
                if (!g_ptr_array_find_with_equal_func(words, finding->cause, g_str_equal, NULL))
                        g_ptr_array_add(words, (char *) finding->cause);
                g_ptr_array_add(others, (CpuiddFinding *) finding);
        }

        g_ptr_array_add(words, NULL);
        list = g_strjoinv(", ", (char **) words->pdata);
        title = g_strdup_printf("%u of which this version does not know what it means: %s",
                                others->len, list);
        findings_print_list(output, title, others, places, STYLE_DOUBTFUL);
}

static void print_names(Output *output, const GPtrArray *places) {
        for (size_t i = 0; i < places->len; i++) {
                const CpuiddFinding *finding = places->pdata[i];
                g_autofree char *word =
                        g_strdup_printf("%s%s", *finding->field ? finding->field : finding->where,
                                        i + 1 < places->len ? "," : "");

                output_word(output, STYLE_PLAIN, 9, word);
        }
}

/* What is not listed without --all */
static void print_summary(Output *output, const GPtrArray *places) {
        bool is_first = true;

        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
                g_autoptr(GPtrArray) selected = select_section(places, &sections[i]);

                if (!sections[i].is_usual || selected->len == 0)
                        continue;

                if (is_first)
                        output_end_line(output);
                is_first = false;
                output_addf(output, STYLE_DIM, "%s:", sections[i].outcome);
                output_column(output, 9);
                if (g_str_equal(sections[i].outcome, "kept"))
                        output_addf(output, STYLE_PLAIN, "%u (--all lists them)", selected->len);
                else
                        print_names(output, selected);
                output_end_line(output);
        }
}

static Style outcome_style(const char *outcome) {
        if (g_str_equal(outcome, "kept"))
                return STYLE_GOOD;

        return g_str_equal(outcome, "refused") ? STYLE_BAD : STYLE_DOUBTFUL;
}

static void print_headline(Output *output, const CpuiddTrial *trial) {
        const char *outcome = cpuidd_trial_get_outcome(trial);
        const char *verdict = cpuidd_trial_get_verdict(trial);
        g_autofree char *enabled = g_strjoinv(", ", (char **) cpuidd_trial_get_capabilities(trial));
        g_autofree char *needs = change_to_options(cpuidd_trial_get_needs(trial));

        output_add(output, STYLE_BOLD, cpuidd_trial_get_guest(trial));
        output_add(output, STYLE_PLAIN, " on ");
        output_add(output, STYLE_BOLD, cpuidd_trial_get_host(trial));
        output_add(output, STYLE_PLAIN, ": ");
        output_add(output, outcome_style(outcome), outcome);
        output_end_line(output);
        output_add(output, STYLE_DIM, "enabled:");
        output_wrap(output, STYLE_DIM, 9, *enabled ? enabled : "nothing");
        output_end_line(output);
        if (!verdict)
                return;

        output_add(output, STYLE_DIM, "check:");
        output_column(output, 9);
        output_add(output, STYLE_DIM, verdict);
        if (*needs) {
                output_add(output, STYLE_DIM, ":");
                output_wrap(output, STYLE_DIM, 9, needs);
        }
        output_end_line(output);
}

static void print_contradictions(Output *output, const CpuiddTrial *trial) {
        g_autoptr(GPtrArray) findings = list_contradictions(trial);
        g_autofree char *title = g_strdup_printf("Rules against evidence: %u contradiction%s",
                                                 findings->len, findings->len == 1 ? "" : "s");

        findings_print_list(output, title, findings, findings, STYLE_BAD);
        if (findings->len > 0)
                return;

        output_end_line(output);
        output_add(output, STYLE_PLAIN, "Rules against evidence: ");
        output_add(output, STYLE_GOOD, "nothing contradicts the check");
        output_end_line(output);
}

void trial_show(Output *output, const CpuiddTrial *trial, bool all) {
        g_autoptr(GPtrArray) places = list_places(trial);

        print_headline(output, trial);
        print_places(output, places, all);
        print_others(output, places);
        if (!all)
                print_summary(output, places);
        print_contradictions(output, trial);
}
