/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A capability's operations as lines for people; a leaf that is taken whole is one line. */

#include "policy/explain.h"

#include "policy/place.h"

static char *operation_place(const CapabilityOperation *operation) {
        const FieldGroup *group = &field_groups[operation->word / N_REGISTERS];

        return place_format(group->leaf, group->subleaf, operation->word % N_REGISTERS,
                            operation->high, operation->low);
}

static const Field *operation_field(const CapabilityOperation *operation) {
        const FieldWord *rows = &field_words[operation->word];

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++)
                if (field_table[i].low == operation->low && field_table[i].high == operation->high)
                        return &field_table[i];

        return NULL;
}

/* Registers of a leaf that is taken whole come one after another: told as one */
static bool is_whole_group(const Capability *capability, size_t i) {
        const CapabilityOperation *first = &capability->operations[i];

        if (first->word % N_REGISTERS != 0 || i + N_REGISTERS > capability->n_operations)
                return false;

        for (size_t j = 0; j < N_REGISTERS; j++) {
                const CapabilityOperation *operation = &capability->operations[i + j];

                if (operation->kind != first->kind || operation->word != first->word + j ||
                    operation->low != 0 || operation->high != 31)
                        return false;
        }

        return true;
}

static void append_operation(GString *text, const Capability *capability, size_t i) {
        const CapabilityOperation *operation = &capability->operations[i];
        const FieldGroup *group = &field_groups[operation->word / N_REGISTERS];
        const char *verb = capability_operation_to_string(operation->kind);
        const Field *field = operation_field(operation);
        g_autofree char *place = NULL;

        if (is_whole_group(capability, i)) {
                g_string_append_printf(text, "%s 0x%x.%u", verb, group->leaf, group->subleaf);
                return;
        }

        place = operation_place(operation);
        g_string_append_printf(text, "%s %s%s%s", verb, place, field ? " " : "",
                               field ? field->name : "");
}

char *explain_delta(const Capability *capability, const Host *host) {
        GString *text = g_string_new(NULL);
        size_t n = 1;

        for (size_t i = 0; i < capability->n_operations; i += n) {
                bool is_view = capability->operations[i].kind == CAPABILITY_VIEW;

                n = !is_view && is_whole_group(capability, i) ? N_REGISTERS : 1;
                if (text->len > 0)
                        g_string_append_c(text, '\n');
                if (!is_view)
                        append_operation(text, capability, i);
                else if (host && !host_view(host, capability->name))
                        g_string_append(
                                text, "view: KVM's own answer changes (not recorded of this host)");
                else
                        g_string_append(text, "view: KVM's own answer changes");
        }

        return g_string_free(text, FALSE);
}
