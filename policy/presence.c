/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The conditions of data/capabilities.table against a host. What was not recorded leaves the answer
 * open: it is never taken for absent. */

#include "policy/presence.h"

static Known known_from_bool(bool is_recorded, bool value) {
        return is_recorded ? (value ? KNOWN_YES : KNOWN_NO) : KNOWN_NOT;
}

static bool parameter_is_on(const char *value) {
        return value && !g_str_equal(value, "N") && !g_str_equal(value, "0");
}

static Known condition_known(const Host *host, const CapabilityCondition *condition) {
        const Field *field;
        HostTable table;
        int64_t extension;
        uint64_t attribute;
        bool is_recorded;

        switch (condition->kind) {
        case CONDITION_EXTENSION:
                is_recorded = host_get_extension(host, condition->name, &extension);
                return known_from_bool(is_recorded,
                                       extension > 0 && ((uint64_t) extension & condition->mask));
        case CONDITION_ATTRIBUTE:
                is_recorded = host_get_attribute(host, condition->name, &attribute);
                return known_from_bool(is_recorded, (attribute & condition->mask) != 0);
        case CONDITION_VIEW:
                /* Where extensions were recorded a prober was at work, and it records every view
                 * that there is. */
                is_recorded = host_get_extension(host, "", &extension);
                return known_from_bool(is_recorded || host_view(host, condition->name),
                                       host_view(host, condition->name) != NULL);
        case CONDITION_FIELD:
                field = field_find(condition->name);
                return known_from_bool(
                        !field || words_tell(host_words(host, HOST_SUPPORTED), field),
                        field && words_get(host_words(host, HOST_SUPPORTED), field) != 0);
        case CONDITION_TABLE:
                table = g_str_equal(condition->name, "hyperv") ? HOST_HYPERV : HOST_EMULATED;
                return known_from_bool(host_table(host, table),
                                       host_table(host, table) &&
                                               leaf_table_size(host_table(host, table)) > 0);
        case CONDITION_PARAMETER:
                return known_from_bool(host_get_parameter(host, condition->name),
                                       parameter_is_on(host_get_parameter(host, condition->name)));
        }

        g_assert_not_reached();
}

/* Alternatives: one that holds is enough, and one that is not known leaves the answer open. All
 * groups of alternatives have to hold. */
Known presence_of(const Host *host, const Capability *capability) {
        Known all = KNOWN_YES, any = KNOWN_YES;

        for (size_t i = 0; i < capability->n_conditions; i++) {
                const CapabilityCondition *condition = &capability->conditions[i];
                Known known = condition_known(host, condition);

                if (condition->or_previous)
                        any = any == KNOWN_YES || known == KNOWN_YES ? KNOWN_YES : MIN(any, known);
                else
                        any = known;

                if (i + 1 < capability->n_conditions && capability->conditions[i + 1].or_previous)
                        continue;
                if (any == KNOWN_NO)
                        return KNOWN_NO;
                if (any == KNOWN_NOT)
                        all = KNOWN_NOT;
        }

        return all;
}
