/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest that is told as a change of what its host offers: Firecracker's custom CPU templates,
 * libvirt's host-passthrough. Bits that it does not decide are the host's. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/guest.h"
#include "policy/leaf.h"

typedef struct TemplateRow {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t flags;               /* LEAF_FLAG_INDEXED, for a row that the host does not have */
        uint32_t masks[N_REGISTERS];  /* 1: the template decides */
        uint32_t values[N_REGISTERS]; /* within the mask */
} TemplateRow;

typedef struct TemplateMsr {
        uint32_t index;
        uint64_t mask;
        uint64_t value;
} TemplateMsr;

typedef struct Template {
        char *name;   /* or NULL */
        GArray *rows; /* TemplateRow, in the order of the file; the last one counts */
        GArray *msrs; /* TemplateMsr */
        CapabilitySet capabilities;
        bool has_capabilities;
} Template;

Template *template_new(void);
Template *template_copy(const Template *template);
Template *template_free(Template *template);

/* The guest that it makes of a host's offer. @msrs: the host's feature MSRs (index as pointer ->
 * uint64_t), or NULL: then those of which the template does not decide all bits are left out. */
Guest *template_apply(const Template *template, const LeafTable *offer, GHashTable *msrs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Template, template_free)
