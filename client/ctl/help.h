/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* --help, and the names that completions ask for */

#include <stdbool.h>

#include <glib.h>

#include "client/ctl/command.h"

void help_print(Output *output);
void help_print_command(Output *output, const Command *command);

/* "commands", "options" (of @command as well, if it is not NULL), "capabilities", "forms" (that can
 * be read) or "forms-written", one name a line */
bool help_list(Output *output, const char *what, const Command *command, GError **error);
