/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which CPUs of a host say what at a place. It is told wherever they do not agree, since what they
 * have in common is nobody's own answer. */

#include "policy/kinds-text.h"

#include "policy/cause.h"
#include "policy/explain.h"

char *kinds_values_to_text(const Host *host, const Field *field, const Place *place) {
        const LeafTable *supported = host_table(host, HOST_SUPPORTED);
        const Kinds *kinds = host_kinds(host);
        GString *text;

        if (!kinds_differ_at(kinds, supported, place))
                return NULL;

        text = g_string_new(NULL);
        for (size_t i = 0; i < kinds_size(kinds); i++) {
                const Kind *kind = kinds_at(kinds, i);
                uint32_t value = kind_value(kind, supported, place);
                g_autofree char *shown =
                        field ? explain_value(field, value) : g_strdup_printf("0x%x", value);

                g_string_append_printf(text, "%sCPUs %s: %s", i > 0 ? "; " : "", kind->cpus, shown);
        }

        return g_string_free(text, FALSE);
}

char *kinds_that_would_do(const Host *host, const Finding *finding) {
        const LeafTable *supported = host_table(host, HOST_SUPPORTED);
        const Kinds *kinds = host_kinds(host);
        const Place place = { .leaf = finding->leaf,
                              .subleaf = finding->subleaf,
                              .reg = finding->reg,
                              .low = finding->low,
                              .high = finding->high };
        g_autoptr(GString) cpus = g_string_new(NULL);

        if (finding->reg >= N_REGISTERS || !kinds_differ_at(kinds, supported, &place))
                return NULL;

        for (size_t i = 0; i < kinds_size(kinds); i++)
                if (cause_would_do(finding, kind_value(kinds_at(kinds, i), supported, &place)))
                        g_string_append_printf(cpus, "%s%s", cpus->len > 0 ? "," : "",
                                               kinds_at(kinds, i)->cpus);

        return cpus->len > 0 ? g_strdup(cpus->str) : NULL;
}
