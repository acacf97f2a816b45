/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One way of saying things for each rule and cause. The names of things come from the tables. */

#include "policy/message.h"

#include <string.h>

#include "policy/cause.h"
#include "policy/explain.h"
#include "policy/kinds-text.h"
#include "policy/msr.h"
#include "policy/since.h"
#include "policy/tsc.h"

static char *change_to_text(const Finding *finding) {
        g_auto(GStrv) names = capability_change_to_strv(finding->enable, 0);
        g_auto(GStrv) others = capability_change_to_strv(finding->disable, 0);
        g_autofree char *with = g_strjoinv(" and ", names), *without = g_strjoinv(" and ", others);

        if (names[0] && others[0])
                return g_strdup_printf("with %s and without %s", with, without);
        return names[0] ? g_strdup_printf("with %s", with) : g_strdup_printf("without %s", without);
}

static bool begins_with_name(const char *label) {
        /* Names that begin with a word like any other */
        static const char *const names[] = { "Key Locker", "Processor Trace", "Thermal Monitor",
                                             "Thread Director", "Turbo Boost" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_str_has_prefix(label, names[i]))
                        return true;

        return false;
}

/* In the middle of a sentence a label begins small, unless its first word is a name */
static char *label_of(const Field *row) {
        char *label = g_strdup(row->label);
        size_t n = 1;

        while (g_ascii_islower(label[n]) ||
               (n > 1 && label[n] == '-' && g_ascii_islower(label[n + 1])))
                n++;
        if (n > 1 && (label[n] == '\0' || label[n] == ' ' || label[n] == ',') &&
            !begins_with_name(label))
                label[0] = g_ascii_tolower(label[0]);

        return label;
}

/* For those that may be half a sentence themselves: 'LFENCE serializes', RDCL_NO */
static char *quoted_label_of(const Field *row) {
        g_autofree char *label = label_of(row);

        return strchr(label, ' ') ? g_strdup_printf("'%s'", label) : g_steal_pointer(&label);
}

char *message_label(const Field *row) {
        return label_of(row);
}

/* By the word that it is about: what stands before "of", "by", "with" or a bracket */
const char *message_verb(const Field *row) {
        static const char *const ends[] = { " (", " of ", " by ", " with " };
        size_t n = strlen(row->label);

        for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
                const char *end = strstr(row->label, ends[i]);

                if (end)
                        n = MIN(n, (size_t) (end - row->label));
        }

        return n > 2 && row->label[n - 1] == 's' && !strchr("sui", row->label[n - 2]) ? "are" :
                                                                                        "is";
}

/* With what that means in the guest behind it, in the row's own words. Takes the text over. */
static char *with_breaks(char *text, const Field *row) {
        g_autofree char *first = text;
        g_autofree char *breaks = g_strdup(row->breaks ?: "");
        size_t n = strlen(breaks);

        if (n > 0 && breaks[n - 1] == '.')
                breaks[n - 1] = '\0';

        return n > 0 ? g_strdup_printf("%s. %s", first, breaks) : g_steal_pointer(&first);
}

/* Why the CPU's own is not what KVM offers */
static char *why_not_kvm(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        const char *cpu = row && row->interface != FIELD_INTERFACE_CPU ? "" : "the CPU has it, ";
        g_autofree char *since = NULL;

        if (cause_is_forced_off(offer, finding))
                return g_strdup("no vCPU of this host has it, whatever KVM lists");

        since = row ? since_why_not(row, offer->host) : NULL;
        if (!since)
                return g_strdup_printf("%s%sthis host's KVM does not offer it", cpu,
                                       *cpu ? "but " : "");
        return g_strdup_printf("%s%s%s", cpu,
                               !*cpu                                   ? "" :
                                       g_str_has_prefix(since, "KVM ") ? "and " :
                                                                         "but ",
                               since);
}

/* Why the host has not got what the guest wants; "it" is what the sentence has just named */
static char *why_not_offered(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        const Capability *unknown = row ? cause_unknown_capability(offer, row) : NULL;
        const Capability *vain = row ? cause_vain_capability(offer, row) : NULL;
        const char *parameter = row ? cause_parameter(offer->host, row) : NULL;
        const HostCorrection *correction = cause_correction(offer, finding);
        g_autofree char *change = NULL, *vendors = NULL, *cpus = NULL;

        if (correction && finding->cause == CAUSE_KVM)
                return correction_to_text(correction, row);
        if (vain)
                return g_strdup_printf("this host offers it only with %s, which it does not have",
                                       vain->name);

        switch (finding->cause) {
        case CAUSE_CAPABILITY:
                change = change_to_text(finding);
                return g_strdup_printf("this host offers it only %s", change);
        case CAUSE_PARAMETER:
                return g_strdup_printf("%sthe module parameter %s=%s hides it",
                                       finding->reg == FINDING_MSR ? "" : "the CPU has it, but ",
                                       parameter, host_get_parameter(offer->host, parameter));
        case CAUSE_CPU:
                cpus = kinds_that_would_do(offer->host, finding);
                if (cpus)
                        return g_strdup_printf("of this host's CPUs only %s have it", cpus);
                return g_strdup(cause_host_is_virtual(offer->host) ?
                                        "the CPU that this host was given (it is a virtual machine "
                                        "itself) does not have it" :
                                        "this CPU does not have it");
        case CAUSE_KVM:
                return why_not_kvm(offer, finding);
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
        g_autofree char *why = why_not_offered(offer, finding), *label = label_of(finding->row),
                        *quoted = quoted_label_of(finding->row);

        if (finding->row->rule == FIELD_RULE_HINT)
                return g_strdup_printf("the guest has the hint %s; %s: nothing breaks, something "
                                       "may be slower",
                                       quoted, why);
        if (finding->row->rule == FIELD_RULE_GUARANTEE)
                return g_strdup_printf("the guest relies on the promise %s; %s", quoted, why);
        return g_strdup_printf("the guest has %s; %s", label, why);
}

static char *say_forced(const Finding *finding) {
        g_autofree char *label = finding->row ? label_of(finding->row) :
                                                g_strdup("a bit that this version does not know");

        if (finding->guest & ~finding->host ||
            (finding->guest && finding->severity == SEVERITY_NOTE))
                return g_strdup_printf("KVM does not list %s, but every vCPU of this host has it",
                                       label);
        return g_strdup_printf("the guest does not have %s, but every vCPU of this host has it: "
                               "the guest will see it",
                               label);
}

/* The capability with which a smaller value is accurate, or NULL */
static const Capability *capability_below(const Field *field) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < capability_table[i].n_operations; j++)
                        if (capability_table[i].operations[j].kind == CAPABILITY_BELOW &&
                            capability_table[i].operations[j].word == field->word)
                                return &capability_table[i];

        return NULL;
}

static char *say_below(const Field *row, const char *label, const char *guest, const char *host) {
        const Capability *capability = capability_below(row);

        return g_strdup_printf(
                "the guest's %s %s %s, the host's %s: KVM takes the smaller value%s%s", label,
                message_verb(row), guest, host,
                capability ? ", and keeps the guest to it only with " : "",
                capability ? capability->name : "");
}

static char *say_limit(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        g_autofree char *guest = explain_value(row, finding->guest),
                        *host = explain_value(row, finding->host), *label = label_of(row),
                        *why = NULL;

        if (!field_has_value(row, finding->guest))
                return with_breaks(g_strdup_printf("the guest's %s %s %s, which KVM refuses", label,
                                                   message_verb(row), guest),
                                   row);
        if (finding->guest < finding->host)
                return say_below(row, label, guest, host);
        if (row->flags & (FIELD_MAXIMUM_LEAF | FIELD_MAXIMUM_SUBLEAF))
                return g_strdup_printf(
                        "the guest's %s is 0x%x, the host's 0x%x, and what is beyond "
                        "that is not empty",
                        label, (uint32_t) finding->guest, (uint32_t) finding->host);

        why = finding->host == 0 && finding->cause != CAUSE_UNKNOWN ?
                why_not_offered(offer, finding) :
                NULL;
        return g_strdup_printf("the guest's %s %s %s, the host has at most %s%s%s", label,
                               message_verb(row), guest, host, why ? ": " : "", why ? why : "");
}

static char *say_inverted(const Finding *finding) {
        g_autofree char *label = quoted_label_of(finding->row);

        return with_breaks(g_strdup_printf("the host has %s set, which says that something is "
                                           "missing, and the guest is not told",
                                           label),
                           finding->row);
}

/* The whole of a text of which the row is the first part */
static char *text_value(const Words *words, const Field *row) {
        char text[N_REGISTERS * 4 + 1] = {};

        for (size_t i = 0; i < row->n_text; i++)
                memcpy(text + i * 4, &words->word[row->word - row->reg + row->text[i]], 4);

        return g_strescape(text, NULL);
}

/* "'GenuineIntel'"; what is empty is said to be */
static char *quote_text(const char *text) {
        return *text ? g_strdup_printf("'%s'", text) : g_strdup("empty");
}

static char *say_different_text(const Offer *offer, const Guest *guest, const Finding *finding) {
        g_autofree char *label = label_of(finding->row),
                        *mine = text_value(guest->words, finding->row),
                        *theirs = text_value(offer->words, finding->row),
                        *guests = quote_text(mine), *hosts = quote_text(theirs);

        return g_strdup_printf("the guest's %s is %s, the host's %s%s%s", label, guests,
                               *theirs ? "" : "is ", hosts,
                               finding->severity > SEVERITY_NOTE ?
                                       ": KVM accepts it, but the host's own is the safe choice" :
                                       "");
}

static char *say_different(const Offer *offer, const Guest *guest, const Finding *finding) {
        const Field *row = finding->row;
        g_autofree char *label = label_of(row), *mine = explain_value(row, finding->guest),
                        *theirs = explain_value(row, finding->host), *text = NULL;

        if (row->n_text)
                return say_different_text(offer, guest, finding);

        if (row->show == FIELD_SHOW_FLAG)
                text = g_strdup_printf("the guest has '%s' %s, the host has it %s", label,
                                       finding->guest ? "set" : "clear",
                                       finding->host ? "set" : "clear");
        else
                text = g_strdup_printf("the guest's %s %s %s, the host's %s", label,
                                       message_verb(row), mine, theirs);
        return row->rule != FIELD_RULE_IDENTITY ? with_breaks(g_steal_pointer(&text), row) :
                                                  g_steal_pointer(&text);
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
        const Capability *capability = capability_find(finding->field);
        CapabilitySet lacking = offer_lacks_required(offer, capability);
        g_auto(GStrv) names = capability_change_to_strv(lacking, 0);
        g_autofree char *required = g_strjoinv(" and ", names);

        if (host_has(offer->host, capability) == KNOWN_NO)
                return g_strdup_printf(
                        "%s is enabled, but this host does not have it: it changes nothing",
                        finding->field);
        if (lacking)
                return g_strdup_printf(
                        "%s is enabled, but what it requires is not (%s): it changes nothing",
                        finding->field, required);
        if (capability->notice && host_has(offer->host, capability) == KNOWN_YES)
                return g_strdup(capability->notice);
        return g_strdup_printf(
                "%s is enabled, but the profile does not tell whether this host has it: taken as "
                "if not",
                finding->field);
}

static char *say(const Offer *offer, const Guest *guest, const Finding *finding) {
        char *text;

        if (finding->reg == FINDING_CAPABILITY)
                return say_capability(offer, finding);
        if (finding->reg == FINDING_TSC)
                return tsc_message(offer, guest, finding);
        if (finding->reg == FINDING_MSR && (text = msr_message(offer, guest, finding)))
                return text;
        if (!finding->row)
                return say_unknown(finding);

        switch (finding->rule) {
        case FIELD_RULE_AT_MOST:
                return say_limit(offer, finding);
        case FIELD_RULE_INVERTED:
                return say_inverted(finding);
        case FIELD_RULE_AT_LEAST:
        case FIELD_RULE_EQUAL:
        case FIELD_RULE_IDENTITY:
                return say_different(offer, guest, finding);
        default:
                return finding->guest & ~finding->host ? say_missing(offer, finding) :
                                                         say_forced(finding);
        }
}

char *message_new(const Offer *offer, const Guest *guest, const Finding *finding) {
        g_autofree char *text = say(offer, guest, finding), *corrected = NULL;
        const HostCorrection *correction = cause_correction(offer, finding);

        if (!correction)
                return g_steal_pointer(&text);

        corrected = correction_to_text(correction, finding->row);
        return strstr(text, corrected) ? g_steal_pointer(&text) :
                                         g_strdup_printf("%s; %s", text, corrected);
}
