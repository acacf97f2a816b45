/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What holds for every table, tried on tables of all kinds: recorded ones with words, rows, flags
 * and hypervisors changed, leaves of the field table with anything in them, and noise. The seed is
 * GTest's (--seed), so a failure can be repeated. */

#include "policy/judge.h"
#include "tests/unit/support.h"

#define N_TABLES 2500 /* for each of the properties */

static GPtrArray *hosts; /* of the recordings */

static bool one_in(int n) {
        return g_test_rand_int_range(0, n) == 0;
}

static Host *random_recorded_host(void) {
        return g_ptr_array_index(hosts, g_test_rand_int_range(0, hosts->len));
}

/* Bits, numbers near where ranges begin and end, and anything */
static uint32_t random_word(uint32_t old) {
        static const uint32_t limits[] = { 0,          1,          2,          0x7,
                                           0xd,        0x1f,       0x20,       0xff,
                                           0x7fffffff, 0x80000000, 0x80000008, 0x80000021,
                                           0x40000000, 0x40000001, 0x400000ff, 0x40000100,
                                           0xffffffff };

        switch (g_test_rand_int_range(0, 6)) {
        case 0:
                return g_test_rand_int();
        case 1:
                return limits[g_test_rand_int_range(0, G_N_ELEMENTS(limits))];
        case 2:
                return old + 1;
        case 3:
                return old - 1;
        default:
                return old ^ BIT(g_test_rand_int_range(0, 32));
        }
}

static void add_recorded_rows(LeafTable *table) {
        g_autoptr(Offer) offer = offer_new(random_recorded_host(), capability_set_default());
        g_autoptr(LeafTable) offered = offer_to_table(offer);
        const LeafTable *rows =
                one_in(2) ? host_table(offer->host, HOST_SUPPORTED) : (const LeafTable *) offered;

        for (size_t i = 0; i < leaf_table_size(rows); i++)
                leaf_table_add(table, leaf_table_at(rows, i));
}

/* Leaves that the field table knows, with a few bits or anything in them */
static void add_known_rows(LeafTable *table) {
        for (int n = g_test_rand_int_range(1, 40); n > 0; n--) {
                const FieldGroup *group = &field_groups[g_test_rand_int_range(0, N_FIELD_GROUPS)];
                const FieldLeaf *leaf = field_leaf_find(group->interface, group->leaf);
                Leaf row = { .leaf = group->leaf,
                             .subleaf = group->subleaf,
                             .flags = leaf && leaf->indexed ? LEAF_FLAG_INDEXED : 0 };

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = one_in(2) ? random_word(0) : 0;
                leaf_table_add(table, &row);
        }
}

static void add_noise(LeafTable *table) {
        static const uint32_t ranges[] = { 0, 0x40000000, 0x40000100, 0x80000000, 0xc0000000 };

        for (int n = g_test_rand_int_range(0, 20); n > 0; n--) {
                Leaf row = { .leaf = one_in(4) ?
                                     (uint32_t) g_test_rand_int() :
                                     ranges[g_test_rand_int_range(0, G_N_ELEMENTS(ranges))] +
                                             g_test_rand_int_range(0, 0x30),
                             .subleaf = one_in(3) ? g_test_rand_int_range(0, 70) : 0,
                             .flags = g_test_rand_int_range(0, 2) };

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = random_word(0);
                leaf_table_add(table, &row);
        }
}

/* Hyper-V's leaves in front, KVM's behind them */
static void move_hypervisor(LeafTable *table) {
        static const Leaf hyperv[] = {
                { 0x40000000, 0, 0, { 0x40000005, 0x7263694d, 0x666f736f, 0x76482074 } },
                { 0x40000001, 0, 0, { 0x31237648 } },
                { 0x40000003, 0, 0, { 0x7f } },
        };
        Leaf *rows = (Leaf *) leaf_table_words(table);

        for (size_t i = 0; i < leaf_table_size(table); i++)
                if (rows[i].leaf >= 0x40000000 && rows[i].leaf <= 0x400000ff)
                        rows[i].leaf += 0x100;
        for (size_t i = 0; i < G_N_ELEMENTS(hyperv); i++)
                leaf_table_add(table, &hyperv[i]);
}

/* Changes words and flags, drops rows and repeats some */
static LeafTable *mutate(const LeafTable *table) {
        LeafTable *mutated = leaf_table_new();
        int rate = g_test_rand_int_range(5, 200);

        for (size_t i = 0; i < leaf_table_size(table) && leaf_table_size(mutated) < 250; i++) {
                Leaf row = *leaf_table_at(table, i);

                if (one_in(rate)) {
                        Register reg = g_test_rand_int_range(0, N_REGISTERS);

                        row.registers[reg] = random_word(row.registers[reg]);
                }
                if (one_in(rate))
                        row.flags ^= LEAF_FLAG_INDEXED;
                if (!one_in(rate))
                        leaf_table_add(mutated, &row);
                if (one_in(4 * rate))
                        leaf_table_add(mutated, &row);
        }

        return mutated;
}

static LeafTable *random_table(void) {
        g_autoptr(LeafTable) table = leaf_table_new();

        if (!one_in(4))
                add_recorded_rows(table);
        if (one_in(3))
                add_known_rows(table);
        if (one_in(4))
                add_noise(table);
        if (one_in(5))
                move_hypervisor(table);

        return mutate(table);
}

static Host *bare_host(LeafTable *table) {
        Host *host = host_new();

        host_take_table(host, HOST_SUPPORTED, table);
        g_assert_true(host_seal(host, NULL));
        return host;
}

static void fail_with(const LeafTable *table, const Verdict *verdict, const char *what) {
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                g_test_message("%08x %08x %x %08x %08x %08x %08x", row->leaf, row->subleaf,
                               row->flags, row->registers[0], row->registers[1], row->registers[2],
                               row->registers[3]);
        }
        for (size_t i = 0; verdict->findings && i < verdict->findings->len; i++) {
                const Finding *finding = g_ptr_array_index(verdict->findings, i);
                g_autofree char *where = finding_where(finding);

                g_test_message("%s %s: %s", severity_to_string(finding->severity), where,
                               finding->message);
        }
        g_error("%s", what);
}

/* A table taken as a bare host supports the offer that is made of it, and nothing is to be said. */
static void test_own_offer(void) {
        for (size_t i = 0; i < N_TABLES; i++) {
                g_autoptr(LeafTable) table = random_table();
                g_autoptr(Host) host = bare_host(leaf_table_copy(table));
                CapabilitySet more = host_capabilities(host) & g_test_rand_int();
                g_autoptr(Offer) offer = offer_new(host, capability_set_default() | more);
                g_autoptr(Guest) guest = test_guest_of_offer(offer);
                g_autoptr(GPtrArray) findings = NULL;
                g_auto(Verdict) verdict = {};

                check(offer, guest, 0, &verdict);
                if (verdict_count(&verdict, SEVERITY_ERROR) ||
                    verdict_count(&verdict, SEVERITY_WARNING))
                        fail_with(table, &verdict, "its own offer is not supported");

                findings = judge(offer, guest, false);
                if (check_accepts(offer, guest) && findings->len > 0)
                        fail_with(table, &verdict, "the fast way is silent about something");
        }
}

static bool has_error_at(const GPtrArray *findings, const Finding *wanted) {
        for (size_t i = 0; i < findings->len; i++) {
                const Finding *finding = g_ptr_array_index(findings, i);

                if (finding->severity == SEVERITY_ERROR && finding->reg == wanted->reg &&
                    finding->leaf == wanted->leaf && finding->subleaf == wanted->subleaf &&
                    finding->low <= wanted->low && finding->high >= wanted->high)
                        return true;
        }

        return false;
}

/* What a guest lacks cannot be missing: taking a feature from it adds no error, whatever else is
 * wrong with it. */
static void test_fewer_features(void) {
        for (size_t i = 0; i < N_TABLES; i++) {
                g_autoptr(LeafTable) table = random_table();
                g_autoptr(Host) host =
                        one_in(2) ? host_ref(random_recorded_host()) : bare_host(mutate(table));
                g_autoptr(Offer) offer = offer_new(host, capability_set_default());
                g_autoptr(Guest) guest = guest_new(leaf_table_copy(table));
                g_autoptr(GPtrArray) before = judge(offer, guest, false);

                for (int n = 0; n < 10; n++) {
                        const Field *field = &field_table[g_test_rand_int_range(0, N_FIELDS)];
                        g_autoptr(GPtrArray) after = NULL;

                        if (field->rule != FIELD_RULE_FEATURE || field->word == FIELD_NONE)
                                continue;
                        guest->words->word[field->word] &= ~field_mask(field);
                        after = judge(offer, guest, false);
                        for (size_t j = 0; j < after->len; j++) {
                                const Finding *finding = g_ptr_array_index(after, j);

                                if (finding->severity == SEVERITY_ERROR &&
                                    !has_error_at(before, finding))
                                        g_error("without %s there is an error in '%s'", field->name,
                                                finding->field);
                        }
                }
        }
}

/* A capability is free of errors when all that it and what comes with it do to an offer is to add:
 * grants, what KVM reports anyway and is kept, what it emulates, a smaller number made accurate.
 * One that removes, that takes leaves from the processor or from Hyper-V's answer in place of
 * KVM's, that changes the whole view or lets KVM rewrite a bit may cost a guest something. */
static bool is_error_free(CapabilitySet set) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0;
                     (set & (UINT64_C(1) << i)) && j < capability_table[i].n_operations; j++)
                        switch (capability_table[i].operations[j].kind) {
                        case CAPABILITY_GRANT:
                        case CAPABILITY_KEEP:
                        case CAPABILITY_EMULATED:
                        case CAPABILITY_BELOW:
                                break;
                        default:
                                return false;
                        }

        return true;
}

static void test_more_capabilities(void) {
        size_t n_tried = 0;

        for (size_t i = 0; i < N_TABLES; i++) {
                Host *host = random_recorded_host();
                CapabilitySet had = host_capabilities(host);
                g_autoptr(Offer) offer =
                        offer_new(host, capability_set_default() & g_test_rand_int());
                g_autoptr(LeafTable) offered = offer_to_table(offer);
                g_autoptr(Guest) guest = guest_new(mutate(offered));
                g_auto(Verdict) verdict = {};

                check(offer, guest, 0, &verdict);
                if (verdict_count(&verdict, SEVERITY_ERROR))
                        continue;

                for (size_t j = 0; j < N_CAPABILITIES; j++) {
                        CapabilitySet set = capability_set_close((UINT64_C(1) << j) |
                                                                 capability_table[j].requires);
                        g_autoptr(Offer) more = NULL;
                        g_auto(Verdict) again = {};

                        if ((set & ~had) || !is_error_free(set))
                                continue;
                        more = offer_new(host, offer->capabilities | set);
                        check(more, guest, 0, &again);
                        n_tried++;
                        if (verdict_count(&again, SEVERITY_ERROR))
                                fail_with(guest->table, &again, capability_table[j].name);
                }
        }

        g_assert_cmpuint(n_tried, >, N_TABLES / 10);
}

static uint32_t shuffle_key;

static int compare_shuffled(const void *a, const void *b) {
        uint32_t left = (*(const uint32_t *) a ^ shuffle_key) * 2654435761u,
                 right = (*(const uint32_t *) b ^ shuffle_key) * 2654435761u;

        return (left > right) - (left < right);
}

/* The same table to KVM: leaves in another order (rows of one leaf stay in theirs, for the first of
 * duplicates counts), zero rows where none answers, and zero rows gone that are the only answer */
static LeafTable *rearrange(const LeafTable *table) {
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Leaf));
        LeafTable *other = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);
                bool is_zero = !(row.registers[0] | row.registers[1] | row.registers[2] |
                                 row.registers[3]);
                size_t n_same = 0;

                for (size_t j = 0; j < leaf_table_size(table); j++)
                        n_same += leaf_table_at(table, j)->leaf == row.leaf;
                if (!(is_zero && n_same == 1))
                        g_array_append_val(rows, row);
        }

        for (size_t n = 0; n < 5; n++) {
                const FieldGroup *group = &field_groups[g_test_rand_int_range(0, N_FIELD_GROUPS)];
                Leaf row = { .leaf = group->leaf,
                             .subleaf = group->subleaf,
                             .flags = LEAF_FLAG_INDEXED };
                bool is_answered = leaf_table_find(table, row.leaf, row.subleaf) != NULL;

                for (size_t i = 0; i < rows->len; i++)
                        is_answered |= g_array_index(rows, Leaf, i).leaf == row.leaf;
                if (!is_answered)
                        g_array_append_val(rows, row);
        }

        shuffle_key = g_test_rand_int();
        g_array_sort(rows, compare_shuffled);
        for (size_t i = 0; i < rows->len; i++)
                leaf_table_add(other, &g_array_index(rows, Leaf, i));
        return other;
}

static void test_arrangement(void) {
        for (size_t i = 0; i < N_TABLES; i++) {
                g_autoptr(LeafTable) table = random_table(), host_rows = mutate(table);
                g_autoptr(Host) host = bare_host(leaf_table_copy(host_rows)),
                                other_host = bare_host(rearrange(host_rows));
                g_autoptr(Offer) offer = offer_new(host, capability_set_default()),
                                 other_offer = offer_new(other_host, capability_set_default());
                g_autoptr(Guest) guest = guest_new(leaf_table_copy(table)),
                                 other_guest = guest_new(rearrange(table));
                g_auto(Verdict) verdict = {}, again = {};

                check(offer, guest, 0, &verdict);
                check(other_offer, other_guest, 0, &again);
                if (verdict.kind != again.kind ||
                    verdict_count(&verdict, SEVERITY_ERROR) !=
                            verdict_count(&again, SEVERITY_ERROR) ||
                    verdict_count(&verdict, SEVERITY_WARNING) !=
                            verdict_count(&again, SEVERITY_WARNING)) {
                        g_test_message("%u and %u errors",
                                       (unsigned) verdict_count(&verdict, SEVERITY_ERROR),
                                       (unsigned) verdict_count(&again, SEVERITY_ERROR));
                        fail_with(guest->table, &again, "another arrangement, another verdict");
                }
        }
}

int main(int argc, char **argv) {
        const char *const *recordings;
        int status;

        g_test_init(&argc, &argv, NULL);

        recordings = test_recording_names();
        hosts = g_ptr_array_new_with_free_func((GDestroyNotify) host_unref);
        for (size_t i = 0; recordings[i]; i++)
                g_ptr_array_add(hosts, test_recording(recordings[i]));

        g_test_add_func("/random/own-offer", test_own_offer);
        g_test_add_func("/random/fewer-features", test_fewer_features);
        g_test_add_func("/random/more-capabilities", test_more_capabilities);
        g_test_add_func("/random/arrangement", test_arrangement);

        status = g_test_run();
        g_ptr_array_unref(hosts);
        return status;
}
