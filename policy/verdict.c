/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Words and places of verdicts; how one comes about is check.c's business. */

#include "policy/verdict.h"

#include "policy/place.h"

void verdict_done(Verdict *verdict) {
        g_clear_pointer(&verdict->findings, g_ptr_array_unref);
        g_clear_pointer(&verdict->unchecked, unknown_free);
}

size_t verdict_count(const Verdict *verdict, Severity severity) {
        size_t n = 0;

        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict->findings, i);

                if (finding->severity == severity)
                        n++;
        }

        return n;
}

const char *verdict_kind_to_string(VerdictKind kind) {
        static const char *const names[] = {
                [VERDICT_SUPPORTED] = "supported",
                [VERDICT_NEEDS_CAPABILITIES] = "needs-capabilities",
                [VERDICT_UNSUPPORTED] = "unsupported",
        };

        return names[kind];
}

const char *cause_to_string(Cause cause) {
        static const char *const names[] = {
                [CAUSE_UNKNOWN] = "unknown",
                [CAUSE_CPU] = "cpu",
                [CAUSE_KVM] = "kvm",
                [CAUSE_PARAMETER] = "parameter",
                [CAUSE_CAPABILITY] = "capability",
                [CAUSE_VENDOR] = "vendor",
                [CAUSE_GUEST] = "guest",
        };

        return names[cause];
}

int finding_place_compare(FindingPlace left, FindingPlace right) {
        unsigned left_kind = MAX(left.reg, N_REGISTERS - 1),
                 right_kind = MAX(right.reg, N_REGISTERS - 1);

        if (left_kind != right_kind)
                return left_kind < right_kind ? -1 : 1;
        if (left.leaf != right.leaf)
                return left.leaf < right.leaf ? -1 : 1;
        if (left.subleaf != right.subleaf)
                return left.subleaf < right.subleaf ? -1 : 1;
        if (left.reg != right.reg)
                return left.reg < right.reg ? -1 : 1;
        return (left.low > right.low) - (left.low < right.low);
}

char *finding_where(const Finding *finding) {
        switch (finding->reg) {
        case FINDING_MSR:
                return place_format_msr(finding->leaf, finding->high, finding->low);
        case FINDING_TSC:
                return g_strdup("tsc");
        case FINDING_CAPABILITY:
                return g_strdup(finding->field);
        default:
                return place_format(finding->leaf, finding->subleaf, finding->reg, finding->high,
                                    finding->low);
        }
}

char **capability_change_to_strv(CapabilitySet enable, CapabilitySet disable) {
        g_autofree const char **enabled = capability_set_names(enable);
        g_autofree const char **disabled = capability_set_names(disable);
        GPtrArray *names = g_ptr_array_new();

        for (size_t i = 0; enabled[i]; i++)
                g_ptr_array_add(names, g_strdup(enabled[i]));
        for (size_t i = 0; disabled[i]; i++)
                g_ptr_array_add(names, g_strconcat("!", disabled[i], NULL));

        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, FALSE);
}

Finding *finding_new(const Field *row, Severity severity) {
        Finding *finding = g_new0(Finding, 1);

        finding->row = row;
        finding->field = row ? row->name : "";
        finding->rule = row ? row->rule : FIELD_RULE_RESERVED;
        finding->severity = severity;
        return finding;
}

Finding *finding_free(Finding *finding) {
        if (!finding)
                return NULL;

        g_free(finding->message);
        g_free(finding);
        return NULL;
}
