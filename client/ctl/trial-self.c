/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trial of a host: what whoever corrects a table has to know, and no name of a machine. Each
 * contradiction has its values, so that nothing is told for several at once. */

#include "client/ctl/status.h"
#include "client/ctl/trial.h"

#define INDENT 4

static void print_host(Output *output, const CpuiddTrial *trial, const CpuiddStatus *status,
                       const char *version) {
        g_autofree char *kernel = status_describe_kernel(status),
                        *processor = status_describe_processor(status),
                        *versions =
                                g_strdup_printf("%s, cpuidctl %s", status->version ?: "", version),
                        *tables = g_strdup_printf("%" G_GUINT32_FORMAT " tried",
                                                  cpuidd_trial_get_n_tables(trial)),
                        *enabled = g_strjoinv(", ", (char **) cpuidd_trial_get_capabilities(trial));

        status_print_line(output, "cpuidd", versions);
        status_print_line(output, "kernel", kernel);
        status_print_line(output, "processor", processor);
        status_print_line(output, "fingerprint", cpuidd_trial_get_fingerprint(trial));
        status_print_line(output, "enabled", enabled);
        status_print_line(output, "own offer", cpuidd_trial_get_outcome(trial));
        status_print_line(output, "tables", tables);
}

static void print_contradiction(Output *output, const CpuiddContradiction *contradiction) {
        output_end_line(output);
        output_add(output, STYLE_BAD, contradiction->where);
        if (*contradiction->field && !g_str_equal(contradiction->field, contradiction->where))
                output_addf(output, STYLE_BOLD, " %s", contradiction->field);
        output_addf(output, STYLE_PLAIN, ": %s", contradiction->kind);
        output_end_line(output);

        if (contradiction->subject) {
                output_column(output, INDENT);
                output_add(output, STYLE_DIM, "tried:");
                output_wrap(output, STYLE_PLAIN, INDENT, contradiction->subject);
                output_end_line(output);
        }
        output_column(output, INDENT);
        output_addf(output, STYLE_PLAIN,
                    "set 0x%" G_GINT64_MODIFIER "x, read back 0x%" G_GINT64_MODIFIER "x",
                    contradiction->set, contradiction->back);
        output_end_line(output);
        output_wrap(output, STYLE_PLAIN, INDENT, contradiction->message);
        output_end_line(output);
}

void trial_show_self(Output *output, const CpuiddTrial *trial, const CpuiddStatus *status,
                     const char *version) {
        size_t n = cpuidd_trial_get_n_contradictions(trial);

        output_add(output, STYLE_BOLD, "cpuidd's rules against this KVM");
        output_add(output, STYLE_PLAIN, ": ");
        if (n == 0)
                output_add(output, STYLE_GOOD, "nothing contradicts them");
        else
                output_addf(output, STYLE_BAD, "%zu contradiction%s", n, n == 1 ? "" : "s");
        output_end_line(output);

        print_host(output, trial, status, version);
        for (size_t i = 0; i < n; i++)
                print_contradiction(output, cpuidd_trial_get_contradiction(trial, i));
        if (n == 0)
                return;

        output_end_line(output);
        output_wrap(output, STYLE_DIM, 0,
                    "Either the rules are wrong or this KVM is. Please report it, with what "
                    "'cpuidctl export --to recording' says.");
        output_end_line(output);
}
