/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What sets MSRs apart from CPUID: a guest need not tell of them, its CPUID may hide them, a
 * profile may not have recorded them, and no silicon is known to compare with. What their bits
 * mean is in data/msrs.table. */

#include "policy/msr.h"

#include "policy/cause.h"
#include "policy/explain.h"

/* More are counted */
#define NAMED_MAX 8

bool msr_is_visible(const Guest *guest, const FieldGroup *group) {
        return group->when == FIELD_NONE || words_get(guest->words, &field_table[group->when]) != 0;
}

/* A host that recorded its list offers 0 in what it does not list, except where kernels do not list
 * all that they have. */
static bool is_told(const Host *host, const FieldGroup *group) {
        return group->is_unlisted ? host_get_msr(host, group->leaf, &(uint64_t){ 0 }) :
                                    host_has_msrs(host);
}

bool msr_is_judged(const Offer *offer, const Guest *guest, const FieldGroup *group) {
        return guest_has_msr(guest, group->leaf) && msr_is_visible(guest, group) &&
                is_told(offer->host, group);
}

/* Whether anything in it can be more than a note */
static bool can_break(size_t group) {
        for (size_t word = group * N_REGISTERS; word < (group + 1) * N_REGISTERS; word++) {
                const FieldWord *rows = &field_words[word];

                for (size_t i = 0; i < rows->n_fields; i++)
                        if (field_table[rows->first_field + i].severity > SEVERITY_NOTE)
                                return true;
        }

        return false;
}

static const FieldGroup *find_group(uint32_t index) {
        int group = field_group_find(FIELD_INTERFACE_MSR, index, 0);

        return group < 0 ? NULL : &field_groups[group];
}

/* Why a MSR that the guest gives and sees is not judged */
typedef enum Silence {
        SILENCE_UNKNOWN,    /* data/msrs.table does not know it */
        SILENCE_UNLISTED,   /* this kernel may have it and not list it */
        SILENCE_UNRECORDED, /* the profile has no feature MSRs */
        SILENCE_NONE,       /* it is, or does not matter */
} Silence;

static Silence silence_of(const Offer *offer, const Guest *guest, uint32_t index) {
        const FieldGroup *group = find_group(index);

        if (!group)
                return SILENCE_UNKNOWN;
        if (!msr_is_visible(guest, group) || is_told(offer->host, group) ||
            !can_break(group - field_groups))
                return SILENCE_NONE;
        return host_has_msrs(offer->host) ? SILENCE_UNLISTED : SILENCE_UNRECORDED;
}

void msr_add_notes(const Offer *offer, const Guest *guest, GPtrArray *findings) {
        g_autoptr(GArray) indexes = guest_list_msrs(guest);
        bool is_told_of[SILENCE_NONE] = {};

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                Silence silence = silence_of(offer, guest, index);
                Finding *finding;

                if (silence == SILENCE_NONE || is_told_of[silence])
                        continue;

                is_told_of[silence] = true;
                finding = finding_new(NULL, SEVERITY_NOTE);
                finding->reg = FINDING_MSR;
                finding->leaf = index;
                finding->high = 63;
                (void) guest_get_msr(guest, index, &finding->guest);
                (void) host_get_msr(offer->host, index, &finding->host);
                g_ptr_array_add(findings, finding);
        }
}

Cause msr_cause(const Offer *offer, const Finding *finding) {
        const Field *row = finding->row;
        uint8_t vendor = host_vendor(offer->host);

        if (!row || !host_has_msrs(offer->host))
                return CAUSE_UNKNOWN;
        if (finding->guest == finding->host)
                return CAUSE_GUEST; /* the value is right, and does not go with the guest's CPUID */
        if (row->rule != FIELD_RULE_INVERTED && cause_parameter(offer->host, row))
                return CAUSE_PARAMETER;
        if (row->vendors && vendor && !(row->vendors & vendor))
                return CAUSE_VENDOR;
        if (!host_get_msr(offer->host, finding->leaf, &(uint64_t){ 0 }))
                return CAUSE_KVM;

        return CAUSE_UNKNOWN;
}

/* "ARCH_CAPABILITIES" where it is one that has a name, "MSR 0x123", or "9 MSRs (0x123, ... and 1
 * more)": all that are not judged for the same reason */
static char *name_silent(const Offer *offer, const Guest *guest, uint32_t first, Silence silence) {
        const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_MSR, first);
        g_autoptr(GArray) indexes = guest_list_msrs(guest);
        g_autoptr(GString) list = g_string_new(NULL);
        size_t n = 0;

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);

                if (silence_of(offer, guest, index) == silence && n++ < NAMED_MAX)
                        g_string_append_printf(list, "%s0x%x", n > 1 ? ", " : "", index);
        }

        if (n == 1)
                return known ? g_strdup(known->title) : g_strdup_printf("MSR 0x%x", first);
        if (n > NAMED_MAX)
                g_string_append_printf(list, " and %zu more", n - NAMED_MAX);
        return g_strdup_printf("%zu MSRs (%s)", n, list->str);
}

static char *say_not_judged(const Offer *offer, const Guest *guest, const Finding *finding) {
        Silence silence = silence_of(offer, guest, finding->leaf);
        g_autofree char *name = name_silent(offer, guest, finding->leaf, silence);

        switch (silence) {
        case SILENCE_UNKNOWN:
                return g_strdup_printf("the guest gives %s, which this version does not know: "
                                       "not compared",
                                       name);
        case SILENCE_UNLISTED:
                return g_strdup_printf("the guest gives %s, which this host's KVM may have, but "
                                       "does not list: not compared",
                                       name);
        default:
                return g_strdup_printf("the guest gives %s, and the profile does not tell of this "
                                       "host's feature MSRs: not compared",
                                       name);
        }
}

/* The field that goes with this one and is not the host's; NULL if they all are */
static const Field *find_other(const Offer *offer, const Guest *guest, const Field *field) {
        for (size_t i = 0; field->same && field->same[i] != FIELD_NONE; i++) {
                const Field *same = &field_table[field->same[i]];

                if (words_tell(guest->words, same) && words_tell(offer->words, same) &&
                    words_get(guest->words, same) != words_get(offer->words, same))
                        return same;
        }

        return NULL;
}

static char *say_other(const Offer *offer, const Guest *guest, const Field *row,
                       const Field *other) {
        g_autofree char *mine = explain_value(other, words_get(guest->words, other)),
                        *theirs = explain_value(other, words_get(offer->words, other)),
                        *place = field_where(other);

        return g_strdup_printf("the guest uses %s, and so its %s (%s) has to be the host's: it is "
                               "%s, the host's %s",
                               row->label, other->name, place, mine, theirs);
}

static char *say_demanded(const Finding *finding) {
        return g_strdup_printf("this host's %s: 0x%" G_GINT64_MODIFIER
                               "x, the guest's 0x%" G_GINT64_MODIFIER
                               "x, without 0x%" G_GINT64_MODIFIER "x. %s",
                               finding->row->label, finding->host, finding->guest,
                               finding->host & ~finding->guest, finding->row->breaks);
}

char *msr_message(const Offer *offer, const Guest *guest, const Finding *finding) {
        const Field *row = finding->row, *other;

        if (!row)
                return finding->low == 0 && finding->high == 63 ?
                        say_not_judged(offer, guest, finding) :
                        NULL;
        other = find_other(offer, guest, row);
        if (finding->guest == finding->host && other)
                return say_other(offer, guest, row, other);
        if (row->exact != FIELD_NONE && !(finding->guest & ~finding->host))
                return g_strdup_printf("the host has %s and the guest has not; with %s the two "
                                       "have to be the same",
                                       row->label, field_table[row->exact].label);
        if (row->rule == FIELD_RULE_INVERTED && row->low != row->high)
                return say_demanded(finding);

        return NULL;
}
