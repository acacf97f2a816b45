/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The corpus has an index, written by another reader: whose CPU each file is of, its name and its
 * numbers. Where the corpus is beside this tree, ours find the same. */

#include <string.h>

#include "client/formats/format.h"
#include "tests/unit/form-support.h"

#define BRAND_FIRST 0x80000002
#define BRAND_LAST 0x80000004

/* The columns of the index */
enum { FILE_NAME, FORM, VENDOR, SIGNATURE, BRAND, CPUS, MSRS, N_COLUMNS };

/* What the index calls the forms */
static const char *const names[][2] = {
        { "aida64", "aida64" },           { "cpuid-r", "cpuid" },
        { "cpuid-r-one", "cpuid" },       { "firecracker-fingerprint", "firecracker" },
        { "kcpuid-r", "kcpuid" },         { "libcpuid-raw", "libcpuid" },
        { "libvirt-cpudata", "libvirt" }, { "xen-cpuid-p", "xen" },
};

static const Format *find_form(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_str_equal(names[i][0], name))
                        return format_find_reader(names[i][1], NULL);

        return NULL;
}

static char *vendor_of(const Guest *guest) {
        uint32_t words[] = {
                form_register(guest, 0, 0, REGISTER_EBX),
                form_register(guest, 0, 0, REGISTER_EDX),
                form_register(guest, 0, 0, REGISTER_ECX),
        };

        return g_strndup((const char *) words, sizeof(words));
}

/* "6-143-8": family, model, stepping */
static char *signature_of(const Guest *guest) {
        uint32_t eax = form_register(guest, 1, 0, REGISTER_EAX);
        unsigned family = eax >> 8 & 0xf, model = eax >> 4 & 0xf;

        if (family == 0xf)
                family += eax >> 20 & 0xff;
        if (family == 6 || family >= 0xf || (eax >> 16 & 0xf))
                model |= eax >> 12 & 0xf0;
        return g_strdup_printf("%u-%u-%u", family, model, eax & 0xf);
}

static char *brand_of(const Guest *guest) {
        GString *brand = g_string_new(NULL);

        for (uint32_t leaf = BRAND_FIRST; leaf <= BRAND_LAST; leaf++) {
                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t word = form_register(guest, leaf, 0, reg);

                        g_string_append_len(brand, (const char *) &word, sizeof(word));
                }
        }

        return g_strstrip(g_string_free(brand, FALSE));
}

static void check_guest(const Guest *guest, char **columns) {
        g_autofree char *vendor = vendor_of(guest);
        g_autofree char *signature = signature_of(guest);
        g_autofree char *brand = brand_of(guest);

        g_assert_cmpstr(vendor, ==, columns[VENDOR]);
        g_assert_cmpstr(signature, ==, columns[SIGNATURE]);
        g_assert_cmpstr(brand, ==, columns[BRAND]);
}

static unsigned count_cpus(const Dump *dump) {
        unsigned n = 0;

        for (size_t i = 0; i < dump->cpus->len; i++)
                n += leaf_table_size(((const DumpCpu *) dump->cpus->pdata[i])->table) > 0;

        return n;
}

/* In files without headings the index has not seen more than one CPU. */
static void check_cpus(const Dump *dump, uint64_t n) {
        if (n > 1 && !dump->alternatives)
                g_assert_cmpuint(count_cpus(dump), ==, n);
}

/* Of libvirt's files the index counts what the dump had that they were made from, and of Xen's
 * policies nothing. Of a dump's MSRs not all need be taken. */
static void check_msrs(const Dump *dump, const char *form, uint64_t n) {
        GHashTable *msrs = ((const DumpCpu *) dump->cpus->pdata[0])->msrs;
        unsigned n_found = msrs ? g_hash_table_size(msrs) : 0;

        if (g_str_equal(form, "libvirt-cpudata") || g_str_equal(form, "xen-cpuid-p"))
                return;
        if (g_str_equal(form, "aida64"))
                g_assert_cmpuint(n_found, <=, n);
        else
                g_assert_cmpuint(n_found, ==, n);
}

static void check_file(const char *directory, char **columns) {
        g_autofree char *path = g_build_filename(directory, columns[FILE_NAME], NULL);
        const Format *form = find_form(columns[FORM]);
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) guest = {}, input = {};
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        size_t n_text;

        g_test_message("%s", path);
        g_assert_nonnull(form);
        g_file_get_contents(path, &text, &n_text, &error);
        g_assert_no_error(error);

        format_read_guest(text, n_text, &options, &guest, &error);
        g_assert_no_error(error);
        check_guest(guest.guest, columns);

        g_assert_true(form->looks_like(text, n_text));
        form->read(text, n_text, &options, &input, &error);
        g_assert_no_error(error);
        check_cpus(input.dump, g_ascii_strtoull(columns[CPUS], NULL, 10));
        check_msrs(input.dump, columns[FORM], g_ascii_strtoull(columns[MSRS], NULL, 10));
}

static void test_index(void) {
        g_autofree char *directory =
                g_test_build_filename(G_TEST_DIST, "..", "shared", "corpus", NULL);
        g_autofree char *path = g_build_filename(directory, "INDEX.tsv", NULL);
        g_autofree char *index = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(path, &index, NULL, NULL)) {
                g_test_skip("there is no corpus beside this tree");
                return;
        }

        lines = g_strsplit(g_strchomp(index), "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), >, 1);
        for (size_t i = 1; lines[i]; i++) {
                g_auto(GStrv) columns = g_strsplit(lines[i], "\t", -1);

                g_assert_cmpuint(g_strv_length(columns), ==, N_COLUMNS);
                check_file(directory, columns);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/corpus-index", test_index);
        return g_test_run();
}
