/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where hosts come from: KVM, asked by a child, or a recording in a file. From here on they are the
 * same. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "policy/host.h"

typedef struct Source Source;

/* @host is taken over; NULL with @problem where there is none */
typedef void (*SourceFunc)(Host *host, const GError *problem, void *userdata);

/* @path: of a recording; NULL: KVM */
Source *source_new(sd_event *event, const char *path, SourceFunc func, void *userdata);
Source *source_free(Source *source);

/* Asks once; @func is called with the answer, at once for a file. Not before the last answer. */
void source_ask(Source *source);

/* A recording from a file. Messages start with its path. */
Host *source_read_file(const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)
