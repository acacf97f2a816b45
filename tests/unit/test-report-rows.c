/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables made up row by row, and what is read back for them: how rows are matched and cut up */

#include "tests/unit/support.h"
#include "tests/unit/trial-support.h"

/* All places of a table made up row by row, on a KVM that keeps what it gets */
typedef struct RowsCase {
        const char *name;
        Leaf rows[6];
        size_t n_rows;
        Leaf back[6]; /* where it is not as it was set */
        size_t n_back;
        const char *expect[6]; /* all places */
} RowsCase;

#define INDEXED LEAF_FLAG_INDEXED

static const RowsCase rows_cases[] = {
        { "first-of-duplicates",
          { { 7, 0, INDEXED, { 0, BIT(5) } }, { 7, 0, INDEXED, { 0, BIT(8) } } },
          2,
          { { 7, 0, INDEXED, { 0, BIT(5) } }, { 7, 0, INDEXED, { 0, BIT(3) } } },
          2,
          { "kept 0x7.0:ebx[5] avx2: -" } },
        { "row-for-all-sub-leaves",
          { { 7, 0, 0, { 0, BIT(5) } } },
          1,
          { { 7, 0, 0, { 0, BIT(5) } } },
          1,
          { "kept 0x7.0:ebx[5] avx2: -" } },
        { "row-for-all-sub-leaves-gets-one-of-its-own",
          { { 7, 0, 0, { 0, BIT(5) } } },
          1,
          { { 7, 1, INDEXED, { BIT(4), 0 } }, { 7, 0, 0, { 0, BIT(5) } } },
          2,
          { "kept 0x7.0:ebx[5] avx2: -",
            "changed 0x7.1:eax[4] avx_vnni: the guest was not given AVX-VNNI, and KVM sets it: no "
            "rule, capability or profile tells of that",
            "changed 0x7.1:ebx[5] : the guest has a bit that this version knows no meaning of, "
            "and KVM clears it: no rule, capability or profile tells of that" } },
        { "any-sub-leaf-of-a-leaf-without",
          { { 1, 5, 0, { 0, 0, BIT(0) } } },
          1,
          { { 1, 5, 0, { 0, 0, BIT(0) } } },
          1,
          { "kept 0x1.0:ecx[0] pni: -" } },
        { "runs-of-bits-without-a-row",
          { { 0x8000002f, 0, 0, { 0xf0f0 } } },
          1,
          { { 0x8000002f, 0, 0, { 0x80f0 } } },
          1,
          { "kept 0x8000002f.0:eax[7:4] : -",
            "changed 0x8000002f.0:eax[14:12] : the guest has bits that this version knows no "
            "meaning of, and KVM clears them: no rule, capability or profile tells of that",
            "kept 0x8000002f.0:eax[15] : -" } },
        { "rows-for-many-sub-leaves",
          { { 0x4, 9, INDEXED, { 0x21 } } },
          1,
          { { 0x4, 9, INDEXED, { 0x22 } } },
          1,
          { "changed 0x4.9:eax[4:0] cache_type: the guest's cache type is 1, and KVM makes it 2: no "
            "rule, capability or profile tells of that",
            "kept 0x4.9:eax[7:5] cache_level: -" } },
        { "moved-leaves",
          { { 0x40000000, 0, 0, { 0x40000001, 0x7263694d, 0x666f736f, 0x76482074 } },
            { 0x40000001, 0, 0, { 0x31237648 } },
            { 0x40000100, 0, 0, { 0x40000101, 0x4b4d564b, 0x564b4d56, 0x4d } },
            { 0x40000101, 0, 0, { BIT(7) | BIT(5) } } },
          4,
          { { 0x40000000, 0, 0, { 0x40000001, 0x7263694d, 0x666f736f, 0x76482074 } },
            { 0x40000001, 0, 0, { 0x31237648 } },
            { 0x40000100, 0, 0, { 0x40000101, 0x4b4d564b, 0x564b4d56, 0x4d } },
            { 0x40000101, 0, 0, { BIT(5) } } },
          4,
          { NULL } },
        { "nothing", {}, 0, {}, 0, { NULL } },
};

static LeafTable *table_of(const Leaf *rows, size_t n) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < n; i++)
                leaf_table_add(table, &rows[i]);

        return table;
}

static Report *report_of_rows(const RowsCase *one, Guest *guest) {
        g_autoptr(Host) host = test_recording("sapphire-rapids-6.12");
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_autoptr(TrialEvidence) evidence = trial_evidence_new();
        g_autoptr(GError) error = NULL;
        Report *report;

        evidence->enabled = guest->capabilities;
        evidence->set = leaf_table_copy(guest->table);
        evidence->back = table_of(one->back, one->n_back);
        report = report_new(offer, guest, evidence, &error);
        g_assert_no_error(error);
        return report;
}

static void test_rows(gconstpointer userdata) {
        const RowsCase *one = userdata;
        g_autoptr(Guest) guest = guest_new(table_of(one->rows, one->n_rows));
        g_autoptr(Report) report = report_of_rows(one, guest);

        for (size_t i = 0; i < G_N_ELEMENTS(one->expect) && one->expect[i]; i++)
                trial_assert_has_place(report, one->expect[i]);
        if (one->expect[0])
                g_assert_cmpuint(report->places->len, ==, g_strv_length((char **) one->expect));
        trial_assert_in_order(report);
}

/* KVM's leaves behind Hyper-V's are KVM's. */
static void test_moved(void) {
        const RowsCase *one = &rows_cases[6];
        g_autoptr(Guest) guest = guest_new(table_of(one->rows, one->n_rows));
        g_autoptr(Report) report = report_of_rows(one, guest);

        g_assert_cmpstr(one->name, ==, "moved-leaves");
        trial_assert_has_place(
                report,
                "changed 0x40000101.0:eax[7] kvm_pv_unhalt: the guest has PV unhalt, and "
                "KVM clears it: no rule, capability or profile tells of that");
        trial_assert_has_place(report, "kept 0x40000101.0:eax[5] kvm_steal_time: -");
}

/* What the guest's source does not tell contradicts nothing. */
static void test_unknown(void) {
        const RowsCase one = { .rows = { { 7, 0, INDEXED, { 0, BIT(5) } } },
                               .n_rows = 1,
                               .back = { { 7, 0, INDEXED, { 0, BIT(5) | BIT(8), BIT(1) } } },
                               .n_back = 1 };
        static const char *const expected[] = { "rewritten 0x7.0:ecx[1]" };
        g_autoptr(Guest) guest = guest_new(table_of(one.rows, one.n_rows));
        Unknown *unknown = unknown_new();
        g_autoptr(Report) report = NULL;

        unknown_add_bits(unknown, 7, 0, REGISTER_EBX, BIT(8));
        guest_take_unknown(guest, unknown);
        report = report_of_rows(&one, guest);
        trial_assert_has_place(
                report,
                "changed 0x7.0:ebx[8] bmi2: the guest was not given BMI2, and KVM sets "
                "it: no rule, capability or profile tells of that");
        trial_assert_contradictions(report, expected, G_N_ELEMENTS(expected));
}

/* Any rows at all: duplicates, flags and sub-leaves where none belong, leaves that nobody knows */
static LeafTable *random_table(void) {
        static const uint32_t leaves[] = { 0,          1,          2,          4,
                                           7,          0xb,        0xd,        0x14,
                                           0x123,      0x40000000, 0x40000001, 0x40000100,
                                           0x80000001, 0x80000008, 0xffffffff };
        LeafTable *table = leaf_table_new();
        int n = g_test_rand_int_range(0, 40);

        for (int i = 0; i < n; i++) {
                Leaf row = { .leaf = leaves[g_test_rand_int_range(0, G_N_ELEMENTS(leaves))],
                             .subleaf = g_test_rand_int_range(0, 4),
                             .flags = g_test_rand_int_range(0, 2) };

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = g_test_rand_int() & g_test_rand_int();
                leaf_table_add(table, &row);
        }

        return table;
}

static void test_random(void) {
        g_autoptr(Host) host = test_recording("forced-made-up");
        g_autoptr(Offer) offer = offer_new(host, capability_set_default());

        for (size_t i = 0; i < 400; i++) {
                g_autoptr(Guest) guest = guest_new(random_table());
                g_autoptr(TrialEvidence) evidence = trial_evidence_new();
                g_autoptr(Report) same = NULL, other = NULL;

                evidence->enabled = guest->capabilities;
                evidence->set = leaf_table_copy(guest->table);
                evidence->back = leaf_table_copy(guest->table);
                same = report_new(offer, guest, evidence, NULL);
                trial_assert_in_order(same);
                g_assert_cmpint(same->outcome, ==, REPORT_KEPT);
                for (guint j = 0; j < same->places->len; j++) {
                        const ReportPlace *place = g_ptr_array_index(same->places, j);

                        g_assert_cmpint(place->outcome, ==, REPORT_KEPT);
                        g_assert_cmphex(place->set, ==, place->back);
                        g_assert_cmphex(place->set, !=, 0);
                }

                leaf_table_free(evidence->back);
                evidence->back = random_table();
                other = report_new(offer, guest, evidence, NULL);
                trial_assert_in_order(other);
                for (guint j = 0; j < other->places->len; j++) {
                        const ReportPlace *place = g_ptr_array_index(other->places, j);

                        g_assert_true((place->set == place->back) ==
                                      (place->outcome == REPORT_KEPT));
                }
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(rows_cases); i++) {
                g_autofree char *path = g_strconcat("/report-rows/", rows_cases[i].name, NULL);

                g_test_add_data_func(path, &rows_cases[i], test_rows);
        }

        g_test_add_func("/report-rows/moved", test_moved);
        g_test_add_func("/report-rows/unknown", test_unknown);
        g_test_add_func("/report-rows/random", test_random);
        return g_test_run();
}
