/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a command is, and what it is given */

#include <stdbool.h>

#include <glib.h>

#include "client/ctl/output.h"
#include "client/lib/cpuidd.h"

/* Results; documented in cpuidctl(1) */
typedef enum ExitStatus {
        EXIT_STATUS_DONE = 0,
        EXIT_STATUS_NO = 1,      /* the answer is no */
        EXIT_STATUS_INPUT = 2,   /* the arguments or a file cannot be used */
        EXIT_STATUS_TROUBLE = 3, /* there is nobody to ask */
} ExitStatus;

/* One call of cpuidctl: what the global options say, and what comes out */
typedef struct Session {
        const char *host_path; /* --host */
        const char *remote;    /* -H */
        const char *machine;   /* -M */
        bool is_user;          /* --user */
        bool wants_json;
        CpuiddJson json_style;
        Output *output;
        GPtrArray *notices; /* lines for standard error, shown before the output of a success */
        ExitStatus status;
} Session;

typedef struct Command {
        const char *name;
        const char *arguments; /* "GUEST...", or NULL */
        const char *summary;   /* a line for the list of commands */
        const char *help;      /* what --help of the command says more */
        const GOptionEntry *options;
        unsigned n_arguments_min;
        unsigned n_arguments_max;
        bool (*run)(Session *session, char **arguments, GError **error);
} Command;

/* Ended by NULL */
extern const Command *const command_table[];

extern const Command command_capabilities;
extern const Command command_check;
extern const Command command_convert;
extern const Command command_explain;
extern const Command command_export;
extern const Command command_monitor;
extern const Command command_refresh;
extern const Command command_show;
extern const Command command_status;
extern const Command command_trial;

/* CPUIDD_ERROR_INPUT with what is near to it */
const Command *command_find(const char *name, GError **error);

/* Something to be known beside the answer */
void session_notice(const Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* What was strange about a file, a notice each; @path: "-" is standard input */
void session_warn(const Session *session, const char *path, const char *const *warnings);

/* What messages call a file */
const char *session_path(const char *path);

/* The host that is asked: the file's, with its warnings, or a daemon. @options: how the file is
 * read, or NULL. */
CpuiddHost *session_open_host(const Session *session, const CpuiddReadOptions *options,
                              GError **error);
