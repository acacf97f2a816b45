/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names and sets of capabilities. Whether a host has one is host.c's business, what it changes
 * is offer.c's. */

#include "policy/capability.h"

#include <string.h>

#include "policy/error.h"

const Capability *capability_find(const char *name) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (strcmp(capability_table[i].name, name) == 0)
                        return &capability_table[i];

        return NULL;
}

size_t capability_index(const Capability *capability) {
        return capability - capability_table;
}

CapabilitySet capability_bit(const Capability *capability) {
        return UINT64_C(1) << capability_index(capability);
}

CapabilitySet capability_set_default(void) {
        CapabilitySet set = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (capability_table[i].is_default)
                        set |= UINT64_C(1) << i;

        return set;
}

CapabilitySet capability_set_close(CapabilitySet set) {
        CapabilitySet closed = set;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (set & (UINT64_C(1) << i))
                        closed |= capability_table[i].implies;

        return closed;
}

/* A name that has the text in it, or is the text's beginning cut at a '.' or '-': enough for
 * "mwait" and "disable-exits.nothing" */
static const char *near_name(const char *name) {
        size_t n = strcspn(name, ".-");

        for (size_t i = 0; i < N_CAPABILITIES && *name; i++)
                if (strstr(capability_table[i].name, name))
                        return capability_table[i].name;
        for (size_t i = 0; i < N_CAPABILITIES && n > 1; i++)
                if (strncmp(capability_table[i].name, name, n) == 0)
                        return capability_table[i].name;

        return NULL;
}

bool capability_set_add(CapabilitySet *set, const char *name, GError **error) {
        const Capability *capability = capability_find(name);

        if (!capability) {
                const char *near = near_name(name);

                g_set_error(error, POLICY_ERROR, POLICY_ERROR_CAPABILITY,
                            "there is no capability '%s'%s%s%s", name,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
                return false;
        }

        *set |= capability_bit(capability);
        return true;
}

const char **capability_set_names(CapabilitySet set) {
        const char **names = g_new0(const char *, N_CAPABILITIES + 1);
        size_t n = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (set & (UINT64_C(1) << i))
                        names[n++] = capability_table[i].name;

        return names;
}

const char *capability_operation_to_string(CapabilityOperationKind kind) {
        static const char *const names[N_CAPABILITY_OPERATIONS] = {
                [CAPABILITY_GRANT] = "grant",       [CAPABILITY_KEEP] = "keep",
                [CAPABILITY_REMOVE] = "remove",     [CAPABILITY_HARDWARE] = "hardware",
                [CAPABILITY_EMULATED] = "emulated", [CAPABILITY_HYPERV] = "hyperv",
                [CAPABILITY_VIEW] = "view",         [CAPABILITY_DYNAMIC] = "dynamic",
                [CAPABILITY_BELOW] = "below",
        };

        return names[kind];
}
