/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What libvirt's <cpu> says, and the guest that it makes */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "client/formats/format.h"

typedef enum LibvirtMode {
        LIBVIRT_MODE_CUSTOM,      /* a model and features */
        LIBVIRT_MODE_HOST_MODEL,  /* what is nearest to the host, and may move to others */
        LIBVIRT_MODE_PASSTHROUGH, /* what the host has; "maximum", too */
} LibvirtMode;

typedef enum LibvirtPolicy {
        LIBVIRT_POLICY_ON,
        LIBVIRT_POLICY_OFF,
        LIBVIRT_POLICY_OPTIONAL, /* as the host has it */
} LibvirtPolicy;

typedef struct LibvirtFeature {
        char *name;
        LibvirtPolicy policy;
        unsigned line;
} LibvirtFeature;

typedef struct LibvirtCpu {
        LibvirtMode mode;
        bool is_minimum;      /* and whatever else the host has */
        bool is_whole;        /* what is not listed is as in the model: libvirt has looked */
        bool is_unmigratable; /* passthrough of what cannot move, too */
        char *model;          /* or NULL */
        unsigned line;        /* of the model, or of the <cpu> */
        char *vendor;         /* libvirt's name of it, or NULL */
        char *vendor_id;      /* the 12 characters themselves, or NULL */
        GPtrArray *features;  /* LibvirtFeature, in order */
        bool has_signature;
        bool has_stepping;
        uint32_t family;
        uint32_t model_number;
        uint32_t stepping;
        uint32_t address_bits; /* 0: not told */
} LibvirtCpu;

/* Sets @ret->guest or @ret->template, and warns of what is not known of it */
bool libvirt_cpu_make(const LibvirtCpu *cpu, const char *cpu_map, FormatInput *ret, GError **error);
