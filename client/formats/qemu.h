/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What QEMU says of a CPU over QMP, and the option that makes one */

#include <stdbool.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "client/formats/dump.h"
#include "client/formats/format.h"

/* Of one dump: words first, then properties, then the end. What was told first stays. */

/* Adds what each word of `feature-words` or `filtered-features` tells to the dump's CPU */
bool qemu_add_feature_words(Dump *dump, JsonArray *words, GError **error);
/* Properties of an expansion, or of a running CPU object: booleans are feature bits, and there are
 * family, model, stepping, vendor, level, xlevel, xlevel2, phys-bits, model-id, tsc-frequency and
 * some more. Names that are no feature of ours are listed in a warning. */
bool qemu_add_properties(Dump *dump, JsonObject *properties, GError **error);
/* Ends it: marks as unknown all that was not told */
void qemu_finish(Dump *dump);

/* Writes `-cpu MODEL,+name,...,-name,...`, with comments above it */
void qemu_write_line(FormatOutput *output);
