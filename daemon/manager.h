/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon as a whole */

#include <stdbool.h>

typedef struct ManagerOptions {
        const char *device; /* KVM's path, which is watched */
        const char *replay; /* a recording's path, or NULL: KVM */
        bool is_user;       /* the user's bus, not the system's */
} ManagerOptions;

/* What the process ends with; in the manual */
enum {
        EXIT_DONE = 0,
        EXIT_FAILED = 1,    /* the bus, or with --probe KVM or standard output */
        EXIT_ARGUMENTS = 2, /* the arguments, or the file that they name */
};

/* Serves until a signal says that it is enough; gives the exit status */
int manager_run(const ManagerOptions *options);
