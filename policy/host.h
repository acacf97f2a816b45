/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Everything that was recorded of a host, and what it means. Filled once by whoever reads it
 * (the recording parser, the JSON reader), sealed, then never changed. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/correction.h"
#include "policy/forced.h"
#include "policy/kinds.h"
#include "policy/leaf.h"
#include "policy/place.h"
#include "policy/unknown.h"
#include "policy/words.h"

typedef enum HostTable {
        HOST_SUPPORTED, /* KVM_GET_SUPPORTED_CPUID, nothing enabled, no permission asked for */
        HOST_EMULATED,  /* KVM_GET_EMULATED_CPUID */
        HOST_HYPERV,    /* KVM_GET_SUPPORTED_HV_CPUID */
        HOST_HARDWARE,  /* the CPUID instruction */
        N_HOST_TABLES,
} HostTable;

/* What is known about something that may not have been recorded */
typedef enum Known {
        KNOWN_NOT,
        KNOWN_NO,
        KNOWN_YES,
} Known;

typedef struct HostInfo {
        char *name;   /* or NULL, like all texts here that were not recorded */
        char *kernel; /* release */
        char *vendor; /* "GenuineIntel"; from leaf 0 where it was not recorded */
        char *microcode;
        char *probed_at; /* RFC 3339, UTC */
        char **modules;
        uint32_t family;
        uint32_t model;
        uint32_t stepping;
        uint32_t cpus;    /* 0: not recorded */
        uint64_t tsc_khz; /* 0: not recorded */
} HostInfo;

typedef struct Host Host;

Host *host_new(void);
Host *host_ref(Host *host);
Host *host_unref(Host *host);

/* While it is filled. Tables and texts are taken over. */
HostInfo *host_info_mutable(Host *host);
void host_take_table(Host *host, HostTable which, LeafTable *table);
void host_take_view(Host *host, const char *capability, LeafTable *table);
void host_set_extension(Host *host, const char *name, int64_t value);
void host_set_extensions_recorded(Host *host); /* those not set are 0, not unknown */
void host_set_attribute(Host *host, const char *name, uint64_t value);
void host_set_attributes_recorded(Host *host);
void host_set_parameter(Host *host, const char *name, const char *value);
void host_set_msr(Host *host, uint32_t index, uint64_t value);
void host_set_msrs_recorded(Host *host);
/* Of KVM's answer and its views. NULL or an empty one: all of it is told */
void host_take_unknown(Host *host, Unknown *unknown);
void host_add_varying(Host *host, const Place *place);
Kinds *host_kinds_mutable(Host *host);
Forced *host_forced_mutable(Host *host);

/* Ends the filling: works out the vectors, corrects them where KVM is known to be wrong, finds
 * vendor and family where they were not recorded, and the fingerprint. A host without a
 * supported table is refused with POLICY_ERROR_TABLE. */
bool host_seal(Host *host, GError **error);

/* By what leaf 0 says; 0: none that we know */
uint8_t vendor_of_table(const LeafTable *table);

/* From here on for sealed hosts */
const HostInfo *host_info(const Host *host);
const char *host_fingerprint(const Host *host); /* "sha256:..." */
uint8_t host_vendor(const Host *host);          /* one of Vendor; 0: none that we know */

/* Tables are as they were recorded; words of KVM's answer and of views are corrected. */
const LeafTable *host_table(const Host *host, HostTable which); /* NULL: not recorded */
const Words *host_words(const Host *host, HostTable which);     /* NULL: not recorded */
const LeafTable *host_view(const Host *host, const char *capability);
const Words *host_view_words(const Host *host, const char *capability);

/* What a vCPU of it has, and has not, whatever table is set */
const Forced *host_forced(const Host *host);

/* The kinds of CPU; none where all are alike, or it was not recorded. The tables above are as they
 * were recorded of one CPU. The words of HOST_SUPPORTED and of the views, and the tables below, are
 * what all kinds have. */
const Kinds *host_kinds(const Host *host);
const LeafTable *host_common(const Host *host);
const LeafTable *host_common_view(const Host *host, const char *capability);

/* false: not recorded. An extension that was recorded as absent is 0. */
bool host_get_extension(const Host *host, const char *name, int64_t *ret);
bool host_get_attribute(const Host *host, const char *name, uint64_t *ret);
bool host_get_msr(const Host *host, uint32_t index, uint64_t *ret);
bool host_has_msrs(const Host *host); /* whether the feature MSRs were recorded at all */
const char *host_get_parameter(const Host *host, const char *name); /* NULL: not recorded */

/* The keys that were recorded, sorted; free the array (not the names) with g_free(). MSRs:
 * sorted GArray of uint32_t. */
const char **host_list_views(const Host *host);
const char **host_list_extensions(const Host *host);
const char **host_list_attributes(const Host *host);
const char **host_list_parameters(const Host *host);
GArray *host_list_msrs(const Host *host);

/* What is not told of KVM's answer; NULL: it is told whole */
const Unknown *host_unknown(const Host *host);

/* What was corrected in KVM's answer and in views */
const HostCorrection *host_corrections(const Host *host, size_t *ret_n);

const Place *host_varying(const Host *host, size_t *ret_n);
/* The bits of a word that depend on the CPU that is asked */
uint32_t host_varying_mask(const Host *host, size_t word);
/* Those of them of which the other CPUs' answers are not known */
uint32_t host_uncertain_mask(const Host *host, size_t word);

/* Whether this host has the capability */
Known host_has(const Host *host, const Capability *capability);
/* All that it is known to have; default ones that are not recorded count */
CapabilitySet host_capabilities(const Host *host);
/* What KVM answers for the capability's first condition (the value of the extension or
 * attribute), 0 if there is none */
uint64_t host_capability_value(const Host *host, const Capability *capability);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_unref)
