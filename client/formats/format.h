/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The forms in which guests and hosts come and go, one file a form, and what finds the form of a
 * text */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "client/formats/dump.h"
#include "client/formats/template.h"
#include "policy/guest.h"
#include "policy/host.h"

#define FORMAT_ERROR format_error_quark()

typedef enum FormatError {
        FORMAT_ERROR_FILE,    /* cannot be read at all */
        FORMAT_ERROR_CONTENT, /* read, and cannot be used; the message says where in it */
} FormatError;

GQuark format_error_quark(void);

/* How to read; all zero but for `cpu` is the usual */
typedef struct FormatOptions {
        const char *form;    /* a form's name, or NULL: found by content */
        const char *cpu_map; /* libvirt's directory of CPU models, or NULL: where libvirt has it */
        int64_t cpu;         /* of those in a dump, or -1: the first */
} FormatOptions;

#define FORMAT_OPTIONS_DEFAULT \
        { .cpu = -1 }

/* What a text turned out to be: a reader sets one of them, and warnings */
typedef struct FormatInput {
        Host *host;   /* sealed */
        Guest *guest; /* also a table alone */
        Dump *dump;
        Template *template;
        GPtrArray *warnings; /* sentences; NULL if there are none */
} FormatInput;

/* What to write, and how */
typedef struct FormatOutput {
        const Guest *guest; /* its table, MSRs, capabilities and what is unknown of it */
        const Host *host;   /* whose offer the guest has, for a form that carries hosts, or NULL */
        const char *model;  /* QEMU's CPU model to start from, or NULL: max */
        GString *text;      /* written to; ends with a newline */
        GPtrArray *losses;  /* sentences: what the form cannot carry of this guest */
        bool is_pretty;     /* of JSON: indented, not in one line */
} FormatOutput;

typedef struct Format {
        const char *name;
        const char *description;
        /* NULL in a form that is only written */
        bool (*looks_like)(const char *text, size_t n_text);
        bool (*read)(const char *text, size_t n_text, const FormatOptions *options,
                     FormatInput *ret, GError **error);
        /* Whether a path is of this form whatever it holds; NULL: never */
        bool (*is_path)(const char *path);
        /* Of what is no text and has to be asked: NULL, or @read is */
        bool (*read_path)(const char *path, const FormatOptions *options, FormatInput *ret,
                          GError **error);
        void (*write)(FormatOutput *output); /* NULL in a form that is only read */
        bool is_json;                        /* what is written */
        bool has_model;                      /* output->model counts */
        bool is_host_only; /* no guest can be written, output->host is always there */
} Format;

/* One a file */
extern const Format format_c_array;
extern const Format format_cloud_hypervisor;
extern const Format format_aida64;
extern const Format format_cpuid_r;
extern const Format format_dev;
extern const Format format_firecracker;
extern const Format format_guest_json;
extern const Format format_host_json;
extern const Format format_kvm;
extern const Format format_json;
extern const Format format_libcpuid;
extern const Format format_kcpuid;
extern const Format format_qemu;
extern const Format format_libvirt;
extern const Format format_libvirt_cpu;
extern const Format format_recording;
extern const Format format_text_table;
extern const Format format_xen;
extern const Format format_xen_features;

/* All of them in the order in which they are looked for, ended by NULL */
extern const Format *const format_table[];

/* A form by its name; FORMAT_ERROR_CONTENT lists those that can be read, or written */
const Format *format_find_reader(const char *name, GError **error);
const Format *format_find_writer(const char *name, GError **error);

/* A guest in @ret->guest, or in @ret->template where it depends on the host. A host's text is read
 * as a guest that has what that host offers with the usual capabilities; @ret->host is then set,
 * too. Texts need no end. */
bool format_read_guest(const char *text, size_t n_text, const FormatOptions *options,
                       FormatInput *ret, GError **error);
/* A host in @ret->host, and nothing else but warnings; a guest's text as a bare host that KVM
 * offers that table */
bool format_read_host(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error);
/* The same of a file, FIFO, device, or "-": standard input */
bool format_read_guest_path(const char *path, const FormatOptions *options, FormatInput *ret,
                            GError **error);
bool format_read_host_path(const char *path, const FormatOptions *options, FormatInput *ret,
                           GError **error);

/* Of any bytes, one line of UTF-8 for a message: free with g_free() */
char *format_to_line(const char *text);
/* The guest that has what a sealed host offers with the usual capabilities */
Guest *format_guest_of_host(Host *host);

void format_input_warn(FormatInput *input, const char *format, ...) G_GNUC_PRINTF(2, 3);
void format_input_done(FormatInput *input);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FormatInput, format_input_done)
