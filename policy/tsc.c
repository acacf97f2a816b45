/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest that knows its TSC's rate keeps using it where it is moved to. KVM gives it that rate
 * where it is the host's own, or nearly, or where the hardware scales (set_tsc_khz()). Where the
 * guest's table tells the rate is data: the rows that have tells=. */

#include "policy/tsc.h"

#define SCALING "KVM_CAP_TSC_CONTROL"
#define TOLERANCE "kvm.tsc_tolerance_ppm"
#define TOLERANCE_PPM 250 /* KVM's own, unless the parameter says otherwise */

/* In kHz; khz is 0 where it is not known */
typedef struct Rate {
        uint64_t khz;
        uint64_t doubt; /* it may be so much more or less, because it was told in larger units */
} Rate;

typedef enum TscState {
        TSC_FINE,
        TSC_BOUND, /* fine here, and not everywhere */
        TSC_HOST_NOT_TOLD,
        TSC_SCALING_NOT_TOLD,
        TSC_DIFFERS,
} TscState;

/* Whether nothing of it is unknown: else no rate is */
static bool is_told(const Words *words, FieldTells what) {
        return field_telling[what] == FIELD_NONE ||
                words_tell(words, &field_table[field_telling[what]]);
}

static uint64_t told(const Words *words, FieldTells what) {
        return field_telling[what] == FIELD_NONE ?
                0 :
                words_get(words, &field_table[field_telling[what]]);
}

/* As a kernel finds it out: from the hypervisor, else from the crystal and the ratio, else, where
 * the crystal is not told, from what is printed on the box. */
static Rate rate_of_table(const Words *words) {
        uint64_t khz = told(words, FIELD_TELLS_TSC_KHZ);
        uint64_t numerator = told(words, FIELD_TELLS_TSC_NUMERATOR);
        uint64_t denominator = told(words, FIELD_TELLS_TSC_DENOMINATOR);
        uint64_t crystal = told(words, FIELD_TELLS_CRYSTAL_HZ);

        if (khz != 0 || numerator == 0 || denominator == 0 ||
            !is_told(words, FIELD_TELLS_TSC_KHZ) || !is_told(words, FIELD_TELLS_CRYSTAL_HZ))
                return (Rate){ khz, 0 };
        if (crystal != 0)
                return (Rate){ crystal * numerator / denominator / 1000, 1 };
        return (Rate){ told(words, FIELD_TELLS_BASE_MHZ) * 1000, 500 };
}

static Rate rate_of_guest(const Guest *guest) {
        return guest->tsc_khz != 0 ? (Rate){ guest->tsc_khz, 0 } : rate_of_table(guest->words);
}

static Known scales(const Host *host) {
        int64_t value;

        if (!host_get_extension(host, SCALING, &value))
                return KNOWN_NOT;
        return value != 0 ? KNOWN_YES : KNOWN_NO;
}

static uint64_t tolerance_of(const Host *host) {
        const char *text = host_get_parameter(host, TOLERANCE);
        guint64 ppm;

        return text && g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &ppm, NULL) ?
                ppm :
                TOLERANCE_PPM;
}

/* KVM's own arithmetic (adjust_tsc_khz()) */
static bool is_near(Rate rate, uint64_t host, uint64_t ppm) {
        uint64_t own = MIN(host, UINT32_MAX);
        uint64_t least = own * (1000000 - MIN(ppm, 1000000)) / 1000000,
                 most = own * (1000000 + ppm) / 1000000;

        return rate.khz + rate.doubt >= least && rate.khz <= most + rate.doubt;
}

static TscState compare(const Offer *offer, const Guest *guest, Rate rate) {
        uint64_t host = host_info(offer->host)->tsc_khz;

        if (rate.khz == 0 || scales(offer->host) == KNOWN_YES)
                return TSC_FINE;
        /* What the offer tells itself is right, however it was rounded. */
        if (guest->tsc_khz == 0 && rate_of_table(offer->words).khz == rate.khz)
                return TSC_FINE;
        if (host == 0)
                return TSC_HOST_NOT_TOLD;
        if (is_near(rate, host, tolerance_of(offer->host)))
                return TSC_FINE;
        return scales(offer->host) == KNOWN_NO ? TSC_DIFFERS : TSC_SCALING_NOT_TOLD;
}

static bool is_invariant(const Guest *guest) {
        return told(guest->words, FIELD_TELLS_TSC_INVARIANT) != 0;
}

/* A guest that was promised one rate for good runs here, and is bound by it where it moves to. */
static TscState state_of(const Offer *offer, const Guest *guest, Rate rate) {
        TscState state = compare(offer, guest, rate);

        return state == TSC_FINE && guest->tsc_khz != 0 && is_invariant(guest) ? TSC_BOUND : state;
}

bool tsc_accepts(const Offer *offer, const Guest *guest) {
        Rate rate = rate_of_guest(guest);

        return rate.khz == 0 || state_of(offer, guest, rate) == TSC_FINE;
}

/* Without scaling KVM lets a faster TSC run after, in jumps, and refuses a slower one. A guest that
 * was promised an invariant TSC has no use for either. */
static Severity severity_of(TscState state, const Guest *guest, uint64_t rate, uint64_t host) {
        if (state != TSC_DIFFERS)
                return SEVERITY_NOTE;
        return is_invariant(guest) || rate < host ? SEVERITY_ERROR : SEVERITY_WARNING;
}

Finding *tsc_judge(const Offer *offer, const Guest *guest) {
        Rate rate = rate_of_guest(guest);
        TscState state = state_of(offer, guest, rate);
        uint64_t host = host_info(offer->host)->tsc_khz;
        Finding *finding;

        if (state == TSC_FINE)
                return NULL;

        finding = finding_new(NULL, severity_of(state, guest, rate.khz, host));
        finding->reg = FINDING_TSC;
        finding->field = "tsc";
        finding->rule = FIELD_RULE_EQUAL;
        finding->high = 63;
        finding->guest = rate.khz;
        finding->host = host;
        finding->cause = state == TSC_DIFFERS ? CAUSE_CPU : CAUSE_UNKNOWN;
        return finding;
}

static char *format_mhz(uint64_t khz) {
        return g_strdup_printf("%" G_GUINT64_FORMAT ".%03u MHz", khz / 1000,
                               (unsigned) (khz % 1000));
}

char *tsc_message(const Offer *offer, const Guest *guest, const Finding *finding) {
        g_autofree char *mine = format_mhz(finding->guest), *theirs = format_mhz(finding->host);
        const char *what;

        switch (state_of(offer, guest, rate_of_guest(guest))) {
        case TSC_BOUND:
                return g_strdup_printf("the guest was promised an invariant TSC at %s: it runs "
                                       "here, and moves only to hosts that scale theirs or run at "
                                       "that rate",
                                       mine);
        case TSC_HOST_NOT_TOLD:
                return g_strdup_printf("the guest's TSC runs at %s, and the profile does not tell "
                                       "how fast this host's runs: not compared",
                                       mine);
        case TSC_SCALING_NOT_TOLD:
                return g_strdup_printf("the guest's TSC runs at %s, the host's at %s, and the "
                                       "profile does not tell whether this host can scale it",
                                       mine, theirs);
        default:
                what = finding->guest < finding->host ?
                        "KVM refuses the slower rate" :
                        is_invariant(guest) ?
                        "KVM lets it catch up in jumps, but the guest was promised an "
                        "invariant TSC" :
                        "KVM lets it catch up in jumps";
                return g_strdup_printf("the guest's TSC runs at %s, the host's at %s, and this "
                                       "host cannot scale it: %s",
                                       mine, theirs, what);
        }
}

/* Where the hardware scales, no rate is refused. */
void tsc_fingerprint(const Host *host, GString *text) {
        if (scales(host) == KNOWN_YES)
                g_string_append(text, "tsc scales\n");
        else
                g_string_append_printf(text, "tsc %d %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                                       scales(host), host_info(host)->tsc_khz, tolerance_of(host));
}
