/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* This program once more, as a child that ends: what it writes, or why it could not */

#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#define CHILD_ERROR child_error_quark()

typedef enum ChildError {
        CHILD_ERROR_START,   /* there is no child: no memory, no processes left */
        CHILD_ERROR_FAILED,  /* it says why on its standard error, or was killed */
        CHILD_ERROR_TIMEOUT, /* it hangs */
        CHILD_ERROR_SIZE,    /* it writes more than is read */
} ChildError;

GQuark child_error_quark(void);

typedef struct Child Child;

/* Called once. @text is the child's standard output; NULL with @problem where it failed. The
 * child may be freed in it. */
typedef void (*ChildFunc)(const char *text, size_t n_text, const GError *problem, void *userdata);

/* Runs this program with one argument. At most @n_max bytes are read of it, and it is killed after
 * @timeout_usec. SIGCHLD has to be blocked. */
Child *child_new(sd_event *event, const char *argument, size_t n_max, uint64_t timeout_usec,
                 ChildFunc func, void *userdata, GError **error);

/* Kills it if it still runs, and does not wait for that: a child can hang in the kernel. */
Child *child_free(Child *child);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Child, child_free)
