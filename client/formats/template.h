/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest that is told as a change of what its host offers: Firecracker's custom CPU templates,
 * Cloud Hypervisor's CPU profiles, libvirt's host-passthrough. Bits that it does not decide are the
 * host's. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/capability.h"
#include "policy/guest.h"
#include "policy/leaf.h"

/* More than any program's are refused by those who read them */
#define TEMPLATE_ROWS_MAX 1024
#define TEMPLATE_MSRS_MAX 1024

typedef struct TemplateRow {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t subleaf_last;        /* of a run of them; less than `subleaf`: there is one */
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
        /* What no row is about becomes 0, not the host's. Rows that meet in a register are then
         * or-ed: one that has nothing to say of it decides all its bits to be 0. */
        bool others_are_zero;
        CapabilitySet capabilities;
        bool has_capabilities;
} Template;

Template *template_new(void);
Template *template_copy(const Template *template);
Template *template_free(Template *template);

/* The row for (leaf, sub-leaves), which is made if there is none and TEMPLATE_ROWS_MAX allows it:
 * else NULL. Good until the next call. */
TemplateRow *template_get_row(Template *template, uint32_t leaf, uint32_t subleaf,
                              uint32_t subleaf_last);
TemplateMsr *template_get_msr(Template *template, uint32_t index);

/* The guest that it makes of a host's offer. @msrs: the host's feature MSRs (index as pointer ->
 * uint64_t), or NULL. Of one that the host does not tell the bits that the template leaves to it
 * are unknown. */
Guest *template_apply(const Template *template, const LeafTable *offer, GHashTable *msrs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Template, template_free)
