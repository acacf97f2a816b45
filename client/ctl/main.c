/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl: everything here is libcpuidd's, in words. A command's output is written when the
 * command has succeeded; what went wrong is one line on standard error. */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/ctl/help.h"
#include "client/ctl/options.h"
#include "config.h"

/* Longer lines are hard to read, and shorter ones cannot hold a place and a message. */
#define WIDTH_MIN 60
#define WIDTH_USUAL 80
#define WIDTH_MAX 100

static unsigned choose_width(void) {
        const char *columns = g_getenv("COLUMNS");
        guint64 width;

        if (!columns || !g_ascii_string_to_unsigned(columns, 10, 1, 100000, &width, NULL))
                return WIDTH_USUAL;

        return CLAMP(width, WIDTH_MIN, WIDTH_MAX);
}

/* The option counts more than the environment. */
static bool choose_color(ColorChoice choice) {
        const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

        if (choice != COLOR_AUTO)
                return choice == COLOR_ALWAYS;

        return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
                !g_str_equal(term, "dumb");
}

static CpuiddJson choose_json(JsonChoice choice) {
        bool is_short = choice == JSON_SHORT || (choice == JSON_AUTO && !isatty(STDOUT_FILENO));

        return is_short ? CPUIDD_JSON_SHORT : CPUIDD_JSON_PRETTY;
}

static bool answer(const Invocation *invocation, Session *session, GError **error) {
        const Command *given = invocation->has_command ? invocation->command : NULL;

        if (invocation->list)
                return help_list(session->output, invocation->list, given, error);

        if (invocation->wants_version)
                output_document(session->output, "cpuidctl " PACKAGE_VERSION);
        else if (invocation->wants_help && given)
                help_print_command(session->output, given);
        else if (invocation->wants_help)
                help_print(session->output);
        else
                return invocation->command->run(session, invocation->arguments, error);

        return true;
}

static void say(const char *text) {
        g_autofree char *line = text_printable(text);

        (void) fprintf(stderr, "cpuidctl: %s\n", line);
}

static ExitStatus report(const GError *error) {
        say(error->message);
        return g_error_matches(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT) ? EXIT_STATUS_INPUT :
                                                                          EXIT_STATUS_TROUBLE;
}

int main(int argc, char **argv) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Output) output = NULL;
        g_autoptr(GPtrArray) notices = g_ptr_array_new_with_free_func(g_free);
        Invocation invocation;
        Session session;

        (void) setlocale(LC_CTYPE, "");
        if (!options_parse(argc, argv, &invocation, &error))
                return report(error);

        output = output_new(choose_width(), choose_color(invocation.color));
        session = (Session){
                .host_path = invocation.host_path,
                .remote = invocation.remote,
                .machine = invocation.machine,
                .is_user = invocation.is_user,
                .wants_json = invocation.json != JSON_OFF,
                .json_style = choose_json(invocation.json),
                .output = output,
                .notices = notices,
        };
        if (!answer(&invocation, &session, &error))
                return report(error);

        for (size_t i = 0; i < notices->len; i++)
                say(notices->pdata[i]);
        if (!output_flush(output, &error))
                return report(error);

        return session.status;
}
