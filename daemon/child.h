/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* This program once more, as a child that ends: what it is given, what it writes, or why it could
 * not */

#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

/* As much as a child is given */
#define CHILD_INPUT_MAX (16 * 1024 * 1024)

#define CHILD_ERROR child_error_quark()

typedef enum ChildError {
        CHILD_ERROR_START,   /* there is no child: no memory, no processes left */
        CHILD_ERROR_FAILED,  /* it says why on its standard error, or was killed */
        CHILD_ERROR_TIMEOUT, /* it hangs */
        CHILD_ERROR_SIZE,    /* it writes more than is read */
} ChildError;

GQuark child_error_quark(void);

typedef struct Child Child;

typedef struct ChildCommand {
        const char *argument;
        const char *name;  /* what messages call it: "the process that asks KVM" */
        const char *hangs; /* the sentence for when it does: "KVM does not answer" */
        const char *input; /* its standard input; NULL: nothing. Not copied. */
        size_t n_input;
        size_t n_max; /* as much of its output as is read */
        uint64_t timeout_usec;
} ChildCommand;

/* Called once. @text is the child's standard output; NULL with @problem where it failed. The
 * child may be freed in it. */
typedef void (*ChildFunc)(const char *text, size_t n_text, const GError *problem, void *userdata);

/* Runs this program with one argument. It is killed when it has written more than it may, or takes
 * too long. That it does not read all of its input is no error: its end says why. The command's texts
 * have to live as long as the child. SIGCHLD has to be blocked. */
Child *child_new(sd_event *event, const ChildCommand *command, ChildFunc func, void *userdata,
                 GError **error);

/* Kills it if it still runs, and does not wait for that: a child can hang in the kernel. */
Child *child_free(Child *child);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Child, child_free)
