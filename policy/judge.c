/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks the field rows of every word in which the guest is not what the offer wants, and applies
 * each row's rule. No leaf and no feature is known here by name. */

#include "policy/judge.h"

#include <string.h>

#include "policy/dependency.h"
#include "policy/msr.h"
#include "policy/tsc.h"

/* What a rule found wrong in a field: which bits, and how bad it is */
typedef struct Judgement {
        Severity severity;
        uint32_t mask; /* of the word */
} Judgement;

static bool words_differ(const Offer *offer, const Guest *guest, size_t word) {
        return ((guest->words->word[word] ^ offer->want[word]) & offer->care[word] &
                ~words_untold(guest->words, word)) != 0;
}

static bool is_beyond(const Field *maximum, const FieldGroup *group, uint32_t host,
                      uint32_t guest) {
        if (group->interface != maximum->interface)
                return false;
        if (maximum->flags & FIELD_MAXIMUM_SUBLEAF)
                return group->leaf == maximum->leaf && group->subleaf > host &&
                        group->subleaf <= guest;
        return group->leaf > host && group->leaf <= guest && group->leaf > maximum->leaf;
}

uint32_t judge_extra_bits(const Offer *offer, const Guest *guest, const ExtraWord *extra) {
        const Unknown *unknown = host_unknown(offer->host);
        uint32_t broken =
                extra->value & ~words_extra(offer->words, extra->leaf, extra->subleaf, extra->reg);

        if (broken && (guest->unknown || unknown))
                broken &= ~(unknown_mask(guest->unknown, extra->leaf, extra->subleaf, extra->reg) |
                            unknown_mask(unknown, extra->leaf, extra->subleaf, extra->reg));
        return broken;
}

/* A maximum above the host's is nothing as long as what lies beyond is nothing (facts 1.7). */
static bool has_content_beyond(const Offer *offer, const Guest *guest, const Field *maximum,
                               uint32_t host, uint32_t value) {
        for (size_t i = 0; i < N_FIELD_GROUPS; i++) {
                if (!is_beyond(maximum, &field_groups[i], host, value))
                        continue;
                for (size_t reg = 0; reg < N_REGISTERS; reg++)
                        if (words_differ(offer, guest, i * N_REGISTERS + reg))
                                return true;
        }

        if (maximum->flags & FIELD_MAXIMUM_SUBLEAF)
                return false;

        for (size_t i = 0; i < guest->words->n_extra; i++) {
                const ExtraWord *extra = &guest->words->extra[i];

                if (extra->leaf > host && extra->leaf <= value && extra->leaf > maximum->leaf &&
                    judge_extra_bits(offer, guest, extra))
                        return true;
        }

        return false;
}

static Severity judge_at_most(const Offer *offer, const Guest *guest, const Field *field,
                              uint32_t value, uint32_t host) {
        if (!field_has_value(field, value))
                return field->severity;
        if ((field->flags & FIELD_ZERO_UNKNOWN) && host == 0)
                return SEVERITY_NONE;
        if (value > host) {
                if ((field->flags & (FIELD_MAXIMUM_LEAF | FIELD_MAXIMUM_SUBLEAF)) &&
                    !has_content_beyond(offer, guest, field, host, value))
                        return SEVERITY_NONE;
                return field->severity;
        }
        if (value < host && value > 0 && (field->flags & FIELD_BELOW_NOTE) &&
            !(offer->below[field->word] & field_mask(field)))
                return SEVERITY_NOTE;
        return SEVERITY_NONE;
}

/* What a vCPU has whatever its table says: a leak where the guest has not got it, a note where
 * KVM does not list it */
static Judgement judge_forced(uint32_t value, uint32_t forced, uint32_t listed) {
        if (forced & ~value)
                return (Judgement){ SEVERITY_WARNING, forced & ~value };
        if (forced & value & ~listed)
                return (Judgement){ SEVERITY_NOTE, forced & value & ~listed };
        return (Judgement){ SEVERITY_NONE, 0 };
}

static uint32_t forced_bits(const Offer *offer, size_t word) {
        const Words *forced = offer->forced[FORCED_ON];

        return forced ? forced->word[word] & offer->words->word[word] & ~offer->dynamic[word] : 0;
}

static bool is_judged(const Offer *offer, const Guest *guest, const Field *field) {
        if (field->word == FIELD_NONE || field->rule == FIELD_RULE_DYNAMIC ||
            !words_tell(guest->words, field) || !words_tell(offer->words, field) ||
            (offer->dynamic[field->word] & field_mask(field)) ||
            (field->interface == FIELD_INTERFACE_MSR &&
             !msr_is_judged(offer, guest, &field_groups[field->word / N_REGISTERS])))
                return false;
        return field->when == FIELD_NONE ||
                words_get(guest->words, &field_table[field->when]) > field->when_above;
}

/* What has to be the host's as long as the guest uses the field: others, or each of its own bits */
static bool has_strange_company(const Offer *offer, const Guest *guest, const Field *field,
                                uint32_t value, uint32_t host) {
        if (field->exact != FIELD_NONE && value != host &&
            words_get(guest->words, &field_table[field->exact]) != 0)
                return true;

        for (size_t i = 0; value && field->same && field->same[i] != FIELD_NONE; i++) {
                const Field *same = &field_table[field->same[i]];

                if (words_tell(guest->words, same) && words_tell(offer->words, same) &&
                    words_get(guest->words, same) != words_get(offer->words, same))
                        return true;
        }

        return false;
}

static Judgement judge_row(const Offer *offer, const Guest *guest, const Field *field) {
        uint32_t mask = field_mask(field);
        uint32_t value, host;

        if (!is_judged(offer, guest, field))
                return (Judgement){ SEVERITY_NONE, 0 };

        value = guest->words->word[field->word] & mask;
        host = offer->words->word[field->word] & mask;
        if (has_strange_company(offer, guest, field, value, host))
                return (Judgement){ field->severity, mask };

        switch (field->rule) {
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_HINT:
        case FIELD_RULE_GUARANTEE:
        case FIELD_RULE_GRANTED:
                if ((value & ~host) && !offer_implies(offer, field))
                        return (Judgement){ field->severity, value & ~host };
                break;
        case FIELD_RULE_INVERTED:
                return (Judgement){ host & ~value ? field->severity : SEVERITY_NONE,
                                    host & ~value };
        case FIELD_RULE_AT_MOST:
                return (Judgement){ judge_at_most(offer, guest, field, value >> field->low,
                                                  host >> field->low),
                                    mask };
        case FIELD_RULE_AT_LEAST:
                return (Judgement){ value < host ? field->severity : SEVERITY_NONE, mask };
        case FIELD_RULE_IDENTITY:
                /* What a guest is not told cannot be told wrong. */
                if (value == 0 && field->severity == SEVERITY_NOTE)
                        return (Judgement){ SEVERITY_NONE, 0 };
                __attribute__((fallthrough));
        case FIELD_RULE_EQUAL:
                if (value == host || ((field->flags & FIELD_ZERO_UNKNOWN) && host == 0) ||
                    ((field->flags & FIELD_ZERO_UNUSED) && value == 0))
                        return (Judgement){ SEVERITY_NONE, 0 };
                return (Judgement){ field->severity, mask };
        case FIELD_RULE_PROVIDED:
                break;
        default:
                return (Judgement){ SEVERITY_NONE, 0 };
        }

        return judge_forced(value, forced_bits(offer, field->word) & mask,
                            offer->listed[field->word] & mask);
}

/* A further part of a text is told by the row at which the text starts. */
static bool is_told_elsewhere(const Offer *offer, const Guest *guest, const Field *field) {
        return field->continues != FIELD_NONE &&
                judge_row(offer, guest, &field_table[field->continues]).severity != SEVERITY_NONE;
}

static Severity as_strict(Severity severity, bool strict) {
        return strict && severity == SEVERITY_WARNING ? SEVERITY_ERROR : severity;
}

Severity judge_field(const Offer *offer, const Guest *guest, const Field *field, bool strict) {
        return as_strict(judge_row(offer, guest, field).severity, strict);
}

static Finding *add_finding(GPtrArray *findings, const Field *row, Severity severity) {
        Finding *finding = finding_new(row, severity);

        g_ptr_array_add(findings, finding);
        return finding;
}

static void set_bits(Finding *finding, unsigned low, unsigned high, uint32_t guest, uint32_t host) {
        uint32_t mask = (UINT32_MAX >> (31 - high)) & (UINT32_MAX << low);

        finding->low = low;
        finding->high = high;
        finding->guest = (guest & mask) >> low;
        finding->host = (host & mask) >> low;
}

static void set_place(Finding *finding, const Offer *offer, const Guest *guest, size_t word,
                      unsigned low, unsigned high) {
        const FieldGroup *group = &field_groups[word / N_REGISTERS];

        finding->leaf = words_leaf(guest->words, group->interface, group->leaf);
        finding->subleaf = group->subleaf;
        finding->reg = word % N_REGISTERS;
        set_bits(finding, low, high, guest->words->word[word], offer->words->word[word]);
        if (group->interface == FIELD_INTERFACE_MSR) {
                finding->low += 32 * finding->reg;
                finding->high += 32 * finding->reg;
                finding->reg = FINDING_MSR;
        }
}

/* Bits without a row, one finding for each run of them */
static void judge_reserved(const Offer *offer, const Guest *guest, size_t word, bool strict,
                           GPtrArray *findings) {
        uint32_t unknown = ~(field_words[word].known | words_untold(guest->words, word) |
                             words_untold(offer->words, word));
        uint32_t value = guest->words->word[word] & unknown;
        uint32_t broken = value & ~offer->words->word[word];
        Judgement forced =
                judge_forced(value, forced_bits(offer, word) & unknown, offer->listed[word]);
        uint32_t rest = broken ? broken : forced.mask;
        Severity severity = broken ? SEVERITY_ERROR : forced.severity;

        while (rest) {
                unsigned low = __builtin_ctz(rest);
                uint32_t run = ~(rest >> low);
                unsigned high = run ? low + __builtin_ctz(run) - 1 : 31;

                set_place(add_finding(findings, NULL, as_strict(severity, strict)), offer, guest,
                          word, low, MIN(high, 31));
                rest = high >= 31 ? 0 : rest & (UINT32_MAX << (high + 1));
        }
}

static void judge_word(const Offer *offer, const Guest *guest, size_t word, bool strict,
                       GPtrArray *findings) {
        const FieldWord *rows = &field_words[word];

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++) {
                const Field *field = &field_table[i];
                Judgement judgement = judge_row(offer, guest, field);

                if (judgement.severity == SEVERITY_NONE || is_told_elsewhere(offer, guest, field))
                        continue;

                set_place(add_finding(findings, field, as_strict(judgement.severity, strict)),
                          offer, guest, word, field->low, field->high);
        }

        judge_reserved(offer, guest, word, strict, findings);
}

/* Those that the guest gives; a MSR's halves are the first two words of its group. */
static void judge_msrs(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings) {
        if (!guest->msrs)
                return;

        for (size_t i = 0; i < N_FIELD_GROUPS; i++) {
                if (field_groups[i].interface != FIELD_INTERFACE_MSR ||
                    !msr_is_judged(offer, guest, &field_groups[i]))
                        continue;
                judge_word(offer, guest, i * N_REGISTERS + REGISTER_EAX, strict, findings);
                judge_word(offer, guest, i * N_REGISTERS + REGISTER_EBX, strict, findings);
        }

        msr_add_notes(offer, guest, findings);
}

static void judge_tsc(const Offer *offer, const Guest *guest, bool strict, GPtrArray *findings) {
        Finding *finding = tsc_judge(offer, guest);

        if (!finding)
                return;

        finding->severity = as_strict(finding->severity, strict);
        g_ptr_array_add(findings, finding);
}

static void judge_extra(const Offer *offer, const Guest *guest, GPtrArray *findings) {
        for (size_t i = 0; i < guest->words->n_extra; i++) {
                const ExtraWord *extra = &guest->words->extra[i];
                uint32_t host = words_extra(offer->words, extra->leaf, extra->subleaf, extra->reg);
                uint32_t broken = judge_extra_bits(offer, guest, extra);
                Finding *finding;

                if (!broken)
                        continue;

                finding = add_finding(findings, NULL, SEVERITY_ERROR);
                finding->leaf = extra->leaf;
                finding->subleaf = extra->subleaf;
                finding->reg = extra->reg;
                set_bits(finding, __builtin_ctz(broken), 31 - __builtin_clz(broken), extra->value,
                         host);
        }
}

static void judge_duplicates(const Guest *guest, bool strict, GPtrArray *findings) {
        for (size_t i = 0; guest->duplicates && i < guest->duplicates->len; i++) {
                const GuestDuplicate *duplicate =
                        &g_array_index(guest->duplicates, GuestDuplicate, i);
                Severity severity = duplicate->differs ? SEVERITY_WARNING : SEVERITY_NOTE;
                Finding *finding = add_finding(findings, NULL, as_strict(severity, strict));

                finding->leaf = duplicate->leaf;
                finding->subleaf = duplicate->subleaf;
                finding->high = 31;
                finding->cause = CAUSE_GUEST;
        }
}

/* Whether a finding already speaks of the capability: it is about a field that the capability
 * would have changed */
static bool is_spoken_of(GPtrArray *findings, const Capability *capability) {
        for (size_t i = 0; i < findings->len; i++) {
                const Finding *finding = g_ptr_array_index(findings, i);

                for (size_t j = 0; finding->row && finding->severity > SEVERITY_NOTE &&
                     j < capability->n_operations;
                     j++) {
                        const CapabilityOperation *operation = &capability->operations[j];

                        if (operation->kind != CAPABILITY_VIEW &&
                            operation->word == finding->row->word &&
                            operation->low <= finding->row->high &&
                            finding->row->low <= operation->high)
                                return true;
                }
        }

        return false;
}

static void add_capability(GPtrArray *findings, const Capability *capability, Severity severity) {
        Finding *finding = add_finding(findings, NULL, severity);

        finding->reg = FINDING_CAPABILITY;
        finding->field = capability->name;
        finding->rule = FIELD_RULE_GRANTED;
        finding->guest = 1;
}

/* Enabled, and changes nothing; whether that is certain decides how bad it is. */
static bool is_vain(const Offer *offer, const Capability *capability, Severity *ret) {
        bool is_incomplete = offer_lacks_required(offer, capability) != 0;

        *ret = is_incomplete || host_has(offer->host, capability) == KNOWN_NO ? SEVERITY_WARNING :
                                                                                SEVERITY_NOTE;
        return is_incomplete || !(host_capabilities(offer->host) & capability_bit(capability));
}

/* Capabilities that were enabled in vain, unless a finding says so anyway, and those of which there
 * is something to say */
static void judge_capabilities(const Offer *offer, bool strict, GPtrArray *findings) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];
                Severity severity;

                if (!(offer->capabilities & (UINT64_C(1) << i)))
                        continue;
                if (is_vain(offer, capability, &severity) ? !is_spoken_of(findings, capability) :
                                                            capability->notice != NULL)
                        add_capability(findings, capability, as_strict(severity, strict));
        }
}

static int compare_findings(const void *a, const void *b) {
        const Finding *left = *(const Finding *const *) a, *right = *(const Finding *const *) b;

        return finding_place_compare(
                (FindingPlace){ left->leaf, left->subleaf, left->reg, left->low },
                (FindingPlace){ right->leaf, right->subleaf, right->reg, right->low });
}

GPtrArray *judge(const Offer *offer, const Guest *guest, bool strict) {
        GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify) finding_free);

        for (size_t i = 0; i < N_FIELD_WORDS; i++)
                if (words_differ(offer, guest, i) || (forced_bits(offer, i) & ~offer->listed[i]))
                        judge_word(offer, guest, i, strict, findings);

        judge_extra(offer, guest, findings);
        judge_duplicates(guest, strict, findings);
        judge_capabilities(offer, strict, findings);
        judge_msrs(offer, guest, strict, findings);
        judge_tsc(offer, guest, strict, findings);
        dependency_judge(offer, guest, strict, findings);

        g_ptr_array_sort(findings, compare_findings);
        return findings;
}
