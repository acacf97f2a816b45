/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks at all that was recorded beside KVM's answer: the silicon, module parameters, the
 * vendor, what a vCPU really had. */

#include "policy/cause.h"

#include <string.h>

#include "policy/kinds-text.h"
#include "policy/msr.h"

static bool gives(const Capability *capability, const Field *field) {
        for (size_t i = 0; i < capability->n_operations; i++) {
                const CapabilityOperation *operation = &capability->operations[i];

                if (operation->kind != CAPABILITY_REMOVE && operation->kind != CAPABILITY_VIEW &&
                    operation->word == field->word && operation->low <= field->high &&
                    field->low <= operation->high)
                        return true;
        }

        return false;
}

const Capability *cause_unknown_capability(const Offer *offer, const Field *field) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (!(offer->effective & (UINT64_C(1) << i)) &&
                    gives(&capability_table[i], field) &&
                    host_has(offer->host, &capability_table[i]) == KNOWN_NOT)
                        return &capability_table[i];

        return NULL;
}

const Capability *cause_vain_capability(const Offer *offer, const Field *field) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if ((offer->capabilities & ~offer->effective & (UINT64_C(1) << i)) &&
                    gives(&capability_table[i], field) &&
                    host_has(offer->host, &capability_table[i]) == KNOWN_NO)
                        return &capability_table[i];

        return NULL;
}

/* "!kvm_intel.x" is a parameter that hides the field when it is on */
static bool hides(const char *parameter, const Host *host) {
        bool hides_when_on = parameter[0] == '!';
        const char *value = host_get_parameter(host, parameter + hides_when_on);
        bool is_off = value && (g_str_equal(value, "N") || g_str_equal(value, "0"));

        return value && is_off != hides_when_on;
}

const char *cause_parameter(const Host *host, const Field *field) {
        for (size_t i = 0; field->parameters && field->parameters[i]; i++)
                if (hides(field->parameters[i], host))
                        return field->parameters[i] + (field->parameters[i][0] == '!');

        return NULL;
}

bool cause_host_is_virtual(const Host *host) {
        const Words *hardware = host_words(host, HOST_HARDWARE);
        int field = field_telling[FIELD_TELLS_VIRTUAL];

        return hardware && field != FIELD_NONE && words_get(hardware, &field_table[field]) != 0;
}

static uint32_t finding_mask(const Finding *finding) {
        return (UINT32_MAX >> (31 - finding->high)) & (UINT32_MAX << finding->low);
}

/* The word of a finding; -1 where it has none */
static int finding_word(const Offer *offer, const Finding *finding) {
        FieldInterface interface;
        uint32_t leaf;
        int group;

        if (finding->reg >= N_REGISTERS)
                return -1;
        if (finding->row)
                return finding->row->word;
        if (!words_locate(offer->words, finding->leaf, &interface, &leaf))
                return -1;

        group = field_group_find(interface, leaf, finding->subleaf);
        return group < 0 ? -1 : group * N_REGISTERS + finding->reg;
}

const HostCorrection *cause_correction(const Offer *offer, const Finding *finding) {
        size_t n;
        int word;

        (void) host_corrections(offer->host, &n);
        word = n > 0 && finding->guest != finding->host ? finding_word(offer, finding) : -1;
        if (word < 0)
                return NULL;

        return correction_find(offer->host, offer_view(offer), word, finding_mask(finding));
}

/* What the CPUID instruction says at the finding's place */
static uint32_t hardware_value(const Host *host, const Finding *finding) {
        const Leaf *row =
                leaf_table_find(host_table(host, HOST_HARDWARE), finding->leaf, finding->subleaf);

        return row ? (row->registers[finding->reg] & finding_mask(finding)) >> finding->low : 0;
}

bool cause_would_do(const Finding *finding, uint32_t value) {
        switch (finding->rule) {
        case FIELD_RULE_AT_MOST:
                return finding->guest <= value;
        case FIELD_RULE_INVERTED:
                return (value & ~finding->guest) == 0;
        case FIELD_RULE_EQUAL:
        case FIELD_RULE_IDENTITY:
                return value == finding->guest;
        default:
                return (finding->guest & ~finding->host & ~value) == 0;
        }
}

bool cause_is_forced_off(const Offer *offer, const Finding *finding) {
        const Words *off = offer->forced[FORCED_OFF];
        int word = off ? finding_word(offer, finding) : -1;

        return word >= 0 && (off->word[word] & offer->listed[word] & finding_mask(finding));
}

static Cause cause_of_silicon(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        g_autofree char *cpus = kinds_that_would_do(offer->host, finding);
        uint8_t vendor = host_vendor(offer->host);

        if (cpus)
                return CAUSE_CPU;
        if (host_table(offer->host, HOST_HARDWARE) &&
            cause_would_do(finding, hardware_value(offer->host, finding)))
                return row && cause_parameter(offer->host, row) ? CAUSE_PARAMETER : CAUSE_KVM;
        if (row && row->vendors && vendor && !(row->vendors & vendor))
                return CAUSE_VENDOR;
        return host_table(offer->host, HOST_HARDWARE) ? CAUSE_CPU : CAUSE_UNKNOWN;
}

static Cause cause_of_capability(const Offer *offer, const Capability *capability) {
        if (host_has(offer->host, capability) == KNOWN_NO)
                return CAUSE_KVM;
        return offer_lacks_required(offer, capability) ? CAUSE_GUEST : CAUSE_UNKNOWN;
}

Cause cause_find(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;

        if (finding->cause != CAUSE_UNKNOWN)
                return finding->cause;
        if (finding->reg == FINDING_CAPABILITY)
                return cause_of_capability(offer, capability_find(finding->field));
        if (finding->enable || finding->disable)
                return CAUSE_CAPABILITY;
        if (finding->reg == FINDING_MSR)
                return msr_cause(offer, finding);
        if (finding->reg == FINDING_TSC)
                return CAUSE_UNKNOWN;
        if (cause_correction(offer, finding))
                return CAUSE_KVM;
        if (cause_is_forced_off(offer, finding))
                return CAUSE_KVM;
        if (finding->guest == finding->host)
                return CAUSE_KVM; /* what is served all the same was not KVM's to list */
        if (row && !field_has_value(row, finding->guest))
                return CAUSE_GUEST;
        if (row && row->rule != FIELD_RULE_INVERTED && row->rule < FIELD_RULE_AT_MOST &&
            !(finding->guest & ~finding->host))
                return CAUSE_KVM; /* a leak */
        if (row && row->rule == FIELD_RULE_IDENTITY && row->severity > SEVERITY_NOTE)
                return CAUSE_VENDOR;
        if (row && cause_unknown_capability(offer, row))
                return CAUSE_UNKNOWN;
        if (row && row->interface != FIELD_INTERFACE_CPU)
                return CAUSE_KVM;

        return cause_of_silicon(offer, finding);
}
