/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a file of some other program holds: the registers of one CPU or of several, before it is
 * decided whether they are a guest's or a host's. Forms fill it in the order of the file. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/guest.h"
#include "policy/host.h"
#include "policy/leaf.h"
#include "policy/unknown.h"

/* Of one file */
#define DUMP_CPUS_MAX 4096

/* What it means that a leaf, or a sub-leaf, which its range or its leaf has is not in the file */
typedef enum DumpMissing {
        DUMP_MISSING_UNKNOWN, /* the form writes all of them, so it got lost */
        /* The form leaves out what is zero. Behind the last row of a range it may as well have
         * been cut off. */
        DUMP_MISSING_ZERO_BETWEEN,
        DUMP_MISSING_ZERO, /* it is what KVM was given: what is not there is zero */
} DumpMissing;

/* Whether a row answers for its own sub-leaf only */
typedef enum DumpIndex {
        DUMP_INDEX_UNTOLD, /* the field table tells */
        DUMP_INDEX_NO,
        DUMP_INDEX_YES,
} DumpIndex;

typedef struct DumpCpu {
        unsigned number;
        char *name;       /* of an alternative; NULL: a CPU */
        Unknown *unknown; /* of this one alone, beside the dump's; NULL: nothing */
        LeafTable *table;
        GArray *lines;    /* unsigned: where each row stands */
        GHashTable *msrs; /* index as pointer -> uint64_t; NULL if there are none */
} DumpCpu;

/* dump-bits.c */
typedef struct DumpBits DumpBits;
typedef struct DumpMsrBits DumpMsrBits;

typedef struct Dump {
        char *name; /* of the machine; NULL where the form has none */
        /* What the entries are in one word where they are no CPUs of one machine but alternatives,
         * of which one is the guest: "policy". NULL: CPUs */
        const char *alternatives;
        GPtrArray *cpus; /* DumpCpu, in the order in which they begin */
        GHashTable *cpus_by_number;
        DumpCpu *cpu; /* that is filled, or NULL: none yet */
        DumpMissing missing;
        bool ends_lists;     /* what ends a list of sub-leaves is left out where a leaf follows */
        Unknown *unknown;    /* what the form cannot carry, beside what is missing */
        GPtrArray *warnings; /* sentences for people, with the line if there is one */
        CapabilitySet capabilities;
        bool has_capabilities;
        uint64_t tsc_khz; /* 0: not told */
        /* DumpBits and DumpMsrBits: of a CPU that is told bit by bit; NULL if it is not */
        GArray *bits;
        GArray *msr_bits;
} Dump;

Dump *dump_new(void);
Dump *dump_free(Dump *dump);

/* The CPU to which rows and MSRs from now on belong; one that is there already is gone on with, at
 * its place. FORMAT_ERROR_CONTENT beyond DUMP_CPUS_MAX. */
bool dump_begin_cpu(Dump *dump, unsigned number, unsigned line, GError **error);

/* Without dump_begin_cpu() before it is of CPU 0. @row's flags are worked out. @line: 0 where there
 * are no lines. The same row twice is one; with other values it is refused, and so is what is more
 * than LEAF_TABLE_MAX. */
bool dump_add_row(Dump *dump, const Leaf *row, DumpIndex index, unsigned line, GError **error);
/* What the current CPU is called, as far as that can be printed, and what the form does not tell
 * of it */
void dump_set_cpu_name(Dump *dump, const char *name);
Unknown *dump_cpu_unknown(Dump *dump);
/* The last of several values of one MSR counts. */
void dump_set_msr(Dump *dump, uint32_t index, uint64_t value);
void dump_warn(Dump *dump, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* @cpu: a number, or -1: the first that has rows. What lies above the maximum of its range is
 * dropped but from what KVM was given, what is missing below is unknown as dump->missing tells. Adds to @warnings what CPUs
 * differ in though a healthy machine's do not. */
Guest *dump_to_guest(const Dump *dump, int64_t cpu, GPtrArray *warnings, GError **error);
/* A bare host. MSRs that the file does not have are unknown. CPUs that answer differently are its kinds. */
Host *dump_to_host(const Dump *dump, int64_t cpu, GPtrArray *warnings, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dump, dump_free)
