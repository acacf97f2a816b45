/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What holds for every guest, tried on many: guests are made from a host's offer by changing
 * bits and rows at random. The seed is GTest's (--seed), so a failure can be repeated. */

#include <string.h>

#include "policy/coverage.h"
#include "policy/judge.h"
#include "policy/place.h"
#include "policy/recording.h"
#include "tests/unit/support.h"

#define N_GUESTS 2000

static const char *const recordings[] = { "skylake-sp-6.1", "sapphire-rapids-6.12", "milan-6.18",
                                          "zhaoxin-6.18", "hybrid-made-up" };

static uint32_t random_bits(void) {
        switch (g_test_rand_int_range(0, 4)) {
        case 0:
                return g_test_rand_int();
        case 1:
                return 0;
        default:
                return BIT(g_test_rand_int_range(0, 32));
        }
}

/* The offer's rows with a few of them changed, dropped, repeated or out of order */
static LeafTable *random_table(const LeafTable *offered) {
        g_autoptr(LeafTable) copy = leaf_table_copy(offered);
        LeafTable *table = leaf_table_new();
        int changes = g_test_rand_int_range(0, 4);

        for (size_t i = 0; i < leaf_table_size(copy); i++) {
                Leaf row = *leaf_table_at(copy, i);

                if (changes > 0 && g_test_rand_int_range(0, 20) == 0) {
                        row.registers[g_test_rand_int_range(0, N_REGISTERS)] ^= random_bits();
                        changes--;
                }
                if (g_test_rand_int_range(0, 200) == 0)
                        continue;
                if (g_test_rand_int_range(0, 200) == 0)
                        row.flags ^= LEAF_FLAG_INDEXED;
                leaf_table_add(table, &row);
        }

        return table;
}

/* The explaining way looks at words that the fast way finds different; here every field is
 * looked at. */
static size_t count_by_walking_all(const Offer *offer, const Guest *guest) {
        size_t n = 0;

        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                bool is_told_by_head = field->continues != FIELD_NONE &&
                        judge_field(offer, guest, &field_table[field->continues], false) !=
                                SEVERITY_NONE;

                if (judge_field(offer, guest, field, false) != SEVERITY_NONE && !is_told_by_head)
                        n++;
        }

        return n;
}

/* What the guest contradicts itself in is no matter of the field's own rule. */
static bool is_of_a_rule(const Finding *finding) {
        return finding->row && finding->cause != CAUSE_GUEST;
}

static size_t count_rows_found(const GPtrArray *findings) {
        size_t n = 0;

        for (size_t i = 0; i < findings->len; i++)
                if (is_of_a_rule(g_ptr_array_index(findings, i)))
                        n++;

        return n;
}

static void test_ways_agree(void) {
        size_t accepted = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(recordings); i++) {
                g_autoptr(Host) host = test_recording(recordings[i]);
                g_autoptr(Offer) offer = offer_new(host, capability_set_default());
                g_autoptr(LeafTable) offered = offer_to_table(offer);

                for (size_t j = 0; j < N_GUESTS; j++) {
                        g_autoptr(Guest) guest = guest_new(random_table(offered));
                        g_autoptr(GPtrArray) findings = judge(offer, guest, false);
                        size_t all = count_by_walking_all(offer, guest),
                               found = count_rows_found(findings);

                        g_assert_cmpuint(found, ==, all);
                        if (check_accepts(offer, guest)) {
                                g_assert_cmpuint(findings->len, ==, 0);
                                g_assert_cmpuint(all, ==, 0);
                                accepted++;
                        }
                }
        }

        g_assert_cmpuint(accepted, >, N_GUESTS / 10);
}

/* A few places at random, of registers that have rows or of none */
static Unknown *random_unknown(void) {
        Unknown *unknown = unknown_new();
        int n = g_test_rand_int_range(0, 5);

        for (int i = 0; i < n; i++) {
                const FieldGroup *group =
                        &field_groups[g_test_rand_int_range(0, N_FIELD_CPUID_WORDS / N_REGISTERS)];
                UnknownSpan span = { group->leaf, group->leaf, group->subleaf, group->subleaf, {} };

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        span.masks[reg] = random_bits();
                if (g_test_rand_int_range(0, 4) == 0)
                        span.leaf_last += g_test_rand_int_range(0, 16);
                if (g_test_rand_int_range(0, 4) == 0)
                        span.subleaf_last = UINT32_MAX;
                unknown_add(unknown, &span);
        }

        return unknown;
}

static Host *random_host(const Host *host) {
        g_autoptr(GString) text = NULL;
        g_autoptr(Unknown) unknown = random_unknown();
        g_auto(GStrv) runs = unknown_to_texts(unknown);
        g_autofree char *written = recording_write(host);
        g_autoptr(GError) error = NULL;
        Host *changed;

        text = g_string_new(written);
        g_string_truncate(text, text->len - strlen("end\n"));
        for (size_t i = 0; runs[i]; i++)
                g_string_append_printf(text, "unknown %s\n", runs[i]);
        g_string_append(text, "end\n");
        changed = recording_parse(text->str, text->len, &error);
        g_assert_no_error(error);
        return changed;
}

/* Nothing is found where something is not told, and what is found is as bad as it was. */
static void check_told(const Offer *offer, const Guest *guest, const GPtrArray *findings) {
        for (size_t i = 0; i < findings->len; i++) {
                const Finding *finding = g_ptr_array_index(findings, i);

                if (!is_of_a_rule(finding))
                        continue;
                g_assert_true(words_tell(guest->words, finding->row));
                g_assert_true(words_tell(offer->words, finding->row));
        }
}

/* Of what is not told both ways think the same, too. */
static void test_ways_agree_untold(void) {
        size_t accepted = 0, n_unchecked = 0;

        for (size_t i = 0; i < 40 * G_N_ELEMENTS(recordings); i++) {
                g_autoptr(Host) whole = test_recording(recordings[i % G_N_ELEMENTS(recordings)]),
                                host = random_host(whole);
                g_autoptr(Offer) full = offer_new(whole, capability_set_default()),
                                 offer = offer_new(host, capability_set_default());
                g_autoptr(LeafTable) offered = offer_to_table(full);

                for (size_t j = 0; j < 20; j++) {
                        g_autoptr(Guest) guest = guest_new(random_table(offered));
                        g_autoptr(GPtrArray) findings = NULL;
                        g_autoptr(Unknown) unchecked = NULL;
                        size_t all;

                        guest_take_unknown(guest, random_unknown());
                        findings = judge(offer, guest, false);
                        all = count_by_walking_all(offer, guest);
                        g_assert_cmpuint(count_rows_found(findings), ==, all);
                        check_told(offer, guest, findings);
                        unchecked = coverage_find(guest, offer);
                        n_unchecked += unchecked != NULL;
                        if (check_accepts(offer, guest)) {
                                g_assert_cmpuint(findings->len, ==, 0);
                                accepted++;
                        }
                }
        }

        g_assert_cmpuint(accepted, >, 200);
        g_assert_cmpuint(n_unchecked, >, 200);
}

/* A host supports its own offer with any set of capabilities that it has, and the fast way says
 * so. */
static void test_own_offer(void) {
        const char *const *names = test_recording_names();

        for (size_t i = 0; names[i]; i++) {
                g_autoptr(Host) host = test_recording(names[i]);
                CapabilitySet had = host_capabilities(host);

                for (size_t j = 0; j < N_CAPABILITIES; j++) {
                        CapabilitySet set = capability_set_default() | (had & (UINT64_C(1) << j)),
                                      needed;
                        g_autoptr(Offer) offer = NULL;
                        g_autoptr(Guest) guest = NULL;
                        g_auto(Verdict) verdict = {};

                        needed = capability_table[j].requires;
                        offer = offer_new(host, set | (needed & had));
                        guest = test_guest_of_offer(offer);
                        check(offer, guest, CHECK_STRICT, &verdict);
                        g_assert_cmpint(check_accepts(offer, guest), <=, verdict.findings == NULL);
                        if (verdict.kind != VERDICT_SUPPORTED ||
                            verdict_count(&verdict, SEVERITY_WARNING))
                                g_error("%s with %s: %s", names[i], capability_table[j].name,
                                        ((Finding *) g_ptr_array_index(verdict.findings, 0))
                                                ->message);
                }
        }
}

static bool is_subset_bit(const Field *field) {
        return field->low == field->high && field->word != FIELD_NONE &&
                field->interface != FIELD_INTERFACE_MSR &&
                (field->rule == FIELD_RULE_FEATURE || field->rule == FIELD_RULE_HINT ||
                 field->rule == FIELD_RULE_GUARANTEE || field->rule == FIELD_RULE_GRANTED);
}

/* Whether what is more than a note is found at this place and nowhere else. A row without the index
 * flag has the bit in its other sub-leaves too. */
static bool is_found_alone(const Verdict *verdict, const Field *field) {
        g_autofree char *where =
                place_format(field->leaf, field->subleaf, field->reg, field->high, field->low);

        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict->findings, i);
                g_autofree char *at = finding_where(finding);

                if (finding->severity > SEVERITY_NOTE && !g_str_equal(at, where) &&
                    (finding->leaf != field->leaf || finding->subleaf == field->subleaf))
                        return false;
        }

        return test_finding_at(verdict, where) != NULL;
}

/* Each bit that a host neither offers nor counts as having, given to a guest that is its offer otherwise, is found:
 * there and nowhere else. */
static void test_each_missing_bit(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(recordings); i++) {
                g_autoptr(Host) host = test_recording(recordings[i]);
                g_autoptr(Offer) offer = offer_new(host, capability_set_default());

                for (size_t j = 0; j < N_FIELDS; j++) {
                        const Field *field = &field_table[j];
                        g_autoptr(Guest) guest = NULL;
                        g_auto(Verdict) verdict = {};
                        g_autofree char *where = place_format(field->leaf, field->subleaf,
                                                              field->reg, field->high, field->low);

                        if (!is_subset_bit(field) || words_get(offer->words, field) != 0 ||
                            offer_implies(offer, field))
                                continue;
                        guest = test_guest_of_offer_with(offer, field, 1);
                        if (!guest)
                                continue;
                        check(offer, guest, 0, &verdict);
                        if (!is_found_alone(&verdict, field))
                                g_error("%s: %s given, and not found alone", recordings[i],
                                        field->name);
                }
        }
}

/* A guest may do without a feature: what it takes away with it may contradict what is left, and
 * what a vCPU has anyway leaks, but nothing is an error. */
static void check_without(const Offer *offer, const Field *field, const char *name) {
        g_autoptr(Guest) guest = test_guest_of_offer_with(offer, field, 0);
        g_auto(Verdict) verdict = {};

        if (!guest)
                return;

        check(offer, guest, 0, &verdict);
        g_assert_cmpint(check_accepts(offer, guest), <=, verdict.findings == NULL);
        for (size_t i = 0; verdict.findings && i < verdict.findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict.findings, i);
                g_autofree char *where = finding_where(finding);

                if (finding->severity == SEVERITY_ERROR ||
                    (finding->severity == SEVERITY_WARNING && finding->row != field &&
                     finding->cause != CAUSE_GUEST))
                        g_error("%s without %s: %s: %s", name, field->name, where,
                                finding->message);
        }
}

static void test_each_feature_taken_away(void) {
        const char *const *names = test_recording_names();
        size_t n = 0;

        for (size_t i = 0; names[i]; i++) {
                g_autoptr(Host) host = test_recording(names[i]);
                g_autoptr(Offer) usual = offer_new(host, capability_set_default()),
                                 all = offer_new(host, host_capabilities(host));

                for (size_t j = 0; j < N_FIELDS; j++) {
                        const Field *field = &field_table[j];

                        if (field->rule != FIELD_RULE_FEATURE || field->word == FIELD_NONE ||
                            words_get(all->words, field) == 0)
                                continue;
                        check_without(usual, field, names[i]);
                        check_without(all, field, names[i]);
                        n++;
                }
        }

        g_assert_cmpuint(n, >, 500);
}

static void shuffle(LeafTable *table) {
        Leaf *rows = (Leaf *) leaf_table_words(table);

        for (size_t i = leaf_table_size(table); i > 1; i--) {
                size_t j = g_test_rand_int_range(0, i);
                Leaf row = rows[i - 1];

                rows[i - 1] = rows[j];
                rows[j] = row;
        }
}

/* The order of rows says nothing, and neither do zero rows. */
static void test_order_and_zero_rows(void) {
        g_autoptr(Host) host = test_recording("milan-6.18");
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());
        g_autoptr(LeafTable) offered = offer_to_table(offer);

        for (size_t i = 0; i < N_GUESTS / 4; i++) {
                LeafTable *table = leaf_table_copy(offered), *other = leaf_table_new();
                g_autoptr(Guest) guest = NULL, changed = NULL;
                g_auto(Verdict) verdict = {}, again = {};

                ((Leaf *) leaf_table_words(table))[g_test_rand_int_range(0, leaf_table_size(table))]
                        .registers[g_test_rand_int_range(0, 4)] |= random_bits();
                for (size_t j = 0; j < leaf_table_size(table); j++) {
                        const Leaf *row = leaf_table_at(table, j);

                        if (row->registers[0] | row->registers[1] | row->registers[2] |
                            row->registers[3])
                                leaf_table_add(other, row);
                }
                shuffle(other);

                guest = guest_new(table);
                changed = guest_new(other);
                check(offer, guest, 0, &verdict);
                check(offer, changed, 0, &again);
                g_assert_cmpint(verdict.kind, ==, again.kind);
                g_assert_cmpuint(verdict.findings ? verdict.findings->len : 0, ==,
                                 again.findings ? again.findings->len : 0);
        }
}

/* `needs` is enough, and nothing of it can be left out. */
static void test_needs_are_enough(void) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Offer) least = offer_new(host, 0);
        size_t n_needs = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < i; j++) {
                        CapabilitySet set = (UINT64_C(1) << i) | (UINT64_C(1) << j);
                        g_autoptr(Offer) offer = offer_new(host, set | capability_set_default()),
                                         enough = NULL;
                        g_autoptr(Guest) guest = test_guest_of_offer(offer);
                        g_auto(Verdict) verdict = {}, cured = {};

                        check(least, guest, 0, &verdict);
                        if (verdict.kind == VERDICT_SUPPORTED)
                                continue;
                        g_assert_cmpint(verdict.kind, ==, VERDICT_NEEDS_CAPABILITIES);
                        n_needs++;

                        enough = offer_new(host,
                                           (least->capabilities & ~verdict.needs_disabled) |
                                                   verdict.needs_enabled);
                        check(enough, guest, 0, &cured);
                        g_assert_cmpint(cured.kind, ==, VERDICT_SUPPORTED);

                        for (size_t k = 0; k < N_CAPABILITIES; k++) {
                                CapabilitySet less = verdict.needs_enabled & ~(UINT64_C(1) << k);
                                g_autoptr(Offer) offered = NULL;
                                g_auto(Verdict) still = {};

                                if (less == verdict.needs_enabled)
                                        continue;
                                offered = offer_new(host, least->capabilities | less);
                                check(offered, guest, 0, &still);
                                g_assert_cmpint(still.kind, !=, VERDICT_SUPPORTED);
                        }
                }

        g_assert_cmpuint(n_needs, >, 10);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/property/ways-agree", test_ways_agree);
        g_test_add_func("/property/ways-agree-untold", test_ways_agree_untold);
        g_test_add_func("/property/own-offer", test_own_offer);
        g_test_add_func("/property/each-missing-bit", test_each_missing_bit);
        g_test_add_func("/property/each-feature-taken-away", test_each_feature_taken_away);
        g_test_add_func("/property/order-and-zero-rows", test_order_and_zero_rows);
        g_test_add_func("/property/needs-are-enough", test_needs_are_enough);
        return g_test_run();
}
