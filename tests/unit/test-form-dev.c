/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The CPUID device: the walk with a CPU of our own, and every path that is no such device. The
 * device itself is read where there is one. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/formats/dev.h"
#include "tests/unit/form-support.h"

#define DEVICE "/dev/cpu/0/cpuid"

/* A guest's CPU, of which one leaf may fail to answer */
typedef struct FakeCpu {
        uint32_t hypervisor; /* leaf 1 ECX */
        uint32_t failing;    /* or UINT32_MAX */
} FakeCpu;

static bool answer(void *userdata, uint32_t leaf, uint32_t subleaf,
                   uint32_t ret_registers[N_REGISTERS]) {
        static const Leaf rows[] = {
                { .leaf = 0, .registers = { 7, 0x756e6547, 0x6c65746e, 0x49656e69 } },
                { .leaf = 7, .registers = { 1, 1, 0, 0 } },
                { .leaf = 7, .subleaf = 1, .registers = { 0x10, 0, 0, 0 } },
                { .leaf = 0x40000000, .registers = { 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d } },
                { .leaf = 0x40000001, .registers = { 0x01007efb, 0, 0, 0 } },
                { .leaf = 0x80000000, .registers = { 0x80000001, 0, 0, 0 } },
        };
        const FakeCpu *cpu = userdata;

        memset(ret_registers, 0, N_REGISTERS * sizeof(uint32_t));
        if (leaf == 1)
                ret_registers[REGISTER_ECX] = cpu->hypervisor;
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (rows[i].leaf == leaf && rows[i].subleaf == subleaf)
                        memcpy(ret_registers, rows[i].registers, sizeof(rows[i].registers));

        return leaf != cpu->failing;
}

static Guest *read_fake(FakeCpu *cpu, unsigned number, int64_t wanted, GPtrArray *warnings,
                        GError **error) {
        g_autoptr(Dump) dump = dev_read_cpuid(answer, cpu, number);

        return dump ? dump_to_guest(dump, wanted, warnings, error) : NULL;
}

static bool is_indexed(const Guest *guest, uint32_t leaf) {
        const Leaf *row = leaf_table_find(guest->table, leaf, 0);

        return row && (row->flags & LEAF_FLAG_INDEXED);
}

static void test_guest(void) {
        FakeCpu cpu = { .hypervisor = 0x80000000, .failing = UINT32_MAX };
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        g_autoptr(Guest) guest = read_fake(&cpu, 3, 3, warnings, &error);
        g_autofree char *rows = NULL, *unknown = NULL;

        g_assert_no_error(error);
        rows = form_rows(guest);
        unknown = form_unknown(guest);
        g_assert_cmpstr(rows, ==,
                        "0x0.0 0x1.0 0x2.0 0x3.0 0x4.0 0x5.0 0x6.0 0x7.0 0x7.1 0x40000000.0 "
                        "0x40000001.0 0x80000000.0 0x80000001.0");
        g_assert_cmpstr(unknown, ==, "");
        g_assert_cmphex(form_register(guest, 7, 1, REGISTER_EAX), ==, 0x10);
        g_assert_true(is_indexed(guest, 7));
        g_assert_false(is_indexed(guest, 1));
        g_assert_cmpuint(warnings->len, ==, 0);
}

/* The processor's table is one, too, but not a guest's. */
static void test_host(void) {
        FakeCpu cpu = { .failing = UINT32_MAX };
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(Guest) guest = read_fake(&cpu, 0, -1, warnings, NULL);
        const char *warning;

        g_assert_true(guest && !leaf_table_find(guest->table, 0x40000000, 0));
        g_assert_cmpuint(warnings->len, ==, 1);
        warning = g_ptr_array_index(warnings, 0);
        g_assert_true(warning && strstr(warning, "no hypervisor shows itself here"));
}

static void test_fails(void) {
        FakeCpu cpu = { .failing = 7 };

        g_assert_null(read_fake(&cpu, 0, -1, NULL, NULL));
}

static void test_other_cpu(void) {
        FakeCpu cpu = { .failing = UINT32_MAX };
        g_autoptr(GError) error = NULL;

        g_assert_null(read_fake(&cpu, 3, 4, NULL, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT);
        g_assert_cmpstr(error->message, ==, "has no CPU 4, expected one of: 3");
}

static void assert_refused(const char *path, const char *message) {
        FormatOptions options = { .form = "dev", .cpu = -1 };
        g_auto(FormatInput) input = {};
        g_autoptr(GError) error = NULL;

        g_assert_false(format_read_guest_path(path, &options, &input, &error));
        g_assert_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE);
        g_test_message("%s: %s", path, error->message);
        g_assert_nonnull(strstr(error->message, message));
        g_assert_null(strchr(error->message, '\n'));
}

#define IS_NO_DEVICE "is no CPUID device, expected /dev/cpu/N/cpuid, or N alone"
#define IS_NOT_THERE "is not there, expected /dev/cpu/N/cpuid, or N alone"

static void test_paths(void) {
        g_autofree char *directory = g_dir_make_tmp("test-form-dev-XXXXXX", NULL);
        g_autofree char *fifo = g_build_filename(directory, "fifo", NULL);
        g_autofree char *file = g_build_filename(directory, "cpuid", NULL);
        g_autofree char *loop = g_build_filename(directory, "loop", NULL);

        /* No other device is opened, and a FIFO is not waited for. */
        assert_refused("/dev/null", IS_NO_DEVICE);
        assert_refused("-", IS_NO_DEVICE);
        assert_refused("", IS_NOT_THERE);
        assert_refused("999999", IS_NOT_THERE);
        assert_refused("/dev/cpu/999999/cpuid", "'modprobe cpuid'");
        assert_refused(directory, IS_NOT_THERE);

        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        assert_refused(fifo, IS_NO_DEVICE);
        g_assert_true(g_file_set_contents(file, "0x00000001: ", -1, NULL));
        assert_refused(file, IS_NO_DEVICE);
        assert_refused(directory, IS_NO_DEVICE);
        g_assert_cmpint(symlink("loop", loop), ==, 0);
        assert_refused(loop, "cannot be opened: too many");

        unlink(fifo);
        unlink(file);
        unlink(loop);
        rmdir(directory);
}

static void test_text(void) {
        form_assert_refused("CPU:\n", "dev", "the form 'dev' is of no text, expected a path");
}

static void test_permission(void) {
        if (geteuid() == 0 || access(DEVICE, F_OK) < 0)
                g_test_skip("there is no " DEVICE ", or root runs this");
        else if (access(DEVICE, R_OK) < 0)
                assert_refused(DEVICE, "permission denied, root is needed");
}

/* With the form and without, by each of its names */
static void test_device(void) {
        static const struct {
                const char *path;
                const char *form;
        } names[] = { { DEVICE, "dev" }, { DEVICE }, { "/dev/cpu/0", "dev" }, { "0", "dev" } };

        if (access(DEVICE, R_OK) < 0) {
                g_test_skip("there is no " DEVICE " that can be read");
                return;
        }

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                FormatOptions options = { .form = names[i].form, .cpu = 0 };
                g_auto(FormatInput) input = {};
                g_autoptr(GError) error = NULL;
                g_autofree char *unknown = NULL;

                format_read_guest_path(names[i].path, &options, &input, &error);
                g_assert_no_error(error);
                unknown = form_unknown(input.guest);
                g_assert_cmpstr(unknown, ==, "");
                g_assert_nonnull(leaf_table_find(input.guest->table, 1, 0));
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/form-dev/guest", test_guest);
        g_test_add_func("/form-dev/host", test_host);
        g_test_add_func("/form-dev/fails", test_fails);
        g_test_add_func("/form-dev/other-cpu", test_other_cpu);
        g_test_add_func("/form-dev/paths", test_paths);
        g_test_add_func("/form-dev/text", test_text);
        g_test_add_func("/form-dev/permission", test_permission);
        g_test_add_func("/form-dev/device", test_device);
        return g_test_run();
}
