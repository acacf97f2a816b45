/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In what a host's kinds of CPU differ, as lines for people. What decides verdicts comes first:
 * caches and model numbers differ on every hybrid host. */

#include "client/lib/private.h"
#include "policy/kinds-text.h"

static const Field *field_of(const Host *host, const Place *place) {
        FieldInterface interface;
        uint32_t leaf;

        return words_locate(host_words(host, HOST_SUPPORTED), place->leaf, &interface, &leaf) ?
                field_at(interface, leaf, place->subleaf, place->reg, place->low) :
                NULL;
}

static bool is_about_ability(const Field *field) {
        return !field ||
                (field->rule != FIELD_RULE_IDENTITY && field->rule != FIELD_RULE_INFORMATIONAL &&
                 field->rule != FIELD_RULE_PROVIDED);
}

static char *describe(const Host *host, const Place *place, const Field *field) {
        g_autofree char *values = kinds_values_to_text(host, field, place),
                        *where = place_format(place->leaf, place->subleaf, place->reg, place->high,
                                              place->low);

        return g_strdup_printf("%s%s%s: %s", where, field ? " " : "", field ? field->name : "",
                               values);
}

char **kinds_list_cpus(const Host *host) {
        const Kinds *kinds = host_kinds(host);
        char **cpus = g_new0(char *, kinds_size(kinds) + 1);

        for (size_t i = 0; i < kinds_size(kinds); i++)
                cpus[i] = g_strdup(kinds_at(kinds, i)->cpus);

        return cpus;
}

char **kinds_list_differences(const Host *host) {
        g_autoptr(GArray) places = kinds_places(host_kinds(host), host_table(host, HOST_SUPPORTED));
        char **lines = g_new0(char *, places->len + 1);
        size_t n = 0;

        for (int pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < places->len; i++) {
                        const Place *place = &g_array_index(places, Place, i);
                        const Field *field = field_of(host, place);

                        if (is_about_ability(field) == (pass == 0))
                                lines[n++] = describe(host, place, field);
                }

        return lines;
}

char *kinds_describe_values(const Host *host, const Place *place) {
        return kinds_values_to_text(host, field_of(host, place), place);
}
