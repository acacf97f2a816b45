/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One made-up CPU in every form: each is found by its content, and tells the same as the others as
 * far as it tells anything. */

#include <string.h>

#include "client/formats/file.h"
#include "tests/unit/form-support.h"

typedef struct SampleCase {
        const char *name; /* of the file, with the form in front of a full stop */
        bool is_template;
        bool is_partial; /* names or words: most is unknown */
} SampleCase;

static const SampleCase sample_cases[] = {
        { "aida64" },
        { "aida64.old" },
        { "cloud-hypervisor" },
        { "cloud-hypervisor.snapshot" },
        { "cpuid" },
        { "cpuid.two-cpus" },
        { "firecracker" },
        { "firecracker.fingerprint" },
        { "firecracker.template", .is_template = true },
        { "guest" },
        { "host" },
        { "kcpuid" },
        { "kvm" },
        { "kvm.bytes" },
        { "libcpuid" },
        { "libvirt" },
        { "libvirt-cpu.passthrough", .is_template = true },
        { "qemu.expansion", .is_partial = true },
        { "qemu.feature-words", .is_partial = true },
        { "qemu.session", .is_partial = true },
        { "xen" },
        { "xen-features", .is_partial = true },
};

static char *read_sample(const char *name, size_t *ret_n) {
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "samples", name, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        file_read(path, &text, ret_n, &error);
        g_assert_no_error(error);
        return text;
}

static const char *find_form(const char *text, size_t n_text) {
        for (size_t i = 0; format_table[i]; i++)
                if (format_table[i]->looks_like && format_table[i]->looks_like(text, n_text))
                        return format_table[i]->name;

        return NULL;
}

/* Where both tell: the same; and it does not say that it does not know nearly everything */
static void assert_same(const Guest *sample, const Guest *base, bool is_partial) {
        size_t n_told = 0;

        for (size_t i = 0; i < leaf_table_size(base->table); i++) {
                const Leaf *row = leaf_table_at(base->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t told =
                                ~unknown_mask(sample->unknown, row->leaf, row->subleaf, reg);
                        uint32_t value = form_register(sample, row->leaf, row->subleaf, reg);

                        if ((value ^ row->registers[reg]) & told)
                                g_test_message("0x%x.%u:%s is 0x%x, expected 0x%x", row->leaf,
                                               row->subleaf, register_to_string(reg), value,
                                               row->registers[reg]);
                        g_assert_cmphex((value ^ row->registers[reg]) & told, ==, 0);
                        n_told += told == UINT32_MAX;
                }
        }

        if (!is_partial)
                g_assert_cmpuint(n_told, >, leaf_table_size(base->table) * N_REGISTERS * 3 / 4);
}

static void test_sample(const void *data) {
        const SampleCase *c = data;
        g_auto(GStrv) parts = g_strsplit(c->name, ".", 2);
        g_autofree char *text = NULL, *base_text = NULL;
        size_t n_text, n_base_text;
        FormatOptions options = FORMAT_OPTIONS_DEFAULT;
        g_auto(FormatInput) input = {};
        g_autoptr(Guest) base = NULL;
        g_autoptr(GError) error = NULL;

        text = read_sample(c->name, &n_text);
        g_assert_cmpstr(find_form(text, n_text), ==, parts[0]);
        format_read_guest(text, n_text, &options, &input, &error);
        g_assert_no_error(error);
        g_assert_true((input.template != NULL) == c->is_template);
        if (c->is_template)
                return;

        /* A host stands for its offer, which is not its table. */
        if (input.host)
                return;
        base_text = read_sample("cpuid", &n_base_text);
        base = form_read(base_text, n_base_text, "cpuid", NULL);
        assert_same(input.guest, base, c->is_partial);
        form_assert_cuts(text, n_text, parts[0], 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(sample_cases); i++) {
                g_autofree char *path = g_strdup_printf("/samples/%s", sample_cases[i].name);

                g_test_add_data_func(path, &sample_cases[i], test_sample);
        }
        return g_test_run();
}
