/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's own reading of recorded machines, by names, against their registers and against what
 * QEMU answered on them: of each bit that both tell they tell the same. Skipped where the corpus,
 * or libvirt with its CPU models, is not at hand. */

#include <string.h>

#include "client/formats/cpu-map.h"
#include "tests/unit/form-support.h"

/* Bits that the machine has and its file of names does not */
typedef struct Untold {
        uint32_t leaf;
        uint32_t masks[N_REGISTERS];
} Untold;

static const Untold untold[] = {
        /* SGX: the models know a name that is younger than the files. TSX: libvirt has taken it
         * from Haswell. */
        { 0x7, { [REGISTER_EBX] = 0x00000814 } },
        /* RDTSCP: the guest of the file is told not to have it. */
        { 0x80000001, { [REGISTER_EDX] = 0x08000000 } },
        /* CLZERO and XSAVEERPTR, and all of nested SVM: younger names */
        { 0x80000008, { [REGISTER_EBX] = 0x00000005 } },
        { 0x8000000a, { [REGISTER_EDX] = UINT32_MAX } },
};

static uint32_t untold_mask(uint32_t leaf, Register reg) {
        for (size_t i = 0; i < G_N_ELEMENTS(untold); i++)
                if (untold[i].leaf == leaf)
                        return untold[i].masks[reg];

        return 0;
}

static Guest *read_recorded(const char *directory, const char *machine, const char *kind) {
        g_autofree char *name = g_strconcat(machine, kind, NULL);
        g_autofree char *path = g_build_filename(directory, name, NULL), *text = NULL;

        g_test_message("%s", name);
        return g_file_get_contents(path, &text, NULL, NULL) ? form_guest(text, NULL, NULL) : NULL;
}

static uint32_t both_tell(const Guest *one, const Guest *other, const Leaf *row, Register reg) {
        return ~unknown_mask(one->unknown, row->leaf, row->subleaf, reg) &
                ~unknown_mask(other->unknown, row->leaf, row->subleaf, reg);
}

/* How many bits of @one's rows are the same in both */
static unsigned compare(const Guest *one, const Guest *other, bool is_of_names) {
        unsigned n = 0;

        for (size_t i = 0; i < leaf_table_size(one->table); i++) {
                const Leaf *row = leaf_table_at(one->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t told = both_tell(one, other, row, reg);
                        uint32_t value = form_register(other, row->leaf, row->subleaf, reg);
                        uint32_t more = (row->registers[reg] & ~value) & told;
                        uint32_t expected = is_of_names ? 0 : untold_mask(row->leaf, reg);

                        if (more & ~expected)
                                g_test_message("0x%x.%u:%s has 0x%x more", row->leaf, row->subleaf,
                                               register_to_string(reg), more & ~expected);
                        g_assert_cmphex(more & ~expected, ==, 0);
                        n += (unsigned) __builtin_popcount(told & ~more);
                }
        }

        return n;
}

/* @suffix: of the names */
static void check_names(const Guest *real, const char *directory, const char *machine,
                        const char *suffix) {
        g_autoptr(Guest) named = read_recorded(directory, machine, suffix);

        g_assert_nonnull(named);
        g_assert_cmpuint(compare(named, real, true), >=, 100);
        (void) compare(real, named, false);
}

static void check_machine(const char *directory, const char *machine) {
        g_autoptr(Guest) data = read_recorded(directory, machine, ".xml");
        g_autoptr(Guest) answer = read_recorded(directory, machine, ".json");

        g_assert_nonnull(data);
        check_names(data, directory, machine, "-guest.xml");
        check_names(data, directory, machine, "-host.xml");
        if (answer)
                check_names(answer, directory, machine, "-json.xml");
}

static void test_libvirt(void) {
        g_autofree char *directory =
                g_test_build_filename(G_TEST_DIST, "..", "shared", "corpus", "libvirt", NULL);
        g_autoptr(GDir) files = g_dir_open(directory, 0, NULL);
        const char *name;

        if (!files || !g_file_test(CPU_MAP_DIRECTORY "/index.xml", G_FILE_TEST_EXISTS)) {
                g_test_skip("there is no corpus, or no libvirt");
                return;
        }

        while ((name = g_dir_read_name(files))) {
                g_autofree char *machine = g_strndup(name, MAX(strlen(name), 4) - strlen(".sig"));

                if (g_str_has_suffix(name, ".sig"))
                        check_machine(directory, machine);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/corpus-libvirt", test_libvirt);
        return g_test_run();
}
