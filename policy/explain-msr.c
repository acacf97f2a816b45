/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conditions of MSRs in words: they are a register's, a field's, and those of fields beside it. */

#include "policy/explain-msr.h"

#include "policy/explain.h"

char *explain_field_names(const int16_t *fields) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; fields[i] != FIELD_NONE; i++)
                g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ",
                                       field_table[fields[i]].name);

        return g_string_free(text, FALSE);
}

char *explain_msr_condition(const Field *field) {
        const FieldGroup *group = &field_groups[field->word / N_REGISTERS];
        GString *text = g_string_new("judged only where the guest gives the MSR");

        if (group->when != FIELD_NONE)
                g_string_append_printf(text, " and has %s", field_table[group->when].name);
        if (field->when != FIELD_NONE)
                g_string_append_printf(text, " and %s", field_table[field->when].name);
        if (field->exact != FIELD_NONE)
                g_string_append_printf(text, "; where it has %s, the bit has to be the host's",
                                       field_table[field->exact].name);
        if (field->same) {
                g_autofree char *names = explain_field_names(field->same);

                g_string_append_printf(text,
                                       "; where it is not 0, the guest's %s has to be the "
                                       "host's too",
                                       names);
        }
        if (field->implied) {
                g_autofree char *names = explain_field_names(field->implied);

                g_string_append_printf(text, "; a host that has %s counts as having it", names);
        }

        return g_string_free(text, FALSE);
}

char *explain_msr_host(const Field *field, const Host *host) {
        g_autofree char *value =
                explain_value(field, words_get(host_words(host, HOST_SUPPORTED), field));

        if (!host_has_msrs(host))
                return g_strdup("its feature MSRs were not recorded");
        if (!host_get_msr(host, field->leaf, &(uint64_t){ 0 }))
                return g_strdup("KVM does not list the MSR");
        return g_strdup_printf("KVM reports %s", value);
}
