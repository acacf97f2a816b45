/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers the question that a place in KVM_GET_SUPPORTED_CPUID leaves open: is this value a
 * maximum, may the bit be set, may it be cleared, what would change it. All that is special
 * about a field is in its row. */

#include "policy/explain.h"

#include <string.h>

#include "policy/error.h"
#include "policy/explain-host.h"
#include "policy/explain-msr.h"
#include "policy/forced-text.h"
#include "policy/kinds-text.h"
#include "policy/meaning.h"
#include "policy/offer.h"
#include "policy/place.h"
#include "policy/since.h"

Explanation *explanation_free(Explanation *explanation) {
        if (!explanation)
                return NULL;

        g_free(explanation->title);
        g_free(explanation->text);
        g_free(explanation);
        return NULL;
}

/* Takes the text over; an empty one is no paragraph */
static void add(GPtrArray *paragraphs, const char *title, char *text) {
        Explanation *explanation;

        if (!text || !*text) {
                g_free(text);
                return;
        }

        explanation = g_new(Explanation, 1);
        *explanation = (Explanation){ .title = g_strdup(title), .text = text };
        g_ptr_array_add(paragraphs, explanation);
}

const char *explain_rule(FieldRule rule) {
        static const char *const texts[N_FIELD_RULES] = {
                [FIELD_RULE_RESERVED] =
                        "no meaning that this version knows; a guest may have it only where the "
                        "host "
                        "has the same",
                [FIELD_RULE_FEATURE] =
                        "a guest that has it needs a host that offers it; a guest may always be "
                        "without it",
                [FIELD_RULE_HINT] =
                        "says only that something is fast; a guest that has it loses no "
                        "instruction "
                        "on a host without",
                [FIELD_RULE_GUARANTEE] =
                        "a promise; a guest that has it needs a host that keeps it, and clearing "
                        "it "
                        "only makes a guest more careful",
                [FIELD_RULE_INVERTED] =
                        "a 1 says that something is missing; a guest may always have it set, and "
                        "where the host has it set the guest should too",
                [FIELD_RULE_AT_MOST] =
                        "a limit, not the only value: a guest may have anything up to the host's "
                        "value",
                [FIELD_RULE_EQUAL] =
                        "has to be the same as the host's, where the guest uses what it belongs to",
                [FIELD_RULE_DYNAMIC] = "KVM rewrites it as the guest runs; never compared",
                [FIELD_RULE_IDENTITY] = "says who the processor is; a guest may be given anything",
                [FIELD_RULE_TOPOLOGY] =
                        "the VMM makes it up for each vCPU; the host's value means nothing to a "
                        "guest",
                [FIELD_RULE_INFORMATIONAL] =
                        "describes the physical CPU (caches, TLBs and the like); a guest may be "
                        "given anything",
                [FIELD_RULE_GRANTED] =
                        "KVM never reports it; a guest may have it when a capability grants it",
                [FIELD_RULE_AT_LEAST] =
                        "a least value: a guest may have anything from the host's value up",
                [FIELD_RULE_PROVIDED] =
                        "KVM leaves it out, but a VMM can give it to a guest on any host",
        };

        return texts[rule];
}

char *explain_value(const Field *field, uint32_t value) {
        uint64_t number = (uint64_t) value * field->scale + field->plus;
        char text[5] = {};

        switch (field->show) {
        case FIELD_SHOW_ASCII:
                memcpy(text, &value, 4);
                return *text ? g_strescape(text, NULL) : g_strdup("nothing");
        case FIELD_SHOW_HEX:
                return g_strdup_printf("0x%x", value);
        default:
                if (field->unit)
                        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", number, field->unit);
                return g_strdup_printf("%" G_GUINT64_FORMAT, number);
        }
}

static char *explain_limit(const Field *field) {
        if (field->flags & FIELD_MAXIMUM_LEAF)
                return g_strdup(
                        "a smaller maximum is always supported: leaves above it are not the "
                        "guest's to see. A larger one is harmless as long as the leaves "
                        "beyond the host's maximum are zero or missing, else: error.");
        if (field->flags & FIELD_MAXIMUM_SUBLEAF)
                return g_strdup(
                        "a smaller maximum is always supported. A larger one is harmless as "
                        "long as the sub-leaves beyond the host's maximum are zero or "
                        "missing, else: error.");

        return g_strdup_printf("any value up to the host's is supported%s; a larger one: %s.%s",
                               field->flags & FIELD_BELOW_NOTE ? " (a smaller one is a note)" : "",
                               severity_to_string(field->severity),
                               field->flags & FIELD_ZERO_UNKNOWN ?
                                       " A 0 on the host means that it was not told." :
                                       "");
}

/* What it means to set and to clear the bit for a guest: the mail's questions, by rule */
static char *explain_freedom(const Field *field) {
        const char *severity = severity_to_string(field->severity);

        switch (field->rule) {
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_GRANTED:
        case FIELD_RULE_HINT:
                return g_strdup_printf(
                        "setting it where the host does not offer it: %s. Clearing it "
                        "is always supported%s.",
                        severity,
                        field->rule == FIELD_RULE_HINT ?
                                "" :
                                ", though the hardware may execute the instructions "
                                "all the same");
        case FIELD_RULE_GUARANTEE:
                return g_strdup_printf(
                        "setting it where the host does not offer it: %s. Clearing it "
                        "is always supported; the guest then takes the precaution "
                        "that it could have saved.",
                        severity);
        case FIELD_RULE_INVERTED:
                return g_strdup_printf("setting it is always supported. Clearing it where the host "
                                       "has it set: %s.",
                                       severity);
        case FIELD_RULE_AT_MOST:
                return explain_limit(field);
        case FIELD_RULE_AT_LEAST:
                return g_strdup_printf("a smaller value than the host's: %s.", severity);
        case FIELD_RULE_EQUAL:
        case FIELD_RULE_IDENTITY:
                return g_strdup_printf("another value than the host's%s: %s.",
                                       field->flags & FIELD_ZERO_UNUSED ? ", if not 0" : "",
                                       severity);
        case FIELD_RULE_DYNAMIC:
        case FIELD_RULE_TOPOLOGY:
        case FIELD_RULE_INFORMATIONAL:
        case FIELD_RULE_PROVIDED:
                return g_strdup("any value is supported.");
        default:
                return NULL;
        }
}

/* What else a host may have for it */
static char *explain_implied(const Field *field) {
        const int16_t copied[] = { field->copy, FIELD_NONE };
        g_autofree char *names = NULL;

        if (field->copy == FIELD_NONE && !field->implied)
                return NULL;

        names = explain_field_names(field->copy != FIELD_NONE ? copied : field->implied);
        return g_strdup_printf("a host that has %s counts as having it", names);
}

static char *explain_condition(const Field *field) {
        const Field *when;

        if (field->interface == FIELD_INTERFACE_MSR)
                return explain_msr_condition(field);
        if (field->when == FIELD_NONE)
                return NULL;

        when = &field_table[field->when];
        if (field->when_above > 0)
                return g_strdup_printf("judged only where the guest's %s is above %u", when->name,
                                       field->when_above);
        return g_strdup_printf("judged only where the guest has %s", when->name);
}

static char *explain_needs(const Field *field) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; field->needs && field->needs[i] != FIELD_NONE; i++)
                g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ",
                                       field_table[field->needs[i]].name);

        return g_string_free(text, FALSE);
}

static char *field_place(const Field *field) {
        g_autofree char *place = field_where(field);

        if (field->subleaf_last == field->subleaf)
                return g_steal_pointer(&place);
        return g_strdup_printf("%s (and every sub-leaf behind)", place);
}

static bool operation_touches(const CapabilityOperation *operation, const Field *field) {
        return operation->kind != CAPABILITY_VIEW && operation->word == field->word &&
                operation->low <= field->high && field->low <= operation->high;
}

static const char *has_to_text(Known known) {
        return known == KNOWN_YES ? "has" :
                known == KNOWN_NO ? "does not have" :
                                    "may or may not have (the profile does not tell)";
}

static void add_capability(GPtrArray *paragraphs, const Capability *capability,
                           CapabilityOperationKind kind, Host *host) {
        static const char *const verbs[N_CAPABILITY_OPERATIONS] = {
                [CAPABILITY_GRANT] = "grants it",
                [CAPABILITY_KEEP] = "is what makes KVM's report of it count",
                [CAPABILITY_REMOVE] = "takes it away",
                [CAPABILITY_HARDWARE] = "lets the guest have the CPU's own value",
                [CAPABILITY_EMULATED] = "accepts that KVM emulates it, slowly",
                [CAPABILITY_HYPERV] = "brings it",
                [CAPABILITY_DYNAMIC] = "makes it dynamic: no longer compared",
                [CAPABILITY_BELOW] = "makes a smaller value accurate",
        };
        GString *text = g_string_new(capability->name);

        g_string_append_printf(text, " %s", verbs[kind]);
        if (host)
                g_string_append_printf(text, "; this host %s it",
                                       has_to_text(host_has(host, capability)));
        if (host && capability->is_default)
                g_string_append(text, ", and it is enabled unless a guest says otherwise");
        add(paragraphs, "capability", g_string_free(text, FALSE));
}

/* The capabilities that change it, and what the host says of them */
static void add_capabilities(GPtrArray *paragraphs, const Field *field, Host *host) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                for (size_t j = 0; j < capability->n_operations; j++) {
                        const CapabilityOperation *operation = &capability->operations[j];

                        if (!operation_touches(operation, field))
                                continue;
                        add_capability(paragraphs, capability, operation->kind, host);
                        break;
                }
        }
}

static void add_host(GPtrArray *paragraphs, const Field *field, Host *host) {
        g_autoptr(Offer) offer = NULL;
        g_autofree char *silicon = NULL, *kvm = NULL, *offered = NULL, *kinds = NULL,
                        *forced = NULL;
        const Place place = { field->leaf, field->subleaf, field->reg, field->low, field->high };
        GString *text;

        if (!host || field->word == FIELD_NONE)
                return;
        if (field->interface == FIELD_INTERFACE_MSR) {
                add(paragraphs, "this host", explain_msr_host(field, host));
                return;
        }

        offer = offer_new(host, capability_set_default());
        silicon = explain_words(field, host_words(host, HOST_HARDWARE));
        kvm = explain_reported(field, host);
        offered = explain_words(field, offer->words);
        text = g_string_new(NULL);
        if (field->interface == FIELD_INTERFACE_CPU)
                g_string_append_printf(text, "the CPU says %s, ", silicon);
        g_string_append_printf(text, "KVM reports %s, a guest of the usual VMM is offered %s", kvm,
                               offered);
        forced = forced_describe(field, host);
        if (*forced)
                g_string_append_printf(text, "; %s", forced);
        kinds = kinds_values_to_text(host, field, &place);
        if (kinds)
                g_string_append_printf(text, "; %s", kinds);
        else if (host_varying_mask(host, field->word) & field_mask(field))
                g_string_append(text, "; it depends on the CPU that is asked");
        for (size_t i = 0; field->parameters && field->parameters[i]; i++) {
                const char *name = field->parameters[i] + (field->parameters[i][0] == '!');

                if (host_get_parameter(host, name))
                        g_string_append_printf(text, "; %s=%s", name,
                                               host_get_parameter(host, name));
        }
        add(paragraphs, "this host", g_string_free(text, FALSE));
        add(paragraphs, "correction", explain_corrections(field, host));
}

static void add_meanings(GPtrArray *paragraphs, const Field *field, uint8_t vendor) {
        g_auto(GStrv) others = meaning_elsewhere(field, vendor);

        add(paragraphs, "meaning",
            g_strdup_printf("%s: %s", meaning_label(field, vendor),
                            meaning_summary(field, vendor)));
        for (size_t i = 0; others[i]; i++)
                add(paragraphs, "elsewhere", g_strdup(others[i]));
}

static void explain_field(GPtrArray *paragraphs, const Field *field, Host *host) {
        g_autofree char *place = field_place(field);

        add(paragraphs, "field", g_strdup_printf("%s %s", place, field->name));
        add_meanings(paragraphs, field, host ? host_vendor(host) : 0);
        add(paragraphs, "rule",
            g_strdup_printf("%s: %s", field_rule_to_string(field->rule),
                            explain_rule(field->rule)));
        add(paragraphs, "guest", explain_freedom(field));
        add(paragraphs, "why", g_strdup(field->breaks));
        add(paragraphs, "condition", explain_condition(field));
        if (field->interface != FIELD_INTERFACE_MSR)
                add(paragraphs, "condition", explain_implied(field));
        add(paragraphs, "needs", explain_needs(field));
        if (field->vendors)
                add(paragraphs, "vendors", vendors_to_string(field->vendors));
        add(paragraphs, "parameter", explain_parameters(field));
        add(paragraphs, "since", since_to_text(field, host));
        if (field->flags & FIELD_REWRITTEN)
                add(paragraphs, "read back",
                    g_strdup("older kernels change it in a vCPU's own table: KVM_GET_CPUID2 need "
                             "not give what KVM_SET_CPUID2 was given"));
        add_host(paragraphs, field, host);
        add_capabilities(paragraphs, field, host);
        add(paragraphs, "source", g_strdup(field->source));
}

static char *names_of(CapabilitySet set) {
        g_autofree const char **names = capability_set_names(set);

        return g_strjoinv(", ", (char **) names);
}

static char *explain_presence(const Capability *capability) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < capability->n_conditions; i++) {
                static const char *const kinds[] = {
                        [CONDITION_EXTENSION] = "KVM_CHECK_EXTENSION of ",
                        [CONDITION_ATTRIBUTE] = "device attribute ",
                        [CONDITION_VIEW] = "the recorded view ",
                        [CONDITION_FIELD] = "KVM's own report of ",
                        [CONDITION_TABLE] = "the table ",
                        [CONDITION_PARAMETER] = "module parameter ",
                };
                const CapabilityCondition *condition = &capability->conditions[i];

                g_string_append_printf(text, "%s%s%s",
                                       i == 0                         ? "" :
                                               condition->or_previous ? " or " :
                                                                        " and ",
                                       kinds[condition->kind], condition->name);
                if (condition->mask != UINT64_MAX)
                        g_string_append_printf(text, " & 0x%" G_GINT64_MODIFIER "x",
                                               condition->mask);
        }

        return g_string_free(text, FALSE);
}

static void explain_capability(GPtrArray *paragraphs, const Capability *capability, Host *host) {
        char *delta = explain_delta(capability, host);

        if (!*delta) {
                g_free(delta);
                delta = g_strdup("none: CPUID does not change");
        }

        add(paragraphs, "capability", g_strdup(capability->name));
        add(paragraphs, "meaning", g_strdup(capability->summary));
        add(paragraphs, "why", g_strdup(capability->why));
        add(paragraphs, "delta", delta);
        add(paragraphs, "implies", names_of(capability->implies & ~capability_bit(capability)));
        add(paragraphs, "requires", names_of(capability->requires & ~capability_bit(capability)));
        add(paragraphs, "presence", explain_presence(capability));
        add(paragraphs, "enabling", capability_enabling_to_text(capability));
        if (capability->is_default)
                add(paragraphs, "default",
                    g_strdup("enabled unless a guest says otherwise: the usual VMM does"));
        if (host)
                add(paragraphs, "this host",
                    g_strdup_printf("%s it (KVM's value is %" G_GUINT64_FORMAT ")",
                                    has_to_text(host_has(host, capability)),
                                    host_capability_value(host, capability)));
        add(paragraphs, "source", g_strdup(capability->source));
}

static bool place_covers(const Place *place, const Field *field) {
        unsigned offset = place->is_msr ? 32 * field->reg : 0;

        if (field->leaf != place->leaf ||
            place->is_msr != (field->interface == FIELD_INTERFACE_MSR))
                return false;
        if (place->has_subleaf &&
            (place->subleaf < field->subleaf || place->subleaf > field->subleaf_last))
                return false;
        if (place->has_register && place->reg != field->reg)
                return false;
        return !place->has_bits ||
                (field->low + offset <= place->high && place->low <= field->high + offset);
}

/* A place without a row: reserved, or nothing that is known of the leaf */
static void explain_reserved(GPtrArray *paragraphs, const Place *place) {
        add(paragraphs, "field",
            place->is_msr               ? place_format_msr(place->leaf, place->high, place->low) :
                    place->has_register ? place_format(place->leaf, place->subleaf, place->reg,
                                                       place->high, place->low) :
                                          g_strdup_printf("0x%x", place->leaf));
        add(paragraphs, "rule",
            g_strdup_printf("%s: %s", field_rule_to_string(FIELD_RULE_RESERVED),
                            explain_rule(FIELD_RULE_RESERVED)));
}

static void explain_place(GPtrArray *paragraphs, const Place *place, Host *host) {
        for (size_t i = 0; i < N_FIELDS; i++)
                if (place_covers(place, &field_table[i]))
                        explain_field(paragraphs, &field_table[i], host);

        if (paragraphs->len == 0)
                explain_reserved(paragraphs, place);
}

GPtrArray *explain(const char *what, Host *host, GError **error) {
        g_autoptr(GPtrArray) paragraphs =
                g_ptr_array_new_with_free_func((GDestroyNotify) explanation_free);
        const Capability *capability = capability_find(what);
        const Field *field = capability ? NULL : field_find(what);
        g_autofree char *near = NULL;
        Place place;

        if (capability)
                explain_capability(paragraphs, capability, host);
        else if (field)
                explain_field(paragraphs, field, host);
        else if (place_parse(what, &place, NULL))
                explain_place(paragraphs, &place, host);
        else {
                near = meaning_near(what);
                g_set_error(error, POLICY_ERROR, POLICY_ERROR_PLACE,
                            "'%s' is no place in CPUID (0x7.0:ebx[6]), no field and no capability"
                            "%s%s%s",
                            what, *near ? "; did you mean " : "", near, *near ? "?" : "");
                return NULL;
        }

        return g_steal_pointer(&paragraphs);
}
