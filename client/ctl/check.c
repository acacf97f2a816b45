/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl check: the verdict, why, and what would help. All guests are read before the host is
 * asked, so one that cannot be read leaves no half answer. */

#include <string.h>

#include "client/ctl/change.h"
#include "client/ctl/command.h"
#include "client/ctl/findings.h"
#include "client/ctl/read.h"

/* More places are told by their leaves. */
#define UNCHECKED_MAX 32

static Change arg_change;
static gboolean arg_strict;
static Reading arg_reading;
static char **arg_qmp;

static const GOptionEntry options[] = {
        { "enable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.enable,
          "Take these as enabled by the guest's VMM, besides what the guest says itself",
          CHANGE_ARGUMENT },
        { "disable", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arg_change.disable,
          "Take these as not enabled, whatever the guest says", CHANGE_ARGUMENT },
        { "strict", 0, 0, G_OPTION_ARG_NONE, &arg_strict, "Make every warning an error", NULL },
        READING_OPTIONS(arg_reading),
        { "qmp", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arg_qmp,
          "Check the guest of the running QEMU whose QMP monitor is at this socket, too",
          "SOCKET" },
        {},
};

static bool check_input(const Session *session, char **paths, GError **error) {
        unsigned n = session->host_path && g_str_equal(session->host_path, "-");

        if (!*paths && !arg_qmp) {
                g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "'check' expects GUEST... or --qmp SOCKET; see 'cpuidctl check "
                                    "--help'");
                return false;
        }

        for (size_t i = 0; paths[i]; i++)
                n += g_str_equal(paths[i], "-");
        if (n <= 1)
                return true;

        g_set_error_literal(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "standard input ('-') can be read once only");
        return false;
}

/* Takes @guest over */
static bool add_guest(GPtrArray *guests, CpuiddGuest *guest, GError **error) {
        if (!guest)
                return false;

        g_ptr_array_add(guests, guest);
        return change_guest(&arg_change, guest, error);
}

static GPtrArray *read_guests(Session *session, char **paths, GError **error) {
        g_autoptr(GPtrArray) guests =
                g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_guest_unref);

        for (size_t i = 0; paths[i]; i++)
                if (!add_guest(guests, reading_guest(session, &arg_reading, paths[i], error),
                               error))
                        return NULL;

        for (size_t i = 0; arg_qmp && arg_qmp[i]; i++)
                if (!add_guest(guests, reading_qmp(session, arg_qmp[i], error), error))
                        return NULL;

        return g_steal_pointer(&guests);
}

static Style verdict_style(const CpuiddVerdict *verdict) {
        if (cpuidd_verdict_is_supported(verdict))
                return STYLE_GOOD;

        return *cpuidd_verdict_get_needs(verdict) ? STYLE_DOUBTFUL : STYLE_BAD;
}

static bool is_partial(const CpuiddVerdict *verdict) {
        return *cpuidd_verdict_get_unchecked(verdict) != NULL;
}

static void print_words(Output *output, GPtrArray *words) {
        output_column(output, 2);
        for (size_t i = 0; i < words->len; i++) {
                g_autofree char *word = g_strdup_printf("%s%s", (const char *) words->pdata[i],
                                                        i + 1 < words->len ? "," : "");

                output_word(output, STYLE_PLAIN, 2, word); /* "msr 0x10a[5]" stays together */
        }
        output_end_line(output);
}

/* Of a list that is too long to be read: whole leaves, and leaves of which parts are in it */
static void print_leaves(Output *output, const char *const *runs) {
        g_autoptr(GPtrArray) whole = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; runs[i]; i++) {
                size_t n = strcspn(runs[i], ".[");
                char *leaf = g_strndup(runs[i], n);
                bool is_whole = runs[i][n] == '\0';

                if (is_whole || parts->len == 0 || !g_str_equal(parts->pdata[parts->len - 1], leaf))
                        g_ptr_array_add(is_whole ? whole : parts, g_steal_pointer(&leaf));
                g_free(leaf);
        }

        if (whole->len > 0)
                print_words(output, whole);
        output_column(output, 2);
        output_wrap(output, STYLE_PLAIN, 2, "and parts of these; --json lists them:");
        output_end_line(output);
        print_words(output, parts);
}

static void print_unchecked(Output *output, const CpuiddVerdict *verdict) {
        const char *const *runs = cpuidd_verdict_get_unchecked(verdict);
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        if (!is_partial(verdict))
                return;

        output_end_line(output);
        output_add(output, STYLE_DOUBTFUL,
                   "not checked: it is not known what the guest, or the host, has there");
        output_end_line(output);

        for (size_t i = 0; runs[i]; i++)
                g_ptr_array_add(words, (char *) runs[i]);
        if (words->len > UNCHECKED_MAX)
                print_leaves(output, runs);
        else
                print_words(output, words);
}

static void print_verdict(Output *output, const CpuiddVerdict *verdict) {
        const char *const *capabilities = cpuidd_verdict_get_capabilities(verdict);
        g_autofree char *enabled = g_strjoinv(", ", (char **) capabilities);
        g_autofree char *needs = change_to_options(cpuidd_verdict_get_needs(verdict));

        output_add(output, STYLE_BOLD, cpuidd_verdict_get_guest(verdict));
        output_add(output, STYLE_PLAIN, " on ");
        output_add(output, STYLE_BOLD, cpuidd_verdict_get_host(verdict));
        output_add(output, STYLE_PLAIN, ": ");
        output_add(output, verdict_style(verdict), cpuidd_verdict_get_word(verdict));
        if (is_partial(verdict) && cpuidd_verdict_is_supported(verdict))
                output_add(output, STYLE_DOUBTFUL, ", as far as it is known");
        output_end_line(output);
        output_add(output, STYLE_DIM, "enabled:");
        output_wrap(output, STYLE_DIM, 9, *enabled ? enabled : "nothing");
        output_end_line(output);

        findings_print(output, verdict, "error", STYLE_BAD);
        findings_print(output, verdict, "warning", STYLE_DOUBTFUL);
        findings_print(output, verdict, "note", STYLE_DIM);
        print_unchecked(output, verdict);

        if (*needs) {
                output_end_line(output);
                output_add(output, STYLE_BOLD, "needs:");
                output_wrap(output, STYLE_GOOD, 7, needs);
                output_end_line(output);
        }
}

static void answer(Session *session, GPtrArray *verdicts) {
        g_autofree char *json = NULL;

        for (size_t i = 0; i < verdicts->len; i++)
                if (!cpuidd_verdict_is_supported(verdicts->pdata[i]))
                        session->status = EXIT_STATUS_NO;

        if (session->wants_json) {
                json = cpuidd_verdicts_to_json(verdicts, session->json_style);
                output_document(session->output, json);
                return;
        }

        for (size_t i = 0; i < verdicts->len; i++) {
                if (i > 0)
                        output_end_line(session->output);
                print_verdict(session->output, verdicts->pdata[i]);
        }
}

static bool run(Session *session, char **arguments, GError **error) {
        CpuiddCheckFlags flags = arg_strict ? CPUIDD_CHECK_STRICT : CPUIDD_CHECK_DEFAULT;
        g_autoptr(CpuiddHost) host = NULL;
        g_autoptr(GPtrArray) guests = NULL, verdicts = NULL;

        if (!reading_check(&arg_reading, error) || !check_input(session, arguments, error))
                return false;

        guests = read_guests(session, arguments, error);
        if (!guests)
                return false;

        host = session_open_host(session, NULL, error);
        if (!host)
                return false;

        verdicts = cpuidd_host_check_many(host, (CpuiddGuest *const *) guests->pdata, guests->len,
                                          flags, error);
        if (!verdicts)
                return false;

        answer(session, verdicts);
        return true;
}

const Command command_check = {
        .name = "check",
        .arguments = "[GUEST...]",
        .summary = "Whether the host can run each guest, or why not",
        .help = "Tells what breaks, why, and which capabilities would help. GUEST is a file in "
                "any form of 'convert --list-forms', or '-' for standard input. A host's profile "
                "or recording is a guest that has all that host offers. With several guests the "
                "exit status is the worst. With --qmp, a running QEMU is asked what its guest has.",
        .options = options,
        .n_arguments_min = 0,
        .n_arguments_max = UINT_MAX,
        .run = run,
};
