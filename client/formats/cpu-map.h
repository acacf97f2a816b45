/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libvirt's map of CPUs: its models, and the names of features and vendors, as they are installed
 * with it */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

/* Where libvirt installs it */
#define CPU_MAP_DIRECTORY "/usr/share/libvirt/cpu_map"

/* Bits of one register, or of a half of a MSR: then in eax or edx of @row, with @is_msr */
typedef struct CpuMapBits {
        bool is_msr;
        Leaf row; /* a MSR's index is its leaf */
} CpuMapBits;

typedef struct CpuMapModel {
        char *name;
        char *ancestor;       /* the model that this one is derived from, or NULL */
        GPtrArray *features;  /* their names; without the ancestor's */
        GPtrArray *undecided; /* names of those that some versions of QEMU's model have */
} CpuMapModel;

typedef struct CpuMap CpuMap;

/* The x86 part of it; NULL with a sentence that names the file */
CpuMap *cpu_map_new(const char *directory, GError **error);
CpuMap *cpu_map_free(CpuMap *map);

/* NULL if there is no such model */
const CpuMapModel *cpu_map_find_model(const CpuMap *map, const char *name);
/* Those with a name that begins like this one, in order; free with g_free() */
char *cpu_map_list_like(const CpuMap *map, const char *name);
size_t cpu_map_n_models(const CpuMap *map);

/* CpuMapBits; NULL if there is no such feature */
const GArray *cpu_map_find_feature(const CpuMap *map, const char *name);
/* All of them: name -> GArray of CpuMapBits */
GHashTable *cpu_map_features(const CpuMap *map);

/* "GenuineIntel"; NULL if there is no such vendor */
const char *cpu_map_find_vendor(const CpuMap *map, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuMap, cpu_map_free)
