/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl explain: what a place in CPUID, a field or a capability means. That is known without a
 * host, so where no daemon is running the answer does without what it would say. */

#include <string.h>

#include "client/ctl/command.h"
#include "client/ctl/read.h"

#define COLUMN 13

static Reading arg_reading;

static const GOptionEntry options[] = {
        READING_HOST_OPTIONS(arg_reading),
        {},
};

static void print_explanation(Output *output, const CpuiddExplanation *explanation) {
        const char *title = "";

        for (size_t i = 0; i < explanation->paragraphs->len; i++) {
                const CpuiddParagraph *paragraph = explanation->paragraphs->pdata[i];
                bool is_head = i == 0 || g_str_equal(paragraph->title, "field");

                if (is_head && i > 0)
                        output_end_line(output);
                if (is_head || !g_str_equal(paragraph->title, title))
                        output_add(output, STYLE_DIM, paragraph->title);
                title = paragraph->title;
                output_wrap(output, is_head ? STYLE_BOLD : STYLE_PLAIN, COLUMN, paragraph->text);
                output_end_line(output);
        }
}

/* What is asked here has an answer on every host. @ret is NULL where there is no daemon to speak
 * for one, and @ret_why then says why. */
static bool open_host(const Session *session, CpuiddHost **ret, char **ret_why, GError **error) {
        g_autoptr(GError) local_error = NULL;
        g_autoptr(CpuiddHost) host = reading_host(session, &arg_reading, &local_error);
        g_autoptr(CpuiddExplanation) probe = NULL;

        if (host)
                probe = cpuidd_explain(host, "0x0", &local_error);
        if (probe) {
                *ret = g_steal_pointer(&host);
                return true;
        }

        if (session->host_path || g_error_matches(local_error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT)) {
                g_propagate_error(error, g_steal_pointer(&local_error));
                return false;
        }

        *ret_why = g_strdup(local_error->message);
        return true;
}

static void print_why(Output *output, const char *why) {
        output_end_line(output);
        output_add(output, STYLE_DIM, "this host");
        output_wrap(output, STYLE_DOUBTFUL, COLUMN, "was not asked:");
        output_wrap(output, STYLE_DOUBTFUL, COLUMN, why);
        output_end_line(output);
}

static void answer(Session *session, GPtrArray *explanations, const char *why) {
        g_autofree char *json = NULL;

        if (session->wants_json) {
                json = cpuidd_explanations_to_json(explanations, session->json_style);
                output_document(session->output, json);
                return;
        }

        for (size_t i = 0; i < explanations->len; i++) {
                if (i > 0)
                        output_end_line(session->output);
                print_explanation(session->output, explanations->pdata[i]);
        }
        if (why)
                print_why(session->output, why);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = NULL;
        g_autofree char *why = NULL;
        g_autoptr(GPtrArray) explanations =
                g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_explanation_free);

        if (!open_host(session, &host, &why, error))
                return false;

        for (size_t i = 0; arguments[i]; i++) {
                CpuiddExplanation *explanation = cpuidd_explain(host, arguments[i], error);

                if (!explanation)
                        return false;
                g_ptr_array_add(explanations, explanation);
        }

        answer(session, explanations, why);
        return true;
}

const Command command_explain = {
        .name = "explain",
        .arguments = "PLACE|NAME|CAPABILITY...",
        .summary = "What it means, its rule, what the host says",
        .help = "PLACE is written as everywhere (0x7.0:ebx[6]), as in the manuals "
                "(CPUID.(EAX=07H,ECX=0):EBX[6]), or is a whole register (7.0.ebx), row (7.0) or "
                "leaf (7). NAME is a field's (fdp_excptn_only). Where no daemon is running, the "
                "answer is without what the host says.",
        .options = options,
        .n_arguments_min = 1,
        .n_arguments_max = UINT_MAX,
        .run = run,
};
