/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Look-ups in the compiled table of names: names by binary search, places likewise. It refuses
 * nothing: a name that it does not know is the caller's to tell of. */

#include "client/formats/names.h"

#include <glib.h>

static char canonical(char c) {
        return c == '_' || c == '.' ? '-' : c;
}

static int compare_names(const char *a, const char *b) {
        while (*a && canonical(*a) == canonical(*b)) {
                a++;
                b++;
        }

        return (unsigned char) canonical(*a) - (unsigned char) canonical(*b);
}

static const FeatureName *sorted_at(size_t i) {
        return &feature_name_table[feature_name_sorted[i]];
}

/* From the @i-th by name on, the first that is this name in this dialect */
static const FeatureName *find_from(size_t i, const char *name, NameDialect dialect) {
        for (; i < N_FEATURE_NAMES && compare_names(sorted_at(i)->name, name) == 0; i++)
                if (sorted_at(i)->dialects & dialect)
                        return sorted_at(i);

        return NULL;
}

static size_t first_of(const char *name) {
        size_t low = 0, high = N_FEATURE_NAMES;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (compare_names(sorted_at(middle)->name, name) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }

        return low;
}

const FeatureName *feature_name_find(const char *name, NameDialect dialect) {
        return find_from(first_of(name), name, dialect);
}

const FeatureName *feature_name_next(const FeatureName *name, NameDialect dialect) {
        size_t i = first_of(name->name);

        while (sorted_at(i) != name)
                i++;

        return find_from(i + 1, name->name, dialect);
}

/* <0, 0 or >0 as the name's place is before, at or behind the other */
static int compare_places(const FeatureName *name, const FeatureName *other) {
        if (name->is_msr != other->is_msr)
                return name->is_msr ? 1 : -1;
        if (name->index != other->index)
                return name->index < other->index ? -1 : 1;
        if (name->subleaf != other->subleaf)
                return name->subleaf < other->subleaf ? -1 : 1;
        if (name->reg != other->reg)
                return name->reg < other->reg ? -1 : 1;
        return (int) name->bit - other->bit;
}

static const FeatureName *find_preferred(const FeatureName *place, NameDialect dialect) {
        size_t low = 0, high = N_FEATURE_NAMES;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (compare_places(&feature_name_table[middle], place) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }

        for (; low < N_FEATURE_NAMES && compare_places(&feature_name_table[low], place) == 0; low++)
                if (feature_name_table[low].is_preferred &&
                    (feature_name_table[low].dialects & dialect))
                        return &feature_name_table[low];

        return NULL;
}

const FeatureName *feature_name_of(uint32_t leaf, uint32_t subleaf, Register reg, unsigned bit,
                                   NameDialect dialect) {
        const FeatureName place = { .index = leaf, .subleaf = subleaf, .reg = reg, .bit = bit };

        g_assert(bit < 32);
        return find_preferred(&place, dialect);
}

void feature_name_msr_bits(uint32_t index, unsigned bit, bool is_on, uint64_t *ret_mask,
                           uint64_t *ret_value) {
        /* Those with a name of the controls that are 1 by default: vmx-cr3-load-noexit,
         * vmx-cr3-store-noexit, vmx-exit-nosave-debugctl, vmx-entry-noload-debugctl */
        static const struct {
                uint32_t index;
                unsigned bit;
        } by_default[] = { { 0x48e, 47 }, { 0x48e, 48 }, { 0x48f, 34 }, { 0x490, 34 } };

        *ret_mask = UINT64_C(1) << bit;
        *ret_value = is_on ? *ret_mask : 0;
        for (size_t i = 0; i < G_N_ELEMENTS(by_default); i++)
                if (by_default[i].index == index && by_default[i].bit == bit) {
                        *ret_value = *ret_mask | (is_on ? 0 : *ret_mask >> 32);
                        *ret_mask |= *ret_mask >> 32;
                }
}

const FeatureName *feature_name_of_msr(uint32_t index, unsigned bit, NameDialect dialect) {
        const FeatureName place = { .index = index, .bit = bit, .is_msr = true };

        g_assert(bit < 64);
        return find_preferred(&place, dialect);
}

size_t feature_name_count(void) {
        return N_FEATURE_NAMES;
}

const FeatureName *feature_name_at(size_t i) {
        g_assert(i < N_FEATURE_NAMES);
        return &feature_name_table[i];
}

static bool matches(const char *pattern, const char *name) {
        while (*pattern && *pattern != '*' && *pattern == canonical(*name)) {
                pattern++;
                name++;
        }

        return *pattern == '*' || (!*pattern && !*name);
}

bool feature_name_is_other(const char *name) {
        for (size_t i = 0; feature_name_others[i]; i++)
                if (matches(feature_name_others[i], name))
                        return true;

        return false;
}
