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

const Capability *capability_set_vm_type(CapabilitySet set) {
        const Capability *type = NULL;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if ((set & (UINT64_C(1) << i)) &&
                    capability_table[i].enabling.kind == ENABLING_VM_TYPE &&
                    (!type || (capability_table[i].implies & capability_bit(type))))
                        type = &capability_table[i];

        return type;
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

static char *enable_to_text(const CapabilityEnabling *enabling, const char *of) {
        if (enabling->value == 0)
                return g_strdup_printf("KVM_ENABLE_CAP(%s) on %s", enabling->extension, of);
        return g_strdup_printf("KVM_ENABLE_CAP(%s, 0x%" G_GINT64_MODIFIER "x) on %s",
                               enabling->extension, enabling->value, of);
}

char *capability_enabling_to_text(const Capability *capability) {
        const CapabilityEnabling *enabling = &capability->enabling;

        switch ((CapabilityEnablingKind) enabling->kind) {
        case ENABLING_VM:
                return enable_to_text(enabling, "the VM");
        case ENABLING_VCPU:
                return enable_to_text(enabling, "each vCPU");
        case ENABLING_VCPU_BUFFER:
                return g_strdup_printf("KVM_ENABLE_CAP(%s, address of 16 bits that KVM fills) "
                                       "on each vCPU",
                                       enabling->extension);
        case ENABLING_IRQCHIP:
                return g_strdup("KVM_CREATE_IRQCHIP or KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP) on "
                                "the VM");
        case ENABLING_PERMISSION:
                return g_strdup_printf("arch_prctl(ARCH_REQ_XCOMP_GUEST_PERM, %" G_GUINT64_FORMAT
                                       ") in the VMM, before its first vCPU",
                                       enabling->value);
        case ENABLING_VM_TYPE:
                return g_strdup_printf("KVM_CREATE_VM of type %" G_GUINT64_FORMAT, enabling->value);
        case ENABLING_DEVICE:
                return g_strdup_printf("KVM_ENABLE_CAP(%s, descriptor of %s) on the VM",
                                       enabling->extension, enabling->device);
        case ENABLING_NONE:
                break;
        }

        return g_strdup("nothing in KVM");
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
