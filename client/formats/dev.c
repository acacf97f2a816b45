/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* /dev/cpu/N/cpuid: what the CPUID instruction answers on CPU N of this machine. Inside a guest
 * that is what the guest was given, all of it. Anything that is not this device is refused before
 * it is read: the answers of another one would make a table, too. */

/* The device takes positions of 64 bits, on systems of 32 bits, too. */
#define _FILE_OFFSET_BITS 64

#include "client/formats/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/formats/file.h"
#include "client/formats/format.h"

/* Linux, Documentation/admin-guide/devices.txt: CPU CPUID information */
#define CPUID_MAJOR 203

#define EXPECTED "expected /dev/cpu/N/cpuid, or N alone"

G_STATIC_ASSERT(sizeof(off_t) == sizeof(uint64_t));

typedef struct Device {
        int fd;
        uint32_t leaf; /* that was asked for last */
        uint32_t subleaf;
        int error; /* errno of that; 0: none, and less than an answer came */
} Device;

static void device_done(Device *device) {
        if (device->fd >= 0)
                (void) close(device->fd);
        device->fd = -1;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Device, device_done)

/* Linux, arch/x86/kernel/cpuid.c: the position's lower half is EAX, its upper half ECX, and 16
 * bytes are the answer. */
static bool ask_device(void *userdata, uint32_t leaf, uint32_t subleaf,
                       uint32_t ret_registers[N_REGISTERS]) {
        const size_t size = N_REGISTERS * sizeof(uint32_t);
        Device *device = userdata;
        ssize_t n;

        device->leaf = leaf;
        device->subleaf = subleaf;
        do
                n = pread(device->fd, ret_registers, size, (uint64_t) subleaf << 32 | leaf);
        while (n < 0 && errno == EINTR);

        device->error = n < 0 ? errno : 0;
        return n == (ssize_t) size;
}

Dump *dev_read_cpuid(EnumerateFunc func, void *userdata, unsigned number) {
        g_autoptr(LeafTable) table = enumerate_cpuid(func, userdata, ENUMERATE_HYPERVISOR);
        g_autoptr(Dump) dump = dump_new();
        const Leaf *one;

        if (!table || !dump_begin_cpu(dump, number, 0, NULL))
                return NULL;

        dump->missing = DUMP_MISSING_ZERO;
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                DumpIndex index = row->flags & LEAF_FLAG_INDEXED ? DUMP_INDEX_YES : DUMP_INDEX_NO;

                /* Ranges that point into each other give a row twice, maybe of another moment. */
                (void) dump_add_row(dump, row, index, 0, NULL);
        }

        one = leaf_table_find(table, 1, 0);
        if (!one || !(one->registers[REGISTER_ECX] & UINT32_C(1) << 31))
                dump_warn(dump,
                          "no hypervisor shows itself here: this is what the processor has, "
                          "not what a guest was given");
        return g_steal_pointer(&dump);
}

/* "0" and "/dev/cpu/0" mean the device, too. */
static char *find_device(const char *path) {
        if (*path && strspn(path, "0123456789") == strlen(path))
                return g_strdup_printf("/dev/cpu/%s/cpuid", path);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
                return g_build_filename(path, "cpuid", NULL);

        return g_strdup(path);
}

static bool is_cpuid_device(const struct stat *st) {
        return S_ISCHR(st->st_mode) && major(st->st_rdev) == CPUID_MAJOR;
}

static bool is_path(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && is_cpuid_device(&st);
}

static void set_error_device(GError **error) {
        g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                            "is no CPUID device, " EXPECTED);
}

static void set_error_open(GError **error) {
        if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                                    "is not there, " EXPECTED
                                    ", of a CPU that is online; it takes the kernel's module "
                                    "cpuid ('modprobe cpuid')");
        else if (errno == EACCES || errno == EPERM)
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                                    "cannot be opened: permission denied, root is needed");
        else
                file_set_error_errno(error, "cannot be opened");
}

static bool device_open(Device *device, const char *path, unsigned *ret_number, GError **error) {
        g_autofree char *name = find_device(path);
        struct stat st;

        /* Before it is opened: opening may do something to another device. */
        if (stat(name, &st) < 0) {
                set_error_open(error);
                return false;
        }

        if (!is_cpuid_device(&st)) {
                set_error_device(error);
                return false;
        }

        device->fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (device->fd < 0 || fstat(device->fd, &st) < 0) {
                set_error_open(error);
                return false;
        }

        /* It may have become another one in between. */
        if (!is_cpuid_device(&st)) {
                set_error_device(error);
                return false;
        }

        *ret_number = minor(st.st_rdev);
        return true;
}

static void set_error_read(const Device *device, GError **error) {
        g_autofree char *what = g_strdup_printf("cannot be read at leaf 0x%x sub-leaf %u",
                                                device->leaf, device->subleaf);

        /* An answer that is too short is no error of the kernel's. */
        errno = device->error ?: EIO;
        file_set_error_errno(error, what);
}

static bool read_device(const char *path, const FormatOptions *options, FormatInput *ret,
                        GError **error) {
        g_auto(Device) device = { .fd = -1 };
        unsigned number;

        (void) options;
        if (g_str_equal(path, "-")) {
                set_error_device(error);
                return false;
        }

        if (!device_open(&device, path, &number, error))
                return false;

        ret->dump = dev_read_cpuid(ask_device, &device, number);
        if (!ret->dump)
                set_error_read(&device, error);
        return ret->dump != NULL;
}

const Format format_dev = {
        .name = "dev",
        .description = "/dev/cpu/N/cpuid, what this machine answers: a guest's own table inside it",
        .is_path = is_path,
        .read_path = read_device,
};
