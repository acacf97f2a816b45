/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the command line in two goes of GOption: what stands before the command, and what behind
 * it. The global options are in both. Every refusal is one line that says where help is. */

#include "client/ctl/options.h"

#include <string.h>

#include "client/ctl/suggest.h"

static char *arg_host, *arg_remote, *arg_machine, *arg_list, **arg_rest;
static JsonChoice arg_json = JSON_OFF;
static ColorChoice arg_color = COLOR_AUTO;
static gboolean arg_user, arg_no_pager, arg_help, arg_version;

/* A word and its place in the list, for options with a choice */
static bool choose(const char *option, const char *value, const char *const *words, int *ret,
                   GError **error) {
        g_autofree char *list = NULL;

        for (int i = 0; words[i]; i++)
                if (g_str_equal(words[i], value)) {
                        *ret = i;
                        return true;
                }

        list = g_strjoinv(", ", (char **) words);
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT, "%s: '%s' is none of %s", option,
                    value, list);
        return false;
}

static gboolean set_json(const char *option, const char *value, void *userdata, GError **error) {
        static const char *const words[] = { "off", "short", "pretty", "auto", NULL };
        int choice = JSON_AUTO;

        (void) option;
        (void) userdata;
        if (value && !choose("--json", value, words, &choice, error))
                return FALSE;

        arg_json = choice;
        return TRUE;
}

static gboolean set_color(const char *option, const char *value, void *userdata, GError **error) {
        static const char *const words[] = { "auto", "always", "never", NULL };
        int choice;

        (void) userdata;
        if (!choose(option, value, words, &choice, error))
                return FALSE;

        arg_color = choice;
        return TRUE;
}

static void replace(char **text, const char *value) {
        g_free(*text);
        *text = g_strdup(value);
}

/* Of options that may stand on both sides of the command: the last one counts. */
static gboolean set_text(const char *option, const char *value, void *userdata, GError **error) {
        (void) userdata;
        (void) error;
        if (g_str_equal(option, "--host"))
                replace(&arg_host, value);
        else if (g_str_equal(option, "--list"))
                replace(&arg_list, value);
        else if (g_str_equal(option, "-H") || g_str_equal(option, "--remote"))
                replace(&arg_remote, value);
        else
                replace(&arg_machine, value);
        return TRUE;
}

const GOptionEntry global_options[] = {
        { "host", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, set_text,
          "Ask this profile or recording, not the daemon: needs no daemon, no bus and no KVM",
          "FILE" },
        { "remote", 'H', 0, G_OPTION_ARG_CALLBACK, set_text,
          "Ask the daemon of another machine, by ssh", "[USER@]HOST" },
        { "machine", 'M', 0, G_OPTION_ARG_CALLBACK, set_text,
          "Ask the daemon in a container of this machine", "CONTAINER" },
        { "user", 0, 0, G_OPTION_ARG_NONE, &arg_user, "Ask the daemon on the user's bus", NULL },
        { "json", 'j', G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, set_json,
          "Answer in JSON: pretty (as --json alone), short, off, or auto (as -j): pretty on a "
          "terminal, short in a pipe",
          "WORD" },
        { "color", 0, 0, G_OPTION_ARG_CALLBACK, set_color,
          "Colors: auto, always or never; auto heeds NO_COLOR", "WORD" },
        { "no-pager", 0, 0, G_OPTION_ARG_NONE, &arg_no_pager, "Start no pager (none is yet)",
          NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &arg_help, "Show this help; also of a command", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &arg_version, "Show the version", NULL },
        { "list", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, set_text, NULL, "WHAT" },
        {},
};

static const GOptionEntry rest_options[] = {
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arg_rest, NULL, NULL },
        {},
};

static void add_names(GPtrArray *names, const GOptionEntry *entries) {
        for (size_t i = 0; entries && entries[i].long_name; i++)
                if (!(entries[i].flags & G_OPTION_FLAG_HIDDEN))
                        g_ptr_array_add(names, g_strdup_printf("--%s", entries[i].long_name));
}

/* Whose option it is that stands before the command: COMMAND of several, NULL of none */
static const char *find_owner(const char *option) {
        const char *owner = NULL;

        for (size_t i = 0; command_table[i]; i++) {
                const GOptionEntry *entries = command_table[i]->options;

                for (size_t j = 0; entries && entries[j].long_name; j++)
                        if (g_str_equal(entries[j].long_name, option + 2))
                                owner = owner ? "COMMAND" : command_table[i]->name;
        }

        return owner;
}

static void set_error_unknown(const Command *command, const char *given, GError **error) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *option = g_strndup(given, strcspn(given, "="));
        const char *blank = command ? " " : "", *name = command ? command->name : "";
        const char *owner = !command && g_str_has_prefix(option, "--") ? find_owner(option) : NULL;
        const char *near;

        add_names(names, global_options);
        add_names(names, command ? command->options : NULL);
        near = suggest(option, names);

        if (owner)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "option '%s' belongs behind its command; see 'cpuidctl %s --help'",
                            option, owner);
        else
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "there is no option '%s'%s%s%s; see 'cpuidctl%s%s --help'", option,
                            near ? " (did you mean '" : "", near ?: "", near ? "'?)" : "", blank,
                            name);
}

/* GOption's words in ours */
static void set_error_option(const Command *command, const GError *cause, GError **error) {
        static const char unknown[] = "Unknown option ";
        g_autofree char *message = g_strdup(cause->message);

        if (cause->domain == CPUIDD_ERROR) {
                g_propagate_error(error, g_error_copy(cause));
                return;
        }

        if (g_str_has_prefix(message, unknown)) {
                set_error_unknown(command, message + strlen(unknown), error);
                return;
        }

        message[0] = g_ascii_tolower(message[0]);
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT, "%s; see 'cpuidctl%s%s --help'",
                    message, command ? " " : "", command ? command->name : "");
}

/* GOption lets an option whose value may be left out have the next argument for it, so
 * "--json check" would ask for a kind of JSON. Alone it promises one document; "-j" is for people
 * who pipe it through something. */
static void give_value(char **argv) {
        for (size_t i = 1; argv[i] && !g_str_equal(argv[i], "--"); i++)
                if (g_str_equal(argv[i], "--json"))
                        replace(&argv[i], "--json=pretty");
                else if (g_str_equal(argv[i], "-j"))
                        replace(&argv[i], "--json=auto");
}

static bool parse(const Command *command, char ***argv, GError **error) {
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GError) local_error = NULL;

        g_option_context_set_help_enabled(context, FALSE);
        g_option_context_add_main_entries(context, global_options, NULL);
        if (command && command->options)
                g_option_context_add_main_entries(context, command->options, NULL);
        if (command)
                g_option_context_add_main_entries(context, rest_options, NULL);
        else
                g_option_context_set_strict_posix(context, TRUE);

        if (g_option_context_parse_strv(context, argv, &local_error))
                return true;

        set_error_option(command, local_error, error);
        return false;
}

static bool check_arguments(const Command *command, char **arguments, GError **error) {
        unsigned n = g_strv_length(arguments);

        if (n < command->n_arguments_min)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "'%s' expects %s; see 'cpuidctl %s --help'", command->name,
                            command->arguments, command->name);
        else if (n > command->n_arguments_max)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "'%s' does not expect '%s'; see 'cpuidctl %s --help'", command->name,
                            arguments[command->n_arguments_max], command->name);
        else if (g_strv_contains((const char *const *) arguments, ""))
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "'%s' does not expect an empty argument; see 'cpuidctl %s --help'",
                            command->name, command->name);
        else
                return true;

        return false;
}

static bool parse_command(char **argv, Invocation *invocation, GError **error) {
        /* What the first go leaves behind of "cpuidctl -- check" */
        char **rest = argv[0] && argv[1] && g_str_equal(argv[1], "--") ? argv + 1 : argv;
        g_auto(GStrv) copy = NULL;

        invocation->command = &command_status;
        invocation->has_command = rest[0] && rest[1];
        if (invocation->has_command) {
                invocation->command = command_find(rest[1], error);
                if (!invocation->command)
                        return false;
                rest++;
        }

        copy = g_strdupv(rest);
        return parse(invocation->command, &copy, error);
}

/* There is one host that is asked. */
static bool check_places(GError **error) {
        const char *const given[] = { arg_host ? "--host" : NULL, arg_remote ? "-H" : NULL,
                                      arg_machine ? "-M" : NULL, arg_user ? "--user" : NULL };
        const char *first = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(given); i++) {
                if (first && given[i]) {
                        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                                    "%s and %s cannot be used together", first, given[i]);
                        return false;
                }
                first = given[i] ?: first;
        }

        if ((!arg_remote || *arg_remote) && (!arg_machine || *arg_machine))
                return true;

        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT, "%s expects a name", first);
        return false;
}

bool options_parse(int argc, char **argv, Invocation *ret, GError **error) {
        static char *no_arguments[] = { NULL };
        Invocation invocation = {};
        g_auto(GStrv) copy = NULL;

        (void) argc;
        copy = g_strdupv(argv);
        give_value(copy);
        if (!parse(NULL, &copy, error) || !parse_command(copy, &invocation, error))
                return false;

        invocation.arguments = arg_rest ?: no_arguments;
        invocation.host_path = arg_host;
        invocation.remote = arg_remote;
        invocation.machine = arg_machine;
        invocation.list = arg_list;
        invocation.json = arg_json;
        invocation.color = arg_color;
        invocation.is_user = arg_user;
        invocation.wants_help = arg_help;
        invocation.wants_version = arg_version;

        if (!check_places(error))
                return false;

        if (!arg_help && !arg_version && !arg_list &&
            !check_arguments(invocation.command, invocation.arguments, error))
                return false;

        *ret = invocation;
        return true;
}
