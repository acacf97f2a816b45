/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Questions to polkit: may this connection do that? */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

typedef enum PolkitAnswer {
        POLKIT_YES,
        POLKIT_NO,
        POLKIT_CHALLENGE, /* if somebody gives a password; nobody was asked for one */
        POLKIT_FAILED,    /* no answer, or none that can be used */
} PolkitAnswer;

typedef struct PolkitQuestion PolkitQuestion;

/* @reason: of POLKIT_FAILED, in one line. The question may be freed in it. */
typedef void (*PolkitFunc)(PolkitAnswer answer, const char *reason, void *userdata);

/* @sender: the connection's own name. @is_interactive: somebody may be asked for a password; then
 * there is no answer before that is given. As what a handler returns. */
int polkit_ask(sd_bus *bus, const char *sender, const char *action, bool is_interactive,
               PolkitFunc func, void *userdata, PolkitQuestion **ret);

/* Takes the question back where it has no answer yet */
PolkitQuestion *polkit_question_free(PolkitQuestion *question);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolkitQuestion, polkit_question_free)
