/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HostSupportsGuest. The fast way asks only whether the guest is, bit by bit, what the offer
 * wants where it cares; everything else is for the explaining way, which costs more and is gone
 * only where something is to be said. */

#include "policy/check.h"

#include "policy/cause.h"
#include "policy/coverage.h"
#include "policy/judge.h"
#include "policy/message.h"
#include "policy/remedy.h"
#include "policy/tsc.h"

/* Loads are all that this costs: with vectors of twice the width, where the machine that asks has
 * them, it costs half. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default")))
#endif
static bool
words_accept(const uint32_t *restrict word, const uint32_t *restrict want,
             const uint32_t *restrict care) {
        uint32_t broken = 0;

        for (size_t i = 0; i < N_FIELD_CPUID_WORDS; i++)
                broken |= (word[i] ^ want[i]) & care[i];

        return broken == 0;
}

/* What is not told of the offer is not in its `care`. */
static bool told_words_accept(const Words *words, const Offer *offer) {
        uint32_t broken = 0;

        if (!words->untold)
                return words_accept(words->word, offer->want, offer->care);

        for (size_t i = 0; i < N_FIELD_CPUID_WORDS; i++)
                broken |= (words->word[i] ^ offer->want[i]) & offer->care[i] & ~words->untold[i];

        return broken == 0;
}

static bool extras_accept(const Offer *offer, const Guest *guest) {
        for (size_t i = 0; i < guest->words->n_extra; i++)
                if (judge_extra_bits(offer, guest, &guest->words->extra[i]))
                        return false;

        return true;
}

bool check_accepts(const Offer *offer, const Guest *guest) {
        return offer->is_plain && !guest->duplicates && !guest->contradictions && !guest->msrs &&
                tsc_accepts(offer, guest) && told_words_accept(guest->words, offer) &&
                extras_accept(offer, guest);
}

static void explain_findings(const Offer *offer, const Guest *guest, GPtrArray *findings) {
        for (size_t i = 0; i < findings->len; i++) {
                Finding *finding = g_ptr_array_index(findings, i);

                finding->cause = cause_find(offer, finding);
                if (!finding->message)
                        finding->message = message_new(offer, guest, finding);
        }
}

static bool has_error(const GPtrArray *findings) {
        for (size_t i = 0; i < findings->len; i++)
                if (((const Finding *) g_ptr_array_index(findings, i))->severity == SEVERITY_ERROR)
                        return true;

        return false;
}

void check(const Offer *offer, const Guest *guest, CheckFlags flags, Verdict *ret) {
        bool strict = flags & CHECK_STRICT;
        g_autoptr(GPtrArray) findings = NULL;

        *ret = (Verdict){ .kind = VERDICT_SUPPORTED, .capabilities = offer->capabilities };
        if (flags & CHECK_LIST_UNCHECKED)
                ret->unchecked = coverage_find(guest, offer);
        if (check_accepts(offer, guest))
                return;

        findings = judge(offer, guest, strict);
        if (has_error(findings)) {
                remedy_findings(offer, guest, strict, findings);
                ret->kind = remedy_find_needs(offer, guest, strict, findings, &ret->needs_enabled,
                                              &ret->needs_disabled) ?
                        VERDICT_NEEDS_CAPABILITIES :
                        VERDICT_UNSUPPORTED;
        }

        if (findings->len == 0 || (flags & CHECK_VERDICT_ONLY))
                return;

        explain_findings(offer, guest, findings);
        ret->findings = g_steal_pointer(&findings);
}
