/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One way of saying things for each rule and cause. The names of things come from the tables. */

#include "policy/message.h"

#include <string.h>

#include "policy/cause.h"
#include "policy/explain.h"

static char *change_to_text(const Finding *finding) {
        g_auto(GStrv) names = capability_change_to_strv(finding->enable, 0);
        g_auto(GStrv) others = capability_change_to_strv(finding->disable, 0);
        g_autofree char *with = g_strjoinv(" and ", names), *without = g_strjoinv(" and ", others);

        if (names[0] && others[0])
                return g_strdup_printf("with %s and without %s", with, without);
        return names[0] ? g_strdup_printf("with %s", with) : g_strdup_printf("without %s", without);
}

/* Why the host has not got what the guest wants; "it" is what the sentence has just named */
static char *why_not_offered(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        const Capability *unknown = row ? cause_unknown_capability(offer, row) : NULL;
        const Capability *vain = row ? cause_vain_capability(offer, row) : NULL;
        const char *parameter = row ? cause_parameter(offer->host, row) : NULL;
        g_autofree char *change = NULL, *vendors = NULL;

        if (vain)
                return g_strdup_printf("this host offers it only with %s, which it does not have",
                                       vain->name);

        switch (finding->cause) {
        case CAUSE_CAPABILITY:
                change = change_to_text(finding);
                return g_strdup_printf("this host offers it only %s", change);
        case CAUSE_PARAMETER:
                return g_strdup_printf("the CPU has it, but the module parameter %s=%s hides it",
                                       parameter, host_get_parameter(offer->host, parameter));
        case CAUSE_CPU:
                return g_strdup("this CPU does not have it");
        case CAUSE_KVM:
                if (host_table(offer->host, HOST_FORCED_OFF) && row &&
                    (host_words(offer->host, HOST_FORCED_OFF)->word[row->word] & field_mask(row)))
                        return g_strdup("no vCPU of this host has it, whatever KVM lists");
                if (row && row->interface != FIELD_INTERFACE_CPU)
                        return g_strdup("this host's KVM does not offer it");
                return g_strdup("the CPU has it, but this host's KVM does not offer it");
        case CAUSE_VENDOR:
                vendors = vendors_to_string(row->vendors);
                return g_strdup_printf("only processors of %s have it", vendors);
        default:
                if (unknown)
                        return g_strdup_printf(
                                "a host can offer it only with %s, and the profile does not tell "
                                "whether this one has that",
                                unknown->name);
                return g_strdup("this host does not offer it, and the profile does not tell why");
        }
}

static char *say_missing(const Offer *offer, const Finding *finding) {
        g_autofree char *why = why_not_offered(offer, finding);

        if (finding->row->rule == FIELD_RULE_HINT)
                return g_strdup_printf(
                        "the guest has the hint %s; %s: nothing breaks, something may be slower",
                        finding->row->label, why);
        if (finding->row->rule == FIELD_RULE_GUARANTEE)
                return g_strdup_printf("the guest relies on the promise %s; %s",
                                       finding->row->label, why);
        return g_strdup_printf("the guest has %s; %s", finding->row->label, why);
}

static char *say_forced(const Finding *finding) {
        const char *what =
                finding->row ? finding->row->label : "a bit that this version does not know";

        if (finding->guest & ~finding->host ||
            (finding->guest && finding->severity == SEVERITY_NOTE))
                return g_strdup_printf("KVM does not list %s, but every vCPU of this host has it",
                                       what);
        return g_strdup_printf(
                "the guest does not have %s, but every vCPU of this host has it: the guest will "
                "see it",
                what);
}

static char *say_limit(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        g_autofree char *guest = explain_value(row, finding->guest),
                        *host = explain_value(row, finding->host), *why = NULL;

        if (!field_has_value(row, finding->guest))
                return g_strdup_printf("the guest's %s is %s, which KVM refuses%s%s", row->label,
                                       guest, row->breaks ? ": " : "",
                                       row->breaks ? row->breaks : "");
        if (finding->guest < finding->host)
                return g_strdup_printf("the guest's %s is %s, the host's %s%s%s", row->label, guest,
                                       host, row->breaks ? "; " : "",
                                       row->breaks ? row->breaks : "");
        if (row->flags & (FIELD_MAXIMUM_LEAF | FIELD_MAXIMUM_SUBLEAF))
                return g_strdup_printf(
                        "the guest's %s is 0x%x, the host's 0x%x, and what is beyond that is not "
                        "empty",
                        row->label, (uint32_t) finding->guest, (uint32_t) finding->host);

        why = finding->host == 0 && finding->cause != CAUSE_UNKNOWN ?
                why_not_offered(offer, finding) :
                NULL;
        return g_strdup_printf("the guest's %s is %s, the host has at most %s%s%s", row->label,
                               guest, host, why ? ": " : "", why ? why : "");
}

static char *say_inverted(const Finding *finding) {
        const Field *row = finding->row;

        return g_strdup_printf(
                "the host has %s, which says that something is missing, and the guest is not "
                "told%s%s",
                row->label, row->breaks ? ": " : "", row->breaks ? row->breaks : "");
}

/* The whole of a text of which the row is the first part */
static char *text_value(const Words *words, const Field *row) {
        char text[N_REGISTERS * 4 + 1] = {};

        for (size_t i = 0; i < row->n_text; i++)
                memcpy(text + i * 4, &words->word[row->word - row->reg + row->text[i]], 4);

        return g_strescape(text, NULL);
}

static char *say_different(const Offer *offer, const Guest *guest, const Finding *finding) {
        const Field *row = finding->row;
        g_autofree char *mine = NULL, *theirs = NULL;

        if (row->n_text) {
                mine = text_value(guest->words, row);
                theirs = text_value(offer->words, row);
                return g_strdup_printf(
                        "the guest's %s is '%s', the host's '%s'%s", row->label, mine, theirs,
                        finding->severity > SEVERITY_NOTE ?
                                ": KVM accepts it, but the host's own is the safe choice" :
                                "");
        }

        mine = explain_value(row, finding->guest);
        theirs = explain_value(row, finding->host);
        return g_strdup_printf("the guest's %s is %s, the host's %s%s%s", row->label, mine, theirs,
                               row->rule == FIELD_RULE_EQUAL && row->breaks ? ": " : "",
                               row->rule == FIELD_RULE_EQUAL && row->breaks ? row->breaks : "");
}

static char *say_unknown(const Finding *finding) {
        if (finding->cause == CAUSE_GUEST)
                return g_strdup_printf(
                        "the guest's table has leaf 0x%x sub-leaf %u more than once: the first "
                        "row counts",
                        finding->leaf, finding->subleaf);
        if (!(finding->guest & ~finding->host))
                return say_forced(finding);
        return g_strdup_printf(
                "the guest has %s that this version knows no meaning of, and the host has not "
                "the same: unknown",
                finding->low == finding->high ? "a bit" : "bits");
}

static char *say_capability(const Offer *offer, const Finding *finding) {
        if (host_has(offer->host, capability_find(finding->field)) == KNOWN_NO)
                return g_strdup_printf(
                        "%s is enabled, but this host does not have it: it changes nothing",
                        finding->field);
        if (host_has(offer->host, capability_find(finding->field)) == KNOWN_YES)
                return g_strdup_printf(
                        "%s is enabled, but what it requires is not: it changes nothing",
                        finding->field);
        return g_strdup_printf(
                "%s is enabled, but the profile does not tell whether this host has it: taken as "
                "if not",
                finding->field);
}

char *message_new(const Offer *offer, const Guest *guest, const Finding *finding) {
        if (finding->reg == FINDING_CAPABILITY)
                return say_capability(offer, finding);
        if (!finding->row)
                return say_unknown(finding);

        switch (finding->rule) {
        case FIELD_RULE_AT_MOST:
                return say_limit(offer, finding);
        case FIELD_RULE_INVERTED:
                return say_inverted(finding);
        case FIELD_RULE_EQUAL:
        case FIELD_RULE_IDENTITY:
                return say_different(offer, guest, finding);
        default:
                return finding->guest & ~finding->host ? say_missing(offer, finding) :
                                                         say_forced(finding);
        }
}
