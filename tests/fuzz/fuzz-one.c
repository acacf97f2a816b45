/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes in a form, as a guest and as a host; what comes of them is written in every form, checked
 * against itself, and what our own JSON makes of it is read again. */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include <glib.h>

#include "client/formats/format.h"
#include "policy/check.h"
#include "policy/offer.h"

/* A sentence, or the one who wrote it is wrong */
static void check_error(const GError *error) {
        g_assert_nonnull(error);
        g_assert_true(*error->message != '\0');
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
}

static void check_warnings(const GPtrArray *warnings) {
        for (size_t i = 0; warnings && i < warnings->len; i++) {
                g_assert_nonnull(warnings->pdata[i]);
                g_assert_true(g_utf8_validate(warnings->pdata[i], -1, NULL));
                g_assert_null(strchr(warnings->pdata[i], '\n'));
        }
}

static void check_written(const Guest *guest, const char *form, const char *text, size_t n_text) {
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) again = {};
        g_autoptr(GError) error = NULL;

        options.form = form;
        if (!format_read_guest(text, n_text, &options, &again, &error)) {
                check_error(error);
                return;
        }

        if (g_str_equal(form, "json") && !again.host && !guest->duplicates)
                g_assert_cmpmem(leaf_table_words(guest->table),
                                leaf_table_size(guest->table) * sizeof(Leaf),
                                leaf_table_words(again.guest->table),
                                leaf_table_size(again.guest->table) * sizeof(Leaf));
}

static void write_all(const Guest *guest, Host *host) {
        for (size_t i = 0; format_table[i]; i++) {
                g_autoptr(GPtrArray) losses = g_ptr_array_new_with_free_func(g_free);
                FormatOutput output = { .guest = guest, .host = host, .losses = losses };

                if (!format_table[i]->write || (format_table[i]->is_host_only && !host))
                        continue;

                output.text = g_string_new(NULL);
                format_table[i]->write(&output);
                check_warnings(losses);
                if (format_table[i]->read)
                        check_written(guest, format_table[i]->name, output.text->str,
                                      output.text->len);
                g_string_free(output.text, TRUE);
        }
}

static void judge_guest(const Guest *guest, Host *host) {
        g_autoptr(Offer) offer = offer_new(host, guest->capabilities);
        g_auto(Verdict) verdict = {};
        bool accepts = check_accepts(offer, guest);

        check(offer, guest, 0, &verdict);
        if (accepts)
                g_assert_true(verdict.kind == VERDICT_SUPPORTED);
}

static void read_guest(const FormatOptions *options, const char *text, size_t n_text) {
        g_auto(FormatInput) input = {}, host = {};
        g_autoptr(GError) error = NULL;

        if (!format_read_guest(text, n_text, options, &input, &error)) {
                check_error(error);
                return;
        }

        check_warnings(input.warnings);
        if (!input.guest) {
                g_autoptr(LeafTable) nothing = leaf_table_new();

                g_assert_nonnull(input.template);
                input.guest = template_apply(input.template, nothing, NULL);
        }
        write_all(input.guest, input.host);

        if (!format_read_host(text, n_text, options, &host, &error)) {
                check_error(error);
                return;
        }
        judge_guest(input.guest, host.host);
}

void fuzz_one(const char *form, const uint8_t *bytes, size_t n_bytes) {
        /* Of exactly its size: what is read beyond it is found out. */
        g_autofree char *text = g_malloc(MAX(n_bytes, 1));
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;

        if (n_bytes > 0)
                memcpy(text, bytes, n_bytes);
        options.form = form;
        read_guest(&options, text, n_bytes);
}
