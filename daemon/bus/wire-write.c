/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What clients are answered, but for the profile */

#include "daemon/bus/wire.h"

#include <string.h>

#include "policy/delta.h"

/* What a finding takes beside its message: numbers, four words, a name, lengths and padding */
#define FINDING_SIZE 160

int wire_append_table(sd_bus_message *m, const LeafTable *table) {
        return sd_bus_message_append_array(m, 'u', leaf_table_words(table),
                                           leaf_table_size(table) * sizeof(Leaf));
}

int wire_append_capabilities(sd_bus_message *m, const Host *host) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(sbts)");
        if (r < 0)
                return r;

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                r = sd_bus_message_append(
                        m, "(sbts)", capability->name, host_has(host, capability) == KNOWN_YES,
                        host_capability_value(host, capability), capability->summary);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

int wire_append_delta(sd_bus_message *m, Host *host, const Capability *capability) {
        g_autoptr(GArray) delta = delta_new(host, capability);
        int r;

        r = sd_bus_message_open_container(m, 'a', "(uuyyyst)");
        if (r < 0)
                return r;

        for (size_t i = 0; i < delta->len; i++) {
                const DeltaOperation *operation = &g_array_index(delta, DeltaOperation, i);

                r = sd_bus_message_append(m, "(uuyyyst)", operation->leaf, operation->subleaf,
                                          operation->reg, operation->low, operation->high,
                                          operation->operation, operation->value);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

static int append_change(sd_bus_message *m, CapabilitySet enable, CapabilitySet disable) {
        g_auto(GStrv) names = capability_change_to_strv(enable, disable);

        return sd_bus_message_append_strv(m, names);
}

static int append_finding(sd_bus_message *m, const Finding *finding) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "uuyyyssssttsas");
        if (r < 0)
                return r;
        r = sd_bus_message_append(
                m, "uuyyysssstts", finding->leaf, finding->subleaf, finding->reg, finding->low,
                finding->high, finding->field, field_rule_to_string(finding->rule),
                severity_to_string(finding->severity), cause_to_string(finding->cause),
                finding->guest, finding->host, finding->message);
        if (r < 0)
                return r;
        r = append_change(m, finding->enable, finding->disable);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

int wire_append_verdict(sd_bus_message *m, const Verdict *verdict) {
        int r;

        r = sd_bus_message_append_basic(m, 's', verdict_kind_to_string(verdict->kind));
        if (r < 0)
                return r;
        r = append_change(m, verdict->needs_enabled, verdict->needs_disabled);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(m, 'a', "(uuyyyssssttsas)");
        if (r < 0)
                return r;
        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                r = append_finding(m, verdict->findings->pdata[i]);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(m);
}

size_t wire_verdict_size(const Verdict *verdict) {
        size_t size = FINDING_SIZE;

        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = verdict->findings->pdata[i];

                size += FINDING_SIZE + strlen(finding->message);
        }

        return size;
}
