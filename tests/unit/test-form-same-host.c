/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real machines, each of which is there in several forms: what two of them both tell is the same,
 * but for the topology in Xen's policies. Skipped where there is no corpus. */

#include <string.h>

#include "tests/unit/form-support.h"

typedef struct FileCase {
        const char *file; /* below same-host/MACHINE, or NULL: the one of InstLatx64 */
        const char *form;
        size_t step; /* of the cuts */
        bool is_policy;
} FileCase;

static const FileCase files[] = {
        { "cpuid-r-one.txt", "cpuid", 31, false },
        { "cpuid-r-all.txt", "cpuid", 499, false },
        { "kcpuid-r.txt", "kcpuid", 7, false },
        { "cpudata.xml", "libvirt", 131, false },
        { "libcpuid-raw.txt", "libcpuid", 97, false },
        { "xen-policy.txt", "xen", 7, true },
        { NULL, "aida64", 4999, false },
};

#define APIC_ID 0xff000000

/* Of which Xen has a bit only */
#define MSR_PLATFORM_INFO 0xce

/* Less is a reader that takes everything for unknown. */
#define N_TOLD_MIN 80

static char *path_of(const char *directory, const FileCase *c) {
        g_autofree char *machine = g_path_get_basename(directory);
        const char *end = strchr(machine, '\0');

        if (c->file)
                return g_build_filename(directory, c->file, NULL);

        /* "SkylakeXeon9" is of "SkylakeXeon_CPUID9.txt", but "_05" is a machine of its own. */
        while (end > machine && g_ascii_isdigit(end[-1]))
                end--;
        if (end > machine && end[-1] == '_')
                end = strchr(machine, '\0');
        return g_strdup_printf("%s/../../instlatx64/%.*s_CPUID%s.txt", directory,
                               (int) (end - machine), machine, end);
}

static char *read_file(const char *directory, const FileCase *c, size_t *ret_n) {
        g_autofree char *path = path_of(directory, c);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        g_file_get_contents(path, &text, ret_n, &error);
        g_assert_no_error(error);
        return text;
}

static Guest *read_guest(const char *directory, const FileCase *c) {
        size_t n;
        g_autofree char *text = read_file(directory, c, &n);
        g_autoptr(GError) error = NULL;
        Guest *guest = form_read(text, n, NULL, &error);

        g_assert_no_error(error);
        return guest;
}

/* What Xen empties in its policies: what the CPU decides that a guest runs on */
static uint32_t topology_bits(uint32_t leaf, Register reg) {
        if (leaf == 0x1 && reg == REGISTER_EBX)
                return APIC_ID;
        if ((leaf == 0xb || leaf == 0x1f || leaf == 0x80000026) && reg == REGISTER_EDX)
                return UINT32_MAX;
        if (leaf == 0x8000001e)
                return UINT32_MAX;
        return 0;
}

/* How many registers both tell */
static unsigned compare_rows(const Guest *one, const Guest *other, bool has_policy) {
        unsigned n_told = 0;

        for (size_t i = 0; i < leaf_table_size(one->table); i++) {
                const Leaf *row = leaf_table_at(one->table, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++) {
                        uint32_t untold = unknown_mask(one->unknown, row->leaf, row->subleaf, reg) |
                                unknown_mask(other->unknown, row->leaf, row->subleaf, reg) |
                                (has_policy ? topology_bits(row->leaf, reg) : 0);
                        uint32_t value = form_register(other, row->leaf, row->subleaf, reg);

                        if ((row->registers[reg] ^ value) & ~untold)
                                g_test_message("0x%x.%u:%s is 0x%x and 0x%x", row->leaf,
                                               row->subleaf, register_to_string(reg),
                                               row->registers[reg], value);
                        g_assert_cmphex((row->registers[reg] ^ value) & ~untold, ==, 0);
                        n_told += untold != UINT32_MAX;
                }
        }

        return n_told;
}

static void compare_msrs(const Guest *one, const Guest *other, bool has_policy) {
        GHashTableIter iter;
        void *key, *value;

        if (!one->msrs || !other->msrs)
                return;

        g_hash_table_iter_init(&iter, one->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                const uint64_t *same = g_hash_table_lookup(other->msrs, key);

                if (!same || (has_policy && GPOINTER_TO_UINT(key) == MSR_PLATFORM_INFO))
                        continue;
                g_test_message("msr 0x%x", GPOINTER_TO_UINT(key));
                g_assert_cmphex(*same, ==, *(const uint64_t *) value);
        }
}

static void compare(const Guest *one, const Guest *other, bool has_policy) {
        g_assert_cmpuint(compare_rows(one, other, has_policy), >=, N_TOLD_MIN);
        (void) compare_rows(other, one, has_policy);
        compare_msrs(one, other, has_policy);
}

static void test_same(const void *data) {
        const char *directory = data;
        g_autoptr(GPtrArray) guests = g_ptr_array_new_with_free_func((GDestroyNotify) guest_free);

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                Guest *guest = read_guest(directory, &files[i]);
                g_autofree char *unknown = form_unknown(guest);

                g_ptr_array_add(guests, guest);
                g_test_message("%s: %zu rows, %u MSRs, unknown: %s", files[i].form,
                               leaf_table_size(guest->table),
                               guest->msrs ? g_hash_table_size(guest->msrs) : 0, unknown);
                for (size_t j = 0; j < i; j++) {
                        g_test_message("%s and %s", files[j].form, files[i].form);
                        compare(guests->pdata[j], guest, files[j].is_policy || files[i].is_policy);
                }
        }
}

static void test_cuts(const void *data) {
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                size_t n;
                g_autofree char *text = read_file(data, &files[i], &n);

                form_assert_cuts(text, n, files[i].form, files[i].step);
        }
}

static void test_skipped(void) {
        g_test_skip("there is no corpus");
}

int main(int argc, char **argv) {
        const char *top = g_getenv("top_srcdir") ?: ".";
        g_autofree char *directory =
                g_build_filename(top, "..", "shared", "corpus", "same-host", NULL);
        g_autoptr(GDir) machines = g_dir_open(directory, 0, NULL);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        const char *machine;

        g_test_init(&argc, &argv, NULL);

        while (machines && (machine = g_dir_read_name(machines))) {
                g_autofree char *same = g_strdup_printf("/form-same-host/%s/same", machine);
                g_autofree char *cuts = g_strdup_printf("/form-same-host/%s/cuts", machine);
                char *path = g_build_filename(directory, machine, NULL);

                g_ptr_array_add(paths, path);
                g_test_add_data_func(same, path, test_same);
                g_test_add_data_func(cuts, path, test_cuts);
        }
        if (!machines)
                g_test_add_func("/form-same-host/skipped", test_skipped);

        return g_test_run();
}
