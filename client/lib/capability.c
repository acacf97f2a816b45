/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capabilities: names and sets of them, whether a host has them, what they change */

#include "client/lib/capability.h"

#include "client/formats/json-text.h"
#include "client/lib/private.h"
#include "policy/delta.h"
#include "policy/place.h"

char **capability_set_to_names(CapabilitySet set) {
        g_autofree const char **names = capability_set_names(set);

        return g_strdupv((char **) names);
}

static bool add_names(CapabilitySet *set, const char *const *names, GError **error) {
        for (size_t i = 0; names && names[i]; i++) {
                GError *local_error = NULL;

                if (!capability_set_add(set, names[i], &local_error))
                        return set_error_input(error, local_error, NULL);
        }

        return true;
}

bool capability_set_from_names(const char *const *names, CapabilitySet *ret, GError **error) {
        CapabilitySet set = names ? 0 : capability_set_default();

        if (!add_names(&set, names, error))
                return false;

        *ret = set;
        return true;
}

char **cpuidd_list_capabilities(void) {
        return capability_set_to_names(~UINT64_C(0));
}

char **cpuidd_capabilities_change(const char *const *base, const char *const *enable,
                                  const char *const *disable, GError **error) {
        CapabilitySet set, removed = 0;

        if (!capability_set_from_names(base, &set, error) || !add_names(&set, enable, error) ||
            !add_names(&removed, disable, error))
                return NULL;

        /* What implies something that is taken away would bring it back. */
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (capability_table[i].implies & removed)
                        set &= ~(UINT64_C(1) << i);

        return capability_set_to_names(set & ~removed);
}

void operation_free(void *p) {
        CpuiddOperation *operation = p;

        free_const(operation->operation);
        free_const(operation->place);
        free_const(operation->field);
        g_free(operation);
}

/* The field that an operation is about. Whose leaf it is, only the capability's own row can
 * tell. */
static const Field *find_field(const char *name, const CpuiddOperation *numbers) {
        const Capability *capability = capability_find(name);

        for (size_t i = 0; capability && i < capability->n_operations; i++) {
                const CapabilityOperation *operation = &capability->operations[i];
                const FieldGroup *group;
                const Field *field;

                if (operation->kind == CAPABILITY_VIEW)
                        continue;
                group = &field_groups[operation->word / N_REGISTERS];
                if (group->leaf != numbers->leaf || group->subleaf != numbers->subleaf ||
                    operation->word % N_REGISTERS != numbers->reg)
                        continue;
                field = field_at(group->interface, group->leaf, group->subleaf, numbers->reg,
                                 numbers->low);
                if (field && field->low == numbers->low && field->high == numbers->high)
                        return field;
        }

        return NULL;
}

CpuiddOperation *operation_new(const char *capability, const char *name,
                               const CpuiddOperation *numbers) {
        CpuiddOperation *operation = g_memdup2(numbers, sizeof(*numbers));
        const Field *field = find_field(capability, numbers);

        operation->operation = g_strdup(name);
        operation->place = place_format(numbers->leaf, numbers->subleaf, numbers->reg,
                                        numbers->high, numbers->low);
        operation->field = g_strdup(field ? field->name : "");
        return operation;
}

void capability_public_free(void *p) {
        CpuiddCapability *capability = p;

        free_const(capability->name);
        free_const(capability->summary);
        free_const(capability->why);
        free_const(capability->source);
        free_const_strv(capability->implies);
        free_const_strv(capability->needs);
        g_ptr_array_unref(capability->operations);
        free_const(capability->enabling);
        g_free(capability);
}

CpuiddCapability *capability_public_new(const char *name, const char *summary, CpuiddKnown has,
                                        uint64_t value) {
        CpuiddCapability *capability = g_new0(CpuiddCapability, 1);
        const Capability *known = capability_find(name);

        capability->name = g_strdup(name);
        capability->summary = g_strdup(summary);
        capability->why = g_strdup(known ? known->why : NULL);
        capability->source = g_strdup(known ? known->source : NULL);
        capability->implies =
                (const char *const *) capability_set_to_names(known ? known->implies : 0);
        capability->needs =
                (const char *const *) capability_set_to_names(known ? known->requires : 0);
        capability->has = has;
        capability->is_default = known && known->is_default;
        capability->value = value;
        capability->operations = g_ptr_array_new_with_free_func(operation_free);
        capability->enabling = known ? capability_enabling_to_text(known) : NULL;
        return capability;
}

GPtrArray *capability_list(const Host *host) {
        static const CpuiddKnown known[] = {
                [KNOWN_NOT] = CPUIDD_KNOWN_NOT,
                [KNOWN_NO] = CPUIDD_KNOWN_NO,
                [KNOWN_YES] = CPUIDD_KNOWN_YES,
        };
        GPtrArray *list = g_ptr_array_new_with_free_func(capability_public_free);

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                g_ptr_array_add(list,
                                capability_public_new(capability->name, capability->summary,
                                                      known[host_has(host, capability)],
                                                      host_capability_value(host, capability)));
        }

        return list;
}

GPtrArray *capability_get_delta(Host *host, const Capability *capability) {
        GPtrArray *operations = g_ptr_array_new_with_free_func(operation_free);
        g_autoptr(GArray) delta = delta_new(host, capability);

        for (size_t i = 0; i < delta->len; i++) {
                const DeltaOperation *operation = &g_array_index(delta, DeltaOperation, i);
                CpuiddOperation numbers = {
                        .leaf = operation->leaf,
                        .subleaf = operation->subleaf,
                        .reg = operation->reg,
                        .low = operation->low,
                        .high = operation->high,
                        .value = operation->value,
                };

                g_ptr_array_add(operations,
                                operation_new(capability->name, operation->operation, &numbers));
        }

        return operations;
}

GPtrArray *cpuidd_host_get_delta(CpuiddHost *host, const char *name, GError **error) {
        GError *local_error = NULL;
        CapabilitySet set = 0;

        if (host->bus)
                return bus_get_delta(host->bus, name, error);

        if (!capability_set_add(&set, name, &local_error)) {
                set_error_input(error, local_error, NULL);
                return NULL;
        }

        return capability_get_delta(host->host, capability_find(name));
}

GPtrArray *cpuidd_host_list_capabilities(CpuiddHost *host, bool with_delta, GError **error) {
        g_autoptr(GPtrArray) list =
                host->bus ? bus_list_capabilities(host->bus, error) : capability_list(host->host);

        for (size_t i = 0; list && with_delta && i < list->len; i++) {
                CpuiddCapability *capability = list->pdata[i];
                GPtrArray *operations = cpuidd_host_get_delta(host, capability->name, error);

                if (!operations)
                        return NULL;
                g_ptr_array_unref(capability->operations);
                capability->operations = operations;
        }

        return g_steal_pointer(&list);
}

static void add_operation(JsonText *json, const void *element) {
        const CpuiddOperation *operation = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "operation", operation->operation);
        json_text_add_text(json, "where", operation->place);
        json_text_add_text(json, "field", operation->field);
        json_text_add_hex(json, "value", operation->value);
        json_text_close(json);
}

static void add_capability(JsonText *json, const void *element) {
        const CpuiddCapability *capability = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "name", capability->name);
        json_text_add_bool(json, "default", capability->is_default);
        if (capability->has == CPUIDD_KNOWN_NOT)
                json_text_add_null(json, "has");
        else
                json_text_add_bool(json, "has", capability->has == CPUIDD_KNOWN_YES);
        json_text_add_hex(json, "value", capability->value);
        json_text_add_text(json, "summary", capability->summary);
        json_text_add_texts(json, "implies", capability->implies);
        json_text_add_texts(json, "requires", capability->needs);
        if (capability->enabling)
                json_text_add_text(json, "enabling", capability->enabling);
        else
                json_text_add_null(json, "enabling");
        json_text_add_list(json, "delta", capability->operations, add_operation);
        json_text_close(json);
}

char *cpuidd_capabilities_to_json(GPtrArray *capabilities, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.capabilities/1");
        json_text_add_list(json, "capabilities", capabilities, add_capability);
        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
