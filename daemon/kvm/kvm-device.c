/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The descriptor of /dev/kvm and the system-wide questions to it: one function an ioctl. Refuses
 * what is not KVM, and turns each errno into words while it is still known whose it is. */

#include "daemon/kvm/kvm-device.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "daemon/kvm/error.h"

/* A kernel that lists more feature MSRs than this has lost its way; there are some 25 */
#define MSRS_MAX 4096

struct KvmDevice {
        int fd;
};

int kvm_ioctl(int fd, unsigned long request, uintptr_t argument) {
        int r;

        do
                r = ioctl(fd, request, argument);
        while (r < 0 && errno == EINTR);

        return r;
}

static void set_error_errno(GError **error, const char *name) {
        g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "%s: %s", name, g_strerror(errno));
}

/* "run as root or a member of group 'kvm'": whoever owns the device may be another group */
static char *say_who_may(const char *path) {
        struct stat status;
        const struct group *group;

        if (stat(path, &status) < 0 || !(status.st_mode & S_IRGRP) || !(status.st_mode & S_IWGRP))
                return g_strdup("run as root");

        group = getgrgid(status.st_gid);
        if (!group)
                return g_strdup_printf("run as root or a member of group %u", status.st_gid);

        return g_strdup_printf("run as root or a member of group '%s'", group->gr_name);
}

/* The kernel has the device as soon as a module serves it, with or without a file for it here */
static const char *say_what_is_missing(void) {
        return access("/sys/class/misc/kvm", F_OK) == 0 ?
                "KVM is loaded, but this container or unit has no device file for it" :
                "load kvm_intel or kvm_amd, and see that the firmware has virtualization turned on";
}

static void set_open_error(GError **error, const char *path, int code) {
        g_autofree char *who = NULL;

        switch (code) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_NO_DEVICE, "open %s: %s: %s", path,
                            g_strerror(code), say_what_is_missing());
                return;
        case EACCES:
                who = say_who_may(path);
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_PERMISSION, "open %s: %s: %s", path,
                            g_strerror(code), who);
                return;
        case EPERM:
                /* Nothing that the file's owner and mode could explain */
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_PERMISSION,
                            "open %s: %s: the device policy of the container or unit forbids it",
                            path, g_strerror(code));
                return;
        default:
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "open %s: %s", path,
                            g_strerror(code));
        }
}

KvmDevice *kvm_device_open(const char *path, GError **error) {
        g_autoptr(KvmDevice) device = g_new0(KvmDevice, 1);
        int version;

        do
                device->fd = open(path, O_RDWR | O_CLOEXEC);
        while (device->fd < 0 && errno == EINTR);

        if (device->fd < 0) {
                set_open_error(error, path, errno);
                return NULL;
        }

        version = kvm_ioctl(device->fd, KVM_GET_API_VERSION, 0);
        if (version < 0) {
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_VERSION,
                            "%s is not KVM: KVM_GET_API_VERSION: %s", path, g_strerror(errno));
                return NULL;
        }
        if (version != KVM_API_VERSION) {
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_VERSION,
                            "%s has version %d of KVM's API, expected %d", path, version,
                            KVM_API_VERSION);
                return NULL;
        }

        return g_steal_pointer(&device);
}

KvmDevice *kvm_device_free(KvmDevice *device) {
        if (!device)
                return NULL;

        if (device->fd >= 0)
                (void) close(device->fd);
        g_free(device);
        return NULL;
}

int kvm_device_fd(const KvmDevice *device) {
        return device->fd;
}

int kvm_device_check_extension(const KvmDevice *device, unsigned number) {
        return MAX(kvm_ioctl(device->fd, KVM_CHECK_EXTENSION, number), 0);
}

/* KVM_GET_CPUID2 of older kernels (6.1 does it) leaves nent as it was if there is room enough, so
 * that behind the rows there are some that we have zeroed ourselves. */
static size_t count_rows(const struct kvm_cpuid2 *cpuid) {
        static const struct kvm_cpuid_entry2 nothing;
        size_t n_rows = cpuid->nent;

        while (n_rows > 0 && memcmp(&cpuid->entries[n_rows - 1], &nothing, sizeof(nothing)) == 0)
                n_rows--;

        return n_rows;
}

int kvm_ioctl_read_cpuid(int fd, unsigned long request, LeafTable **ret) {
        g_autofree struct kvm_cpuid2 *cpuid =
                g_malloc0(sizeof(*cpuid) + LEAF_TABLE_MAX * sizeof(cpuid->entries[0]));
        LeafTable *table;

        /* E2BIG does not say how many it would take, and no kernel has more than this, so there
         * is nothing to grow to. Zeroed, since KVM_GET_EMULATED_CPUID looks at the padding. */
        cpuid->nent = LEAF_TABLE_MAX;
        if (kvm_ioctl(fd, request, (uintptr_t) cpuid) < 0)
                return errno;
        /* What it tells of and cannot have written is as good as what it says is too much. */
        if (cpuid->nent > LEAF_TABLE_MAX)
                return E2BIG;

        table = leaf_table_new();
        for (size_t i = 0; i < count_rows(cpuid); i++) {
                const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
                const Leaf row = {
                        .leaf = entry->function,
                        .subleaf = entry->index,
                        .flags = entry->flags,
                        .registers = { entry->eax, entry->ebx, entry->ecx, entry->edx },
                };

                leaf_table_add(table, &row);
        }

        *ret = table;
        return 0;
}

LeafTable *kvm_ioctl_get_cpuid(int fd, unsigned long request, const char *name, GError **error) {
        LeafTable *table;

        errno = kvm_ioctl_read_cpuid(fd, request, &table);
        if (errno == 0)
                return table;

        if (errno == E2BIG)
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                            "%s: expected at most %d rows, and there are more", name,
                            LEAF_TABLE_MAX);
        else
                set_error_errno(error, name);
        return NULL;
}

LeafTable *kvm_device_get_cpuid(const KvmDevice *device, KvmCpuid which, GError **error) {
        static const struct {
                const char *name;
                unsigned long request;
        } questions[N_KVM_CPUIDS] = {
                [KVM_CPUID_SUPPORTED] = { "KVM_GET_SUPPORTED_CPUID", KVM_GET_SUPPORTED_CPUID },
                [KVM_CPUID_EMULATED] = { "KVM_GET_EMULATED_CPUID", KVM_GET_EMULATED_CPUID },
                [KVM_CPUID_HYPERV] = { "KVM_GET_SUPPORTED_HV_CPUID", KVM_GET_SUPPORTED_HV_CPUID },
        };

        g_autoptr(LeafTable) table = kvm_ioctl_get_cpuid(device->fd, questions[which].request,
                                                         questions[which].name, error);

        /* Without it every guest would be refused, as if the CPU had nothing at all. */
        if (table && which == KVM_CPUID_SUPPORTED && !leaf_table_find(table, 0, 0)) {
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                            "%s: expected leaf 0x0, and it is not among its %zu rows",
                            questions[which].name, leaf_table_size(table));
                return NULL;
        }

        return g_steal_pointer(&table);
}

GArray *kvm_device_list_msrs(const KvmDevice *device, GError **error) {
        struct kvm_msr_list none = {};
        g_autofree struct kvm_msr_list *list = NULL;
        GArray *indexes;

        /* Other than with CPUID, E2BIG says how many there are */
        if (kvm_ioctl(device->fd, KVM_GET_MSR_FEATURE_INDEX_LIST, (uintptr_t) &none) < 0 &&
            errno != E2BIG) {
                set_error_errno(error, "KVM_GET_MSR_FEATURE_INDEX_LIST");
                return NULL;
        }

        none.nmsrs = MIN(none.nmsrs, MSRS_MAX);
        list = g_malloc0(sizeof(*list) + none.nmsrs * sizeof(list->indices[0]));
        list->nmsrs = none.nmsrs;
        if (kvm_ioctl(device->fd, KVM_GET_MSR_FEATURE_INDEX_LIST, (uintptr_t) list) < 0) {
                set_error_errno(error, "KVM_GET_MSR_FEATURE_INDEX_LIST");
                return NULL;
        }

        indexes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        if (list->nmsrs > 0)
                g_array_append_vals(indexes, list->indices, MIN(list->nmsrs, none.nmsrs));
        return indexes;
}

bool kvm_device_read_msr(const KvmDevice *device, uint32_t index, uint64_t *ret, GError **error) {
        g_autofree struct kvm_msrs *msrs = g_malloc0(sizeof(*msrs) + sizeof(msrs->entries[0]));
        int r;

        msrs->nmsrs = 1;
        msrs->entries[0].index = index;
        r = kvm_ioctl(device->fd, KVM_GET_MSRS, (uintptr_t) msrs);
        if (r < 0) {
                set_error_errno(error, "KVM_GET_MSRS");
                return false;
        }

        /* It answers how many it could read, and an MSR that it could not is no error to it */
        if (r != 1) {
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                            "KVM_GET_MSRS: MSR 0x%x cannot be read", index);
                return false;
        }

        *ret = msrs->entries[0].data;
        return true;
}

bool kvm_device_get_attribute(const KvmDevice *device, uint32_t group, uint64_t attribute,
                              uint64_t *ret, GError **error) {
        uint64_t value = 0;
        struct kvm_device_attr question = {
                .group = group,
                .attr = attribute,
                .addr = (uintptr_t) &value,
        };

        if (kvm_ioctl(device->fd, KVM_HAS_DEVICE_ATTR, (uintptr_t) &question) < 0) {
                set_error_errno(error, "KVM_HAS_DEVICE_ATTR");
                return false;
        }
        if (kvm_ioctl(device->fd, KVM_GET_DEVICE_ATTR, (uintptr_t) &question) < 0) {
                set_error_errno(error, "KVM_GET_DEVICE_ATTR");
                return false;
        }

        *ret = value;
        return true;
}
