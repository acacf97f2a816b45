/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest of a running QEMU */

#include <stdbool.h>

#include <glib.h>

#include "client/formats/format.h"
#include "client/lib/qmp.h"

/* Sets @ret->guest and warnings. QMP_ERROR, without the path. */
bool guest_qmp_read(const char *path, unsigned timeout_msec, FormatInput *ret, GError **error);

/* One on its way */
typedef struct GuestQmp {
        Qmp *qmp;
        char *cpu;              /* the object */
        char *lapic;            /* the type of its local APIC; NULL: not told */
        JsonNode *words;        /* its feature words */
        JsonObject *properties; /* its own, those that are plain */
        Dump *dump;
        bool is_kvm;
} GuestQmp;

/* From all but the capabilities to these, in the dump; may ask more */
bool guest_qmp_conclude(GuestQmp *guest, GError **error);
/* The feature words as they are with these capabilities; what has to be told before them is told
 * to the dump */
JsonArray *guest_qmp_place_words(GuestQmp *guest, JsonArray *words);
