/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the parts of libcpuidd know of each other */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "client/formats/format.h"
#include "client/formats/template.h"
#include "client/lib/bus.h"
#include "client/lib/cpuidd.h"
#include "policy/guest.h"
#include "policy/host.h"
#include "policy/offer.h"
#include "policy/verdict.h"

struct CpuiddGuest {
        unsigned n_refs;
        Guest *guest;       /* its name is never NULL */
        Template *template; /* it becomes a guest on a host; NULL: it is one */
        Host *host;         /* whose offer it was read as; NULL: its file is no host's */
        char **warnings;    /* of its reading */
};

/* Either asked over the bus, or answered here: then offers is set */
struct CpuiddHost {
        unsigned n_refs;
        char *name;
        Host *host;
        OfferCache *offers;
        Bus *bus;
        char **warnings; /* of its reading; NULL of a daemon */
};

struct CpuiddTrial {
        unsigned n_refs;
        char *outcome;
        char *guest; /* NULL: the host itself */
        char *host;
        char *fingerprint;
        char *verdict;
        char **capabilities;
        char **needs;
        uint32_t n_tables;
        GPtrArray *places;         /* CpuiddTrialPlace */
        GPtrArray *contradictions; /* CpuiddContradiction */
};

FormatOptions read_options_to_format(const CpuiddReadOptions *options);
/* Never NULL */
char **input_take_warnings(FormatInput *input);

/* What policy and formats refuse is an input that cannot be used; @name (or NULL) is put in
 * front. Takes @cause over; always false. */
bool set_error_input(GError **error, GError *cause, const char *name);

/* Takes @policy over. @name: what it is called if it has no name itself. */
CpuiddHost *host_wrap(Host *policy, const char *name);

/* What is known of the host: of a daemon, what it says now */
Host *host_get_policy(CpuiddHost *host, GError **error);

/* Each as cpuidd_guest_resolve() gives it: GPtrArray of CpuiddGuest */
GPtrArray *guests_resolve(CpuiddGuest *const *guests, size_t n_guests, CpuiddHost *host,
                          GError **error);

/* The CPUs of each of the host's kinds, and a line for each place in which they differ. Free with
 * g_strfreev(). */
char **kinds_list_cpus(const Host *host);
char **kinds_list_differences(const Host *host);
/* "CPUs 0-15: 1; CPUs 16-23: 0"; NULL where they answer alike */
char *kinds_describe_values(const Host *host, const Place *place);

/* Sets of names. NULL is the usual VMM's. */
bool capability_set_from_names(const char *const *names, CapabilitySet *ret, GError **error);
/* Copies, for g_strfreev() */
char **capability_set_to_names(CapabilitySet set);

/* Verdicts are filled by whoever asked */
CpuiddVerdict *verdict_new(const CpuiddHost *host, const CpuiddGuest *guest, const char *word,
                           const char *fingerprint);
/* All are taken over */
void verdict_take_needs(CpuiddVerdict *verdict, char **needs);
void verdict_take_unchecked(CpuiddVerdict *verdict, char **unchecked);
void verdict_take_finding(CpuiddVerdict *verdict, CpuiddFinding *finding);
CpuiddVerdict *verdict_new_from_policy(const CpuiddHost *host, const CpuiddGuest *guest,
                                       const Verdict *answer);

/* Empty; whoever asked fills it. @guest: NULL for a trial of the host itself. */
CpuiddTrial *trial_new(const CpuiddHost *host, const CpuiddGuest *guest);
/* The texts of @from are taken over. Of a trial of the host itself, the remedy is what was tried. */
void trial_take_place(CpuiddTrial *trial, CpuiddFinding *from);
void trial_take_contradiction(CpuiddTrial *trial, CpuiddFinding *from);

/* A member that is `const` to callers and ours to free */
#define free_const(p) g_free((void *) (p))
#define free_const_strv(p) g_strfreev((char **) (p))
