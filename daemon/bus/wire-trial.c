/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a trial has shown, in the form that findings have */

#include "daemon/bus/wire.h"

#include "daemon/bus/bus-util.h"

/* Beyond the fields that places and contradictions share */
typedef struct Shown {
        uint32_t leaf, subleaf;
        uint8_t reg, low, high;
        const Field *row;
        const char *field;
        Severity severity;
        const char *cause;
        uint64_t set, back;
        const char *message;
        const char *subject; /* NULL: none */
} Shown;

static int append_shown(sd_bus_message *m, const Shown *shown) {
        const char *rule = shown->row ? field_rule_to_string(shown->row->rule) : "";

        return sd_bus_message_append(m, "(uuyyyssssttsas)", shown->leaf, shown->subleaf, shown->reg,
                                     shown->low, shown->high, shown->field, rule,
                                     severity_to_string(shown->severity), shown->cause, shown->set,
                                     shown->back, shown->message ?: "", shown->subject ? 1 : 0,
                                     shown->subject);
}

static Severity place_severity(const ReportPlace *place) {
        switch ((ReportOutcome) place->outcome) {
        case REPORT_REFUSED:
        case REPORT_UNBACKED: /* known: a capability that was not tried */
                return place->is_known ? SEVERITY_NOTE : SEVERITY_ERROR;
        case REPORT_CHANGED:
        case REPORT_DROPPED:
                return place->is_known ? SEVERITY_NOTE : SEVERITY_WARNING;
        default:
                return SEVERITY_NOTE;
        }
}

static int append_places(sd_bus_message *m, const GPtrArray *places) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(uuyyyssssttsas)");
        for (size_t i = 0; r >= 0 && places && i < places->len; i++) {
                const ReportPlace *place = places->pdata[i];
                const Shown shown = {
                        .leaf = place->leaf,
                        .subleaf = place->subleaf,
                        .reg = place->reg,
                        .low = place->low,
                        .high = place->high,
                        .row = place->row,
                        .field = place->field,
                        .severity = place_severity(place),
                        .cause = report_outcome_to_string(place->outcome),
                        .set = place->set,
                        .back = place->back,
                        .message = place->message,
                };

                r = append_shown(m, &shown);
        }

        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_contradictions(sd_bus_message *m, const GPtrArray *contradictions) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(uuyyyssssttsas)");
        for (size_t i = 0; r >= 0 && i < contradictions->len; i++) {
                const ReportContradiction *found = contradictions->pdata[i];
                const Shown shown = {
                        .leaf = found->leaf,
                        .subleaf = found->subleaf,
                        .reg = found->reg,
                        .low = found->low,
                        .high = found->high,
                        .row = found->row,
                        .field = found->field,
                        .severity = SEVERITY_ERROR,
                        .cause = contradiction_kind_to_string(found->kind),
                        .set = found->set,
                        .back = found->back,
                        .message = found->message,
                        .subject = found->subject,
                };

                r = append_shown(m, &shown);
        }

        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_strv(sd_bus_message *m, const char *key, char **texts) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(m, texts);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_verdict(sd_bus_message *m, const Verdict *verdict) {
        g_auto(GStrv) needs =
                capability_change_to_strv(verdict->needs_enabled, verdict->needs_disabled);
        int r;

        r = sd_bus_message_append(m, "{sv}", "verdict", "s", verdict_kind_to_string(verdict->kind));
        return r < 0 ? r : append_strv(m, "needs", needs);
}

static int append_details(sd_bus_message *m, const Report *report, const Verdict *verdict,
                          const Host *host) {
        g_autofree const char **enabled = capability_set_names(report->enabled);
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && verdict)
                r = append_verdict(m, verdict);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', "contradictions");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "a(uuyyyssssttsas)");
        if (r >= 0)
                r = append_contradictions(m, report->contradictions);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = append_strv(m, "capabilities", (char **) enabled);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}{sv}", "fingerprint", "s", host_fingerprint(host),
                                          "cases", "u", (uint32_t) report->n_cases);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int wire_reply_trial(sd_bus_message *call, const Report *report, const Verdict *verdict,
                     const Host *host) {
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 's',
                                                report_outcome_to_string(report->outcome));
        if (r >= 0)
                r = append_places(reply, report->places);
        if (r >= 0)
                r = append_details(reply, report, verdict, host);
        return r < 0 ? r : sd_bus_message_send(reply);
}
