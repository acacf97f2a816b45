/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A table beside what KVM gave back for it, place by place */

#include <stdbool.h>
#include <stdint.h>

#include "policy/field.h"
#include "policy/leaf.h"
#include "policy/trial.h"
#include "policy/words.h"

/* A whole field, or a run of bits without a row */
typedef struct ReadbackPlace {
        uint32_t leaf; /* as the table has it */
        uint32_t subleaf;
        uint8_t reg; /* Register */
        uint8_t low;
        uint8_t high;
        bool is_dropped;  /* its row is not there any more */
        int16_t word;     /* in a Words; FIELD_NONE where the leaf or sub-leaf has none */
        const Field *row; /* NULL where there is none */
        uint32_t set;     /* shifted down to bit 0 */
        uint32_t back;
        const LeafTable *table; /* all that was set; NULL where it is not known */
} ReadbackPlace;

typedef void (*ReadbackFunc)(const ReadbackPlace *place, void *userdata);

/* Calls @func for each place that is not 0 in both, or with @changes for each that is not the same
 * in both: those of a row in the order of bits, rows in no order. Rows are matched as KVM looks
 * them up: the first of duplicates counts, and one without the index flag answers for every
 * sub-leaf. @located: where the interfaces of hypervisors are. */
void readback_walk(const LeafTable *set, const LeafTable *back, const Words *located, bool changes,
                   ReadbackFunc func, void *userdata);

/* The places of one register, of which only the bits in @mask count: their fields, and runs of
 * those without a row. The leaf is as the table has it. */
void readback_walk_register(const Words *located, const ReadbackPlace *at, uint32_t mask,
                            uint32_t set, uint32_t back, ReadbackFunc func, void *userdata);

/* The places of what KVM_SET_CPUID2 would not have, where they are not 0 in @asked. @back: NULL
 * where nothing was set */
void readback_walk_culprit(const LeafTable *asked, const LeafTable *back, const Words *located,
                           const TrialCulprit *culprit, ReadbackFunc func, void *userdata);
