/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Places in CPUID: "0x7.0:ebx[6]", and in MSRs: "msr 0x10a[5]" */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/field.h"
#include "policy/leaf.h"

typedef struct Place {
        uint32_t leaf;
        uint32_t subleaf;
        Register reg;
        uint8_t low;
        uint8_t high;
        /* How much a parsed text named beyond a leaf */
        bool has_subleaf;
        bool has_register;
        bool has_bits;
        bool is_msr; /* the leaf is its index, bits are 0 to 63, and there is nothing between */
} Place;

/* Always in the one form of output: "0x7.0:ebx[6]", "0x80000008.0:eax[7:0]", "0xd.2:eax" (whole
 * register) */
char *place_format(uint32_t leaf, uint32_t subleaf, Register reg, unsigned high, unsigned low);

/* "msr 0x10a[5]", "msr 0x480[44:32]", "msr 0x10a" (all of it) */
char *place_format_msr(uint32_t index, unsigned high, unsigned low);

/* Reads all that people write: 7.0.ebx.6, CPUID.07H.0:EBX[6], CPUID.(EAX=07H,ECX=0):EBX[bit 6],
 * CPUID[EAX=7,ECX=0]:EBX[6], 0x7, 7:ebx ... A bare leaf number is hexadecimal, a sub-leaf
 * decimal. MSRs: msr 0x10a[5], MSR 10AH[bit 5]. false with POLICY_ERROR_PLACE, which says what
 * was expected. */
bool place_parse(const char *text, Place *ret, GError **error);
