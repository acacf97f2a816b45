/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Corrects what KVM is known to report wrongly before anything is compared with it. What is wrong
 * and how it shows is data; here is only what a condition and an operation do. */

#include "policy/correction.h"

#include "policy/explain.h"
#include "policy/host.h"

static bool has_value(const CorrectionCondition *condition, const Words *words) {
        for (size_t i = 0; i < condition->n_words; i++) {
                uint32_t bits = words->word[condition->word + i] & condition->mask;

                if (condition->n_values == 0 && bits != 0)
                        return true;
                for (size_t j = 0; j < condition->n_values; j++)
                        if (bits >> condition->low == condition->values[j])
                                return true;
        }

        return false;
}

static bool is_told(const CorrectionCondition *condition, const Words *words) {
        for (size_t i = 0; i < condition->n_words; i++)
                if (words_untold(words, condition->word + i) & condition->mask)
                        return false;

        return true;
}

static Known known_if(bool is_recorded, bool value) {
        return is_recorded ? (value ? KNOWN_YES : KNOWN_NO) : KNOWN_NOT;
}

static Known condition_known(const CorrectionCondition *condition, const Host *host,
                             const Words *words) {
        const Words *hardware = host_words(host, HOST_HARDWARE);
        int64_t extension;
        uint64_t msr;

        switch (condition->kind) {
        case CORRECTION_KVM:
                return has_value(condition, words) ? KNOWN_YES :
                        is_told(condition, words)  ? KNOWN_NO :
                                                     KNOWN_NOT;
        case CORRECTION_HARDWARE:
                return known_if(hardware, hardware && has_value(condition, hardware));
        case CORRECTION_EXTENSION:
                return known_if(host_get_extension(host, condition->name, &extension),
                                extension > 0 && ((uint64_t) extension & condition->mask));
        case CORRECTION_MSR:
                return known_if(host_has_msrs(host), host_get_msr(host, condition->index, &msr));
        }

        g_assert_not_reached();
}

static bool is_detected(const Correction *correction, const Host *host, const Words *words) {
        for (size_t i = 0; i < correction->n_conditions; i++) {
                const CorrectionCondition *condition = &correction->conditions[i];
                Known wanted = condition->is_not ? KNOWN_NO : KNOWN_YES;

                if (condition_known(condition, host, words) != wanted)
                        return false;
        }

        return true;
}

static uint32_t operate(const CorrectionOperation *operation, const Host *host, uint32_t value) {
        const Words *hardware = host_words(host, HOST_HARDWARE);

        switch (operation->kind) {
        case CORRECTION_CLEAR:
                return value & ~operation->mask;
        case CORRECTION_SET:
                return value | operation->mask;
        case CORRECTION_TAKE:
                return hardware ? (value & ~operation->mask) |
                                (hardware->word[operation->word] & operation->mask) :
                                  value;
        }

        g_assert_not_reached();
}

/* Operations on one word come one after another and are one change of it */
static void apply(const Host *host, const char *view, size_t index, Words *words, GArray *ret) {
        const Correction *correction = &correction_table[index];

        for (size_t i = 0; i < correction->n_operations;) {
                size_t word = correction->operations[i].word;
                uint32_t before = words->word[word], after = before;
                HostCorrection change;

                for (; i < correction->n_operations && correction->operations[i].word == word; i++)
                        after = operate(&correction->operations[i], host, after) &
                                ~words_untold(words, word);
                if (after == before)
                        continue;

                words->word[word] = after;
                change = (HostCorrection){ view, before ^ after, before, after, index, word };
                g_array_append_val(ret, change);
        }
}

void corrections_apply(const Host *host, const char *view, Words *words, GArray *ret) {
        for (size_t i = 0; i < N_CORRECTIONS; i++)
                if (is_detected(&correction_table[i], host, words))
                        apply(host, view, i, words, ret);
}

const HostCorrection *correction_find(const Host *host, const char *view, size_t word,
                                      uint32_t mask) {
        size_t n;
        const HostCorrection *corrections = host_corrections(host, &n);

        for (size_t i = 0; i < n; i++)
                if (corrections[i].word == word && (corrections[i].mask & mask) &&
                    g_strcmp0(corrections[i].view, view) == 0)
                        return &corrections[i];

        return NULL;
}

char *correction_to_text(const HostCorrection *correction, const Field *field) {
        uint32_t mask = field ? field_mask(field) : correction->mask;
        unsigned low = __builtin_ctz(mask);
        uint32_t before = (correction->reported & mask) >> low,
                 after = (correction->corrected & mask) >> low;
        g_autofree char *reported = NULL, *corrected = NULL;

        reported = field ? explain_value(field, before) : g_strdup_printf("0x%x", before);
        corrected = field ? explain_value(field, after) : g_strdup_printf("0x%x", after);
        return g_strdup_printf("KVM reports %s, corrected to %s because %s", reported, corrected,
                               correction_table[correction->correction].why);
}
