/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bits by their leaves and MSRs, as far as a <cpu> decides them */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "client/formats/template.h"
#include "policy/guest.h"

typedef struct LibvirtPlace {
        bool is_msr; /* then low and high half are in eax and edx */
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t known[N_REGISTERS];
        uint32_t values[N_REGISTERS]; /* within what is known */
} LibvirtPlace;

/* The one of @places (LibvirtPlace), which is made if there is none. Good until the next call. */
LibvirtPlace *libvirt_find_place(GArray *places, bool is_msr, uint32_t leaf, uint32_t subleaf);

Template *libvirt_make_template(const GArray *places);
/* Of at most LEAF_TABLE_MAX */
Guest *libvirt_make_guest(const GArray *places);
