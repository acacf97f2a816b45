/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of forms on the command line, and what is written in one */

#include <stdbool.h>

#include <glib.h>

#include "client/ctl/command.h"
#include "client/lib/cpuidd.h"

/* --to and --model */
typedef struct Writing {
        char *form;
        char *model;
} Writing;

/* clang-format off */
#define WRITING_MODEL_OPTION(writing) \
        { "model", 0, 0, G_OPTION_ARG_STRING, &(writing).model, \
          "The CPU model to start from, where the form is a change of one", "NAME" }
/* clang-format on */

/* Whether there is such a form to read, or to write; NULL is fine. CPUIDD_ERROR_INPUT names what
 * was meant. */
bool form_check_reader(const char *name, GError **error);
bool form_check_writer(const Session *session, const Writing *writing, GError **error);

/* Where one of the two is NULL the other is written. What gets lost becomes notices about @path. */
bool form_write(Session *session, const Writing *writing, const char *path, CpuiddHost *host,
                const CpuiddGuest *guest, GError **error);

/* Names of those that can be read, or written, one a line */
void form_list(Output *output, bool is_to_write);
/* All there are, for people or as JSON */
void form_print(Session *session);
