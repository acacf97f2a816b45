/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* replay [--cuts N | --every-cut] FORM FILE...: each file through its form, or with "any" through
 * the one that is found, as the fuzzers do; and N copies that are cut off somewhere, or one for
 * each byte, which may lose and may not lie. TAP, one line a file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/formats/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/form-support.h"

/* The beginning of a file, where the first CPU is, and its end */
#define NEAR (24u * 1024)

/* A larger file is not cut off at every byte but at those of its beginning and its end. */
#define WHOLE_MAX (64u * 1024)
#define EVERY_FIRST (48u * 1024)
#define EVERY_LAST (8u * 1024)

static int arg_cuts;
static gboolean arg_every, arg_forms, arg_list, arg_quiet;

static const GOptionEntry options[] = {
        { "list", 0, 0, G_OPTION_ARG_NONE, &arg_list, "The names of all forms that are text",
          NULL },
        { "forms", 0, 0, G_OPTION_ARG_NONE, &arg_forms, "The form of each file", NULL },
        { "quiet", 0, 0, G_OPTION_ARG_NONE, &arg_quiet, "One line for all files", NULL },
        { "cuts", 0, 0, G_OPTION_ARG_INT, &arg_cuts, "How many copies to cut off", "N" },
        { "every-cut", 0, 0, G_OPTION_ARG_NONE, &arg_every, "A copy for each byte", NULL },
        {},
};

/* Half of the cuts at the ends of lines, which look the most like a whole file */
static size_t choose_cut(GRand *random, const char *text, size_t n_text) {
        size_t n = g_rand_int_range(random, 0, MIN(n_text, NEAR));
        const char *newline;

        if (g_rand_boolean(random)) {
                newline = memchr(text + n, '\n', n_text - n);
                if (newline)
                        n = newline - text + g_rand_int_range(random, 0, 2);
        }
        return n;
}

static char *replay_cut(const Guest *whole, const char *form, const char *text, size_t n) {
        g_autofree char *wrong = form_check_cut(whole, text, n, form);

        return wrong ? g_strdup_printf("cut off at byte %zu: %s", n, wrong) : NULL;
}

static char *replay_some_cuts(const Guest *whole, const char *form, const char *text,
                              size_t n_text) {
        g_autoptr(GRand) random = g_rand_new_with_seed(n_text);
        char *wrong = NULL;

        for (int i = 0; n_text > 0 && i < arg_cuts && !wrong; i++)
                wrong = replay_cut(whole, form, text, choose_cut(random, text, n_text));

        return wrong;
}

static char *replay_cut_host(const Host *whole, const char *form, const char *text, size_t n) {
        g_autofree char *wrong = whole ? form_check_cut_host(whole, text, n, form) : NULL;

        return wrong ? g_strdup_printf("cut off at byte %zu, as a host: %s", n, wrong) : NULL;
}

/* @ret_n: how many copies were read */
static char *replay_every_cut(const Guest *whole, const char *form, const char *text, size_t n_text,
                              size_t *ret_n) {
        g_autoptr(Host) host = form_read_host(text, n_text, form, NULL);
        bool is_whole = n_text <= WHOLE_MAX;
        char *wrong = NULL;

        for (size_t n = 0; n < n_text && !wrong; n++) {
                if (!is_whole && n == EVERY_FIRST)
                        n = n_text - EVERY_LAST;
                wrong = replay_cut(whole, form, text, n);
                if (!wrong)
                        wrong = replay_cut_host(host, form, text, n);
                (*ret_n)++;
        }

        return wrong;
}

/* What is wrong with a copy, or NULL */
static char *replay_cuts(const char *form, const char *text, size_t n_text, size_t *ret_n) {
        g_autoptr(Guest) whole = form_read_applied(text, n_text, form, NULL);

        if (!whole)
                return NULL;
        if (arg_every)
                return replay_every_cut(whole, form, text, n_text, ret_n);
        return replay_some_cuts(whole, form, text, n_text);
}

/* The name of the form that reads it, for cuts may look like nothing */
static const char *find_form(const char *text, size_t n_text) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->looks_like && format_table[i]->looks_like(text, n_text))
                        return format_table[i]->name;

        return NULL;
}

static bool replay(const char *form, const char *path, unsigned number) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *wrong = NULL;
        const char *found = form;
        size_t n_text, n_cuts = 0;

        if (!file_read(path, &text, &n_text, &error)) {
                printf("not ok %u - %s: %s\n", number, path, error->message);
                return false;
        }

        fuzz_one(form, (const uint8_t *) text, n_text);
        if (!found)
                found = find_form(text, n_text);
        if (found)
                wrong = replay_cuts(found, text, n_text, &n_cuts);
        if (arg_quiet && !wrong)
                return true;
        printf("%sok %u - %s (%s)%s%s", wrong ? "not " : "", number, path, found ?: "no form",
               wrong ? ": " : "", wrong ?: "");
        if (arg_every)
                printf(", %zu cuts", n_cuts);
        putchar('\n');
        return !wrong;
}

static int print_forms(void) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->read)
                        puts(format_table[i]->name);

        return EXIT_SUCCESS;
}

static void print_form(const char *path) {
        g_autofree char *text = NULL;
        size_t n_text;
        const char *form = file_read(path, &text, &n_text, NULL) ? find_form(text, n_text) : NULL;

        printf("%s\t%s\n", form ?: "none", path);
}

int main(int argc, char **argv) {
        g_autoptr(GOptionContext) context = g_option_context_new("FORM FILE...");
        g_autoptr(GError) error = NULL;
        bool is_good = true;

        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error) ||
            (!arg_list && !arg_forms && argc < 3)) {
                fprintf(stderr, "replay: %s\n", error ? error->message : "expected FORM FILE...");
                return EXIT_FAILURE;
        }

        if (arg_list)
                return print_forms();

        if (arg_forms) {
                for (int i = 1; i < argc; i++)
                        print_form(argv[i]);
                return EXIT_SUCCESS;
        }

        for (int i = 2; i < argc; i++)
                is_good &= replay(g_str_equal(argv[1], "any") ? NULL : argv[1], argv[i], i - 1);
        if (arg_quiet)
                printf("%sok 1 - %d files as %s\n", is_good ? "" : "not ", argc - 2, argv[1]);
        printf("1..%d\n", arg_quiet ? 1 : argc - 2);
        return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
