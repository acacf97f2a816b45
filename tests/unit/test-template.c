/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What templates make of a host's offer */

#include "client/formats/template.h"

#include <string.h>

typedef struct ApplyCase {
        const char *name;
        Leaf offer[4];
        TemplateRow rows[4];
        size_t n_offer;
        size_t n_rows;
        bool others_are_zero;
        const char *expected; /* "LEAF.SUBLEAF EAX EBX", all rows */
} ApplyCase;

#define ALL UINT32_MAX
#define INDEXED LEAF_FLAG_INDEXED

static const ApplyCase apply_cases[] = {
        /* clang-format off */
        { .name = "nothing-changes-nothing", .offer = { { 1, 0, 0, { 0xff, 2 } } }, .n_offer = 1,
          .expected = "1.0 ff 2" },
        { .name = "bits-within-the-mask", .offer = { { 1, 0, 0, { 0xff, 2 } } }, .n_offer = 1,
          .rows = { { .leaf = 1, .masks = { 0xf0, 0x1 }, .values = { 0x50, 0xff } } }, .n_rows = 1,
          .expected = "1.0 5f 3" },
        { .name = "only-its-sub-leaf", .offer = { { 7, 0, INDEXED, { 1 } }, { 7, 1, INDEXED, { 1 } } }, .n_offer = 2,
          .rows = { { .leaf = 7, .subleaf = 1, .masks = { 1 } } }, .n_rows = 1,
          .expected = "7.0 1 0, 7.1 0 0" },
        { .name = "row-that-the-host-lacks", .offer = { { 7, 1, INDEXED, { 1 } } }, .n_offer = 1,
          .rows = { { .leaf = 7, .flags = INDEXED, .masks = { 3, 0 }, .values = { 2, 9 } } }, .n_rows = 1,
          .expected = "7.0 2 0, 7.1 1 0" },
        { .name = "the-last-one-counts", .offer = { { 1, 0, 0, { 0 } } }, .n_offer = 1,
          .rows = { { .leaf = 1, .masks = { 3 }, .values = { 3 } }, { .leaf = 1, .masks = { 1 } } }, .n_rows = 2,
          .expected = "1.0 2 0" },
        { .name = "a-run-of-sub-leaves", .offer = { { 4, 0, INDEXED, { 8 } }, { 4, 1, INDEXED, { 8 } }, { 4, 2, INDEXED, { 8 } } }, .n_offer = 3,
          .rows = { { .leaf = 4, .subleaf = 1, .subleaf_last = ALL, .masks = { 8 } } }, .n_rows = 1,
          .expected = "4.0 8 0, 4.1 0 0, 4.2 0 0" },
        { .name = "others-are-zero", .offer = { { 1, 0, 0, { 0xff, 0xff } }, { 2, 0, 0, { 5, 5 } } }, .n_offer = 2,
          .rows = { { .leaf = 1, .masks = { 0xf0, ALL, ALL, ALL }, .values = { 0x50 } } }, .n_rows = 1, .others_are_zero = true,
          .expected = "1.0 5f 0, 2.0 0 0" },
        { .name = "others-are-zero-and-runs-meet", .offer = { { 4, 0, INDEXED, { 0xff, 0xff } }, { 4, 1, INDEXED, { 0xff, 0xff } } }, .n_offer = 2,
          .rows = { { .leaf = 4, .subleaf_last = 5, .masks = { ALL, 0xf0, ALL, ALL } },
                    { .leaf = 4, .subleaf = 1, .masks = { 0xf, ALL, ALL, ALL }, .values = { 1 } } }, .n_rows = 2, .others_are_zero = true,
          .expected = "4.0 0 f, 4.1 f1 f" },
        { .name = "others-are-zero-and-the-host-lacks-rows",
          .rows = { { .leaf = 1, .masks = { ALL, ALL, ALL, ALL } },
                    { .leaf = 2, .masks = { ALL, ALL, ALL, ALL }, .values = { 1 } },
                    { .leaf = 2, .subleaf_last = 9, .masks = { ALL, 0, ALL, ALL }, .values = { 2 } } }, .n_rows = 3, .others_are_zero = true,
          .expected = "2.0 3 0" },
        /* clang-format on */
};

static char *rows_to_text(const LeafTable *table) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                g_string_append_printf(text, "%s%x.%u %x %x", i > 0 ? ", " : "", row->leaf,
                                       row->subleaf, row->registers[REGISTER_EAX],
                                       row->registers[REGISTER_EBX]);
        }

        return g_string_free(text, FALSE);
}

static void test_apply(const void *data) {
        const ApplyCase *c = data;
        g_autoptr(LeafTable) offer = leaf_table_new();
        g_autoptr(Template) template = template_new(), copy = NULL;
        g_autoptr(Guest) guest = NULL;
        g_autofree char *text = NULL;

        for (size_t i = 0; i < c->n_offer; i++)
                leaf_table_add(offer, &c->offer[i]);
        g_array_append_vals(template->rows, c->rows, c->n_rows);
        template->others_are_zero = c->others_are_zero;

        copy = template_copy(template);
        guest = template_apply(copy, offer, NULL);
        text = rows_to_text(guest->table);
        g_assert_cmpstr(text, ==, c->expected);
        g_assert_cmphex(guest->capabilities, ==, capability_set_default());
        g_assert_null(guest->name);
}

/* Of what the template leaves open and the host does not tell nothing is known. */
static void test_msrs(void) {
        const TemplateMsr msrs[] = {
                { 0x10a, 0xf, 0x3 },
                { 0x8b, UINT64_MAX, 5 },
                { 0xce, 1, 1 },
        };
        g_autoptr(LeafTable) offer = leaf_table_new();
        g_autoptr(Template) template = template_new();
        g_autoptr(GHashTable) host = g_hash_table_new(NULL, NULL);
        g_autoptr(Guest) guest = NULL, alone = NULL;
        uint64_t value = 0x8000000000000009;

        g_array_append_vals(template->msrs, msrs, G_N_ELEMENTS(msrs));
        g_hash_table_insert(host, GUINT_TO_POINTER(0x10a), &value);

        guest = template_apply(template, offer, host);
        g_assert_cmpuint(g_hash_table_size(guest->msrs), ==, 3);
        g_assert_cmphex(*(uint64_t *) g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0xce)), ==,
                        1);
        g_assert_cmphex(*(uint64_t *) g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0x10a)), ==,
                        UINT64_C(0x8000000000000003));
        g_assert_cmphex(*(uint64_t *) g_hash_table_lookup(guest->msrs, GUINT_TO_POINTER(0x8b)), ==,
                        5);

        /* Kernels have 0xce and do not list it. */
        g_assert_cmphex(unknown_msr_mask(guest->unknown, 0xce), ==, ~UINT64_C(1));
        g_assert_cmphex(unknown_msr_mask(guest->unknown, 0x10a), ==, 0);

        alone = template_apply(template, offer, NULL);
        g_assert_cmpuint(g_hash_table_size(alone->msrs), ==, 3);
        g_assert_cmphex(unknown_msr_mask(alone->unknown, 0x10a), ==, ~UINT64_C(0xf));
        g_assert_true(guest_get_msr(alone, 0x10a, &value));
        g_assert_cmphex(value, ==, 0x3);
        g_assert_cmphex(unknown_msr_mask(alone->unknown, 0x8b), ==, 0);
        g_assert_cmphex(unknown_msr_mask(alone->unknown, 0xce), ==, ~UINT64_C(1));
}

/* Of what it does not decide, and the host does not tell, nothing is to be said. */
static void test_msr_that_is_left_alone(void) {
        const TemplateMsr msr = { .index = 0x10a };
        g_autoptr(LeafTable) offer = leaf_table_new();
        g_autoptr(Template) template = template_new();
        g_autoptr(Guest) guest = NULL;

        g_array_append_val(template->msrs, msr);
        guest = template_apply(template, offer, NULL);
        g_assert_false(guest_has_msr(guest, 0x10a));
        g_assert_null(guest->unknown);
}

static void test_name_and_capabilities(void) {
        g_autoptr(LeafTable) offer = leaf_table_new();
        g_autoptr(Template) template = template_new(), copy = NULL;
        g_autoptr(Guest) guest = NULL;

        template->name = g_strdup("vm1");
        template->has_capabilities = true;
        copy = template_copy(template);
        guest = template_apply(copy, offer, NULL);
        g_assert_cmpstr(guest->name, ==, "vm1");
        g_assert_cmphex(guest->capabilities, ==, 0);
}

static void test_too_many(void) {
        g_autoptr(Template) template = template_new();

        for (unsigned i = 0; i < TEMPLATE_ROWS_MAX; i++)
                g_assert_nonnull(template_get_row(template, i, 0, 0));
        g_assert_null(template_get_row(template, 0, 1, 1));
        g_assert_cmphex(template_get_row(template, 5, 0, 0)->leaf, ==, 5);

        for (unsigned i = 0; i < TEMPLATE_MSRS_MAX; i++)
                g_assert_nonnull(template_get_msr(template, i));
        g_assert_null(template_get_msr(template, UINT32_MAX));
        g_assert_cmphex(template_get_msr(template, 5)->index, ==, 5);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(apply_cases); i++) {
                g_autofree char *path = g_strdup_printf("/template/apply/%s", apply_cases[i].name);

                g_test_add_data_func(path, &apply_cases[i], test_apply);
        }

        g_test_add_func("/template/msrs", test_msrs);
        g_test_add_func("/template/msr-that-is-left-alone", test_msr_that_is_left_alone);
        g_test_add_func("/template/name-and-capabilities", test_name_and_capabilities);
        g_test_add_func("/template/too-many", test_too_many);

        return g_test_run();
}
