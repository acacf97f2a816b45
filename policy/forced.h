/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What KVM makes of every table that a vCPU is given: bits that are there, and bits and rows that
 * are gone, whatever was set. Measured with nothing enabled, and once more for each view of the
 * host; a view has only what is not the same. */

#include <stdbool.h>

#include <glib.h>

#include "policy/leaf.h"
#include "policy/words.h"

typedef enum ForcedKind {
        FORCED_ON,      /* bits that a vCPU has whatever its table says */
        FORCED_OFF,     /* bits that it never has */
        FORCED_DROPPED, /* rows of KVM's answer that it does not keep; their registers are 0 */
        N_FORCED_KINDS,
} ForcedKind;

typedef struct Forced Forced;

Forced *forced_new(void);
Forced *forced_free(Forced *forced);

/* While it is filled. @view: the capability's name; NULL: with nothing enabled. A table is taken
 * over. */
void forced_take_table(Forced *forced, const char *view, ForcedKind kind, LeafTable *table);
/* For those that come one by one: the table is there afterwards, if without a row */
LeafTable *forced_table_mutable(Forced *forced, const char *view, ForcedKind kind);
/* A dropped row by its place, "0x1d.0"; false where it is none, or where there are too many */
bool forced_add_dropped(Forced *forced, const char *view, const char *place);
/* What @from has with nothing enabled, as that of the view: only where it is not as in @forced */
void forced_copy(Forced *forced, const char *view, const Forced *from);
void forced_seal(Forced *forced);

/* As it was recorded; NULL: it was not */
const LeafTable *forced_table(const Forced *forced, const char *view, ForcedKind kind);
/* The places of dropped rows as texts, to be freed with g_strfreev(); NULL: not recorded */
char **forced_dropped(const Forced *forced, const char *view);
/* The views that have something of their own, sorted; free the array, not the names */
const char **forced_list_views(const Forced *forced);

/* What counts where an offer starts from the view: its own, or what was measured with nothing
 * enabled. NULL: it is not known. */
const LeafTable *forced_in(const Forced *forced, const char *view, ForcedKind kind);
const Words *forced_words(const Forced *forced, const char *view, ForcedKind kind);

/* "on", "off", "dropped" */
const char *forced_kind_to_string(ForcedKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Forced, forced_free)
