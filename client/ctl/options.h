/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line: global options, the command, its options and arguments */

#include <stdbool.h>

#include <glib.h>

#include "client/ctl/command.h"

typedef enum JsonChoice {
        JSON_OFF,
        JSON_SHORT,
        JSON_PRETTY,
        JSON_AUTO, /* pretty on a terminal, short in a pipe */
} JsonChoice;

typedef enum ColorChoice {
        COLOR_AUTO,
        COLOR_ALWAYS,
        COLOR_NEVER,
} ColorChoice;

typedef struct Invocation {
        const Command *command; /* status where none is given */
        char **arguments;       /* never NULL */
        const char *host_path;
        const char *remote;
        const char *machine;
        const char *list; /* --list, for completions */
        JsonChoice json;
        ColorChoice color;
        bool has_command; /* one was given */
        bool is_user;
        bool wants_help;
        bool wants_version;
} Invocation;

/* The options that every command takes, ended by {} */
extern const GOptionEntry global_options[];

/* What was parsed lives as long as the program. CPUIDD_ERROR_INPUT. */
bool options_parse(int argc, char **argv, Invocation *ret, GError **error);
