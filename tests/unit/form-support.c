/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/form-support.h"

#include <string.h>

/* A guest or a template in @ret */
static bool read_exact(const char *text, size_t n_text, const char *form, FormatInput *ret,
                       GError **error) {
        g_autofree char *exact = g_malloc(MAX(n_text, 1));
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;

        memcpy(exact, text, n_text);
        options.form = form;
        return format_read_guest(exact, n_text, &options, ret, error);
}

Guest *form_read(const char *text, size_t n_text, const char *form, GError **error) {
        g_auto(FormatInput) input = {};

        if (!read_exact(text, n_text, form, &input, error))
                return NULL;

        if (input.template)
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "is a template");
        return g_steal_pointer(&input.guest);
}

Guest *form_read_applied(const char *text, size_t n_text, const char *form, GError **error) {
        g_autoptr(LeafTable) nothing = leaf_table_new();
        g_auto(FormatInput) input = {};

        if (!read_exact(text, n_text, form, &input, error))
                return NULL;

        return input.template ? template_apply(input.template, nothing, NULL) :
                                g_steal_pointer(&input.guest);
}

Guest *form_guest(const char *text, const char *form, char **warnings) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        options.form = form;
        format_read_guest(text, strlen(text), &options, &input, &error);
        g_assert_no_error(error);
        g_assert_nonnull(input.guest);

        if (warnings) {
                g_ptr_array_add(input.warnings, NULL);
                *warnings = g_strjoinv("\n", (char **) input.warnings->pdata);
        }
        return g_steal_pointer(&input.guest);
}

void form_assert_refused(const char *text, const char *form, const char *message) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = form_read(text, strlen(text), form, &error);

        g_assert_null(guest);
        g_assert_nonnull(error);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, message));
        g_assert_null(strchr(error->message, '\n'));
}

char *form_rows(const Guest *guest) {
        GString *rows = g_string_new(NULL);

        for (size_t i = 0; i < leaf_table_size(guest->table); i++) {
                const Leaf *row = leaf_table_at(guest->table, i);

                g_string_append_printf(rows, "%s0x%x.%u", i > 0 ? " " : "", row->leaf,
                                       row->subleaf);
        }

        return g_string_free(rows, FALSE);
}

char *form_unknown(const Guest *guest) {
        g_auto(GStrv) texts = unknown_to_texts(guest->unknown);

        return g_strjoinv(" ", texts);
}

uint32_t form_register(const Guest *guest, uint32_t leaf, uint32_t subleaf, Register reg) {
        const Leaf *row = leaf_table_find(guest->table, leaf, subleaf);

        return row ? row->registers[reg] : 0;
}

/* Each row of @one against what @other has at its place, where both tell */
static char *compare_rows(const Guest *one, const Guest *other) {
        for (size_t i = 0; i < leaf_table_size(one->table); i++) {
                const Leaf *row = leaf_table_at(one->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t told = ~unknown_mask(one->unknown, row->leaf, row->subleaf, reg) &
                                ~unknown_mask(other->unknown, row->leaf, row->subleaf, reg);
                        uint32_t value = form_register(other, row->leaf, row->subleaf, reg);

                        if ((row->registers[reg] ^ value) & told)
                                return g_strdup_printf("0x%x.%u:%s is 0x%x and 0x%x", row->leaf,
                                                       row->subleaf, register_to_string(reg),
                                                       row->registers[reg], value);
                }
        }

        return NULL;
}

static char *compare_msrs(const Guest *whole, const Guest *cut) {
        GHashTableIter iter;
        void *key, *value;

        if (!cut->msrs)
                return NULL;

        g_hash_table_iter_init(&iter, cut->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                const uint64_t *other = whole->msrs ? g_hash_table_lookup(whole->msrs, key) : NULL;

                uint64_t told = ~unknown_msr_mask(whole->unknown, GPOINTER_TO_UINT(key)) &
                        ~unknown_msr_mask(cut->unknown, GPOINTER_TO_UINT(key));

                if (!other || ((*other ^ *(const uint64_t *) value) & told))
                        return g_strdup_printf("msr 0x%x is another", GPOINTER_TO_UINT(key));
        }

        return NULL;
}

char *form_check_cut(const Guest *whole, const char *text, size_t n_text, const char *form) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) cut = form_read_applied(text, n_text, form, &error);
        char *wrong;

        if (!cut)
                return strchr(error->message, '\n') ? g_strdup("its error has two lines") : NULL;

        wrong = compare_rows(cut, whole);
        if (!wrong)
                wrong = compare_rows(whole, cut);
        return wrong ? wrong : compare_msrs(whole, cut);
}

Host *form_read_host(const char *text, size_t n_text, const char *form, GError **error) {
        g_autofree char *exact = g_malloc(MAX(n_text, 1));
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};

        memcpy(exact, text, n_text);
        options.form = form;
        if (!format_read_host(exact, n_text, &options, &input, error))
                return NULL;

        return g_steal_pointer(&input.host);
}

/* The guest that has all that every kind of CPU of the host has */
static Guest *guest_of_common(const Host *host) {
        Guest *guest = guest_new(leaf_table_copy(host_common(host)));

        if (host_unknown(host))
                guest_take_unknown(guest, unknown_copy(host_unknown(host)));
        return guest;
}

char *form_check_cut_host(const Host *whole, const char *text, size_t n_text, const char *form) {
        g_autoptr(Host) cut = form_read_host(text, n_text, form, NULL);
        g_autoptr(Guest) one = NULL, other = NULL;
        char *wrong;

        if (!cut || kinds_size(host_kinds(whole)) > 0)
                return NULL;

        one = guest_of_common(whole);
        other = guest_of_common(cut);
        wrong = compare_rows(one, other);
        return wrong ? wrong : compare_rows(other, one);
}

void form_assert_cuts(const char *text, size_t n_text, const char *form, size_t step) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) whole = form_read(text, n_text, form, &error);

        g_assert_no_error(error);
        for (size_t n = 0; n < n_text; n += step) {
                g_autofree char *wrong = form_check_cut(whole, text, n, form);

                if (wrong)
                        g_test_message("cut off at byte %zu: %s", n, wrong);
                g_assert_null(wrong);
        }
}

char *form_write(const Guest *guest, const char *form, char **losses) {
        g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        const Format *format = format_find_writer(form, &error);
        FormatOutput output = {
                .guest = guest,
                .text = g_string_new(NULL),
                .losses = sentences,
        };

        g_assert_no_error(error);
        format->write(&output);
        g_ptr_array_add(sentences, NULL);
        if (losses)
                *losses = g_strjoinv("\n", (char **) sentences->pdata);
        return g_string_free(output.text, FALSE);
}

Guest *form_write_and_read(const Guest *guest, const char *form, char **losses) {
        g_autofree char *text = form_write(guest, form, losses);
        g_autoptr(GError) error = NULL;
        Guest *again = form_read(text, strlen(text), form, &error);

        g_assert_no_error(error);
        return again;
}
