/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest's bits as far as they are known, for what is written for QEMU */

#include <stdint.h>

#include "client/formats/format.h"
#include "client/formats/names.h"
#include "policy/guest.h"

typedef struct QemuBits {
        uint32_t known;
        uint32_t value; /* within `known` */
} QemuBits;

typedef enum QemuBit {
        QEMU_BIT_OPEN, /* not known, not to be fixed, or of several bits that are not alike */
        QEMU_BIT_SET,
        QEMU_BIT_CLEAR,
} QemuBit;

QemuBits qemu_bits_of_register(const Guest *guest, uint32_t leaf, uint32_t subleaf, Register reg);
/* All bits that a name means in QEMU */
QemuBit qemu_bits_of_name(const Guest *guest, const FeatureName *name);

/* Writes a comment of each bit that QEMU has no name for, and adds sentences of what is lost */
void qemu_write_losses(FormatOutput *output);
