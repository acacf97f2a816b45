/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The forms in which guests and hosts come, one file a form, and what finds the form of a text */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "policy/guest.h"
#include "policy/host.h"

#define FORMAT_ERROR format_error_quark()

typedef enum FormatError {
        FORMAT_ERROR_FILE,    /* cannot be read at all */
        FORMAT_ERROR_CONTENT, /* read, and cannot be used; the message says where in it */
} FormatError;

GQuark format_error_quark(void);

/* What a text turned out to be: one of them is set */
typedef struct FormatInput {
        Host *host;   /* sealed */
        Guest *guest; /* also a table alone */
} FormatInput;

typedef struct Format {
        const char *name;
        const char *description;
        bool (*looks_like)(const char *text, size_t n_text);
        bool (*read)(const char *text, size_t n_text, FormatInput *ret, GError **error);
} Format;

/* One a file */
extern const Format format_cpuid_r;
extern const Format format_guest_json;
extern const Format format_host_json;
extern const Format format_recording;

/* All of them in the order in which they are looked for, ended by NULL */
extern const Format *const format_table[];

/* @form: a form's name, or NULL: found by content. Texts need no end. A host's text is read as a
 * guest that has what that host offers with the usual capabilities, a guest's as a bare host
 * that KVM offers that table. */
Guest *format_read_guest(const char *text, size_t n_text, const char *form, GError **error);
Host *format_read_host(const char *text, size_t n_text, const char *form, GError **error);

void format_input_done(FormatInput *input);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FormatInput, format_input_done)
