/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Help is made from the table of commands and their options, so it cannot leave one out. GOption's
 * own knows of no commands and does not break its lines. */

#include "client/ctl/help.h"

#include "client/ctl/form.h"
#include "client/ctl/options.h"

#define COLUMN 30

static void print_option(Output *output, const GOptionEntry *entry) {
        bool is_optional = entry->flags & G_OPTION_FLAG_OPTIONAL_ARG;

        if (entry->flags & G_OPTION_FLAG_HIDDEN)
                return;

        if (entry->short_name)
                output_addf(output, STYLE_PLAIN, "  -%c --%s", entry->short_name, entry->long_name);
        else
                output_addf(output, STYLE_PLAIN, "     --%s", entry->long_name);
        if (entry->arg_description)
                output_addf(output, STYLE_PLAIN, "%s=%s%s", is_optional ? "[" : "",
                            entry->arg_description, is_optional ? "]" : "");
        output_column(output, COLUMN);
        output_wrap(output, STYLE_PLAIN, COLUMN, entry->description);
        output_end_line(output);
}

static void print_options(Output *output, const char *title, const GOptionEntry *entries) {
        output_end_line(output);
        output_add(output, STYLE_BOLD, title);
        output_end_line(output);
        for (size_t i = 0; entries[i].long_name; i++)
                print_option(output, &entries[i]);
}

static void print_command(Output *output, const Command *command) {
        output_addf(output, STYLE_PLAIN, "  %s%s%s", command->name, command->arguments ? " " : "",
                    command->arguments ?: "");
        /* The one command with so many kinds of arguments */
        if (command->arguments && text_width(command->arguments) > COLUMN - 12)
                output_end_line(output);
        output_wrap(output, STYLE_PLAIN, COLUMN, command->summary);
        output_end_line(output);
}

static void print_paragraph(Output *output, const char *text) {
        output_end_line(output);
        output_wrap(output, STYLE_PLAIN, 0, text);
        output_end_line(output);
}

void help_print(Output *output) {
        output_add(output, STYLE_BOLD, "cpuidctl [OPTIONS...] COMMAND [ARGUMENTS...]");
        output_end_line(output);
        print_paragraph(output,
                        "Tell whether this host, with its KVM, can run a guest that has a given "
                        "CPUID; if not, why not and what would help.");

        output_end_line(output);
        output_add(output, STYLE_BOLD, "Commands:");
        output_end_line(output);
        for (size_t i = 0; command_table[i]; i++)
                print_command(output, command_table[i]);

        print_options(output, "Options:", global_options);
        print_paragraph(output,
                        "Without a command: status. Exit status: 0 done, or supported; 1 not "
                        "supported as it is; 2 the arguments or a file cannot be used; 3 there is "
                        "no daemon or no KVM to ask. See cpuidctl(1).");
}

void help_print_command(Output *output, const Command *command) {
        output_addf(output, STYLE_BOLD, "cpuidctl [OPTIONS...] %s%s%s", command->name,
                    command->arguments ? " " : "", command->arguments ?: "");
        output_end_line(output);
        print_paragraph(output, command->summary);
        if (command->help)
                print_paragraph(output, command->help);
        if (command->options)
                print_options(output, "Options:", command->options);
        print_options(output, "Options of every command:", global_options);
}

static void list_options(Output *output, const GOptionEntry *entries) {
        for (size_t i = 0; entries && entries[i].long_name; i++) {
                bool has_argument = entries[i].arg_description &&
                        !(entries[i].flags & G_OPTION_FLAG_OPTIONAL_ARG);

                if (entries[i].flags & G_OPTION_FLAG_HIDDEN)
                        continue;
                output_addf(output, STYLE_PLAIN, "--%s%s", entries[i].long_name,
                            has_argument ? "=" : "");
                output_end_line(output);
        }
}

static void list_capabilities(Output *output) {
        g_auto(GStrv) names = cpuidd_list_capabilities();

        for (size_t i = 0; names[i]; i++)
                output_document(output, names[i]);
}

bool help_list(Output *output, const char *what, const Command *command, GError **error) {
        if (g_str_equal(what, "commands"))
                for (size_t i = 0; command_table[i]; i++)
                        output_document(output, command_table[i]->name);
        else if (g_str_equal(what, "options")) {
                list_options(output, command ? command->options : NULL);
                list_options(output, global_options);
        } else if (g_str_equal(what, "capabilities"))
                list_capabilities(output);
        else if (g_str_equal(what, "forms"))
                form_list(output, false);
        else if (g_str_equal(what, "forms-written"))
                form_list(output, true);
        else {
                g_set_error(
                        error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                        "--list: '%s' is none of commands, options, capabilities, forms, forms-written",
                        what);
                return false;
        }

        return true;
}
