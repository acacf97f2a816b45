/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The order of the questions is what this file owns. The answer depends on the CPU that we are on
 * and on the permissions of the process, which are for life; a vCPU in turn ends the asking for
 * permissions. So: pin, everything that is the same for all, the other CPUs, and then for each view
 * (and for none) a process of its own, which asks for the permission, asks KVM, and makes a vCPU.
 *
 * Only the descriptor and KVM_GET_SUPPORTED_CPUID can fail the probe. Whatever else a kernel or a
 * sandbox refuses stays unrecorded, and the engine takes it for unknown. */

#include "daemon/kvm/probe.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kvm/affinity.h"
#include "daemon/kvm/apart.h"
#include "daemon/kvm/cpu-kinds.h"
#include "daemon/kvm/forced.h"
#include "daemon/kvm/hardware.h"
#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/kvm-extension.h"
#include "daemon/kvm/sysfs.h"
#include "daemon/kvm/varies.h"
#include "daemon/kvm/vcpu.h"
#include "policy/recording.h"

#define MSR_UCODE_REV 0x8b

#define AMX_VIEW "xcomp.amx"
#define XFEATURE_XTILE_DATA 18

/* Far more than it takes, and far less than our own time is */
#define VIEW_TIMEOUT_MS 5000

static bool device_has(const KvmDevice *device, const char *extension) {
        return kvm_device_check_extension(device, kvm_extension_number(extension)) > 0;
}

static void record_extensions(Host *host, const KvmDevice *device) {
        host_set_extensions_recorded(host);
        for (size_t i = 0; i < n_kvm_extensions; i++) {
                int value = kvm_device_check_extension(device, kvm_extensions[i].number);

                if (value > 0)
                        host_set_extension(host, kvm_extensions[i].name, value);
        }
}

/* A KVM without the ioctl surely has nothing to answer, which is not the same as not knowing */
static void record_answer(Host *host, HostTable which, const KvmDevice *device, KvmCpuid question,
                          bool has_question) {
        LeafTable *table =
                has_question ? kvm_device_get_cpuid(device, question, NULL) : leaf_table_new();

        if (table)
                host_take_table(host, which, table);
}

static void record_answers(Host *host, const KvmDevice *device) {
        record_answer(host, HOST_EMULATED, device, KVM_CPUID_EMULATED,
                      device_has(device, "KVM_CAP_EXT_EMUL_CPUID"));

        /* Before 5.11 only a vCPU answers it: there the table is unknown, not empty */
        if (device_has(device, "KVM_CAP_SYS_HYPERV_CPUID") ||
            !device_has(device, "KVM_CAP_HYPERV_CPUID"))
                record_answer(host, HOST_HYPERV, device, KVM_CPUID_HYPERV,
                              device_has(device, "KVM_CAP_SYS_HYPERV_CPUID"));
}

static void record_msrs(Host *host, const KvmDevice *device) {
        g_autoptr(GArray) indexes = NULL;

        if (!device_has(device, "KVM_CAP_GET_MSR_FEATURES"))
                return;

        indexes = kvm_device_list_msrs(device, NULL);
        if (!indexes)
                return;

        host_set_msrs_recorded(host);
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value;

                /* One by one: KVM_GET_MSRS stops at the first that it cannot read */
                if (kvm_device_read_msr(device, index, &value, NULL))
                        host_set_msr(host, index, value);
        }
}

static void record_attributes(Host *host, const KvmDevice *device) {
        host_set_attributes_recorded(host);
        if (!device_has(device, "KVM_CAP_SYS_ATTRIBUTES"))
                return;

        for (size_t i = 0; i < n_kvm_attributes; i++) {
                const KvmAttribute *attribute = &kvm_attributes[i];
                uint64_t value;

                if (kvm_device_get_attribute(device, attribute->group, attribute->number, &value,
                                             NULL))
                        host_set_attribute(host, attribute->name, value);
        }
}

/* Asks the other CPUs too, and comes back to the first. A CPU that is gone does not matter; one that
 * has no answer may have less than the others. */
static bool record_varying(Host *host, const KvmDevice *device, const Affinity *affinity,
                           const LeafTable *supported, size_t first, GError **error) {
        g_autoptr(CpuKinds) kinds = cpu_kinds_new(supported, first);
        g_autoptr(Varies) varies = varies_new();
        g_autoptr(GArray) places = NULL;

        for (size_t cpu = first + 1; affinity_next(affinity, cpu, &cpu); cpu++) {
                g_autoptr(LeafTable) other = NULL;

                if (!affinity_pin(affinity, cpu))
                        continue;

                other = kvm_device_get_cpuid(device, KVM_CPUID_SUPPORTED, error);
                if (!other) {
                        g_prefix_error(error, "CPU %zu: ", cpu);
                        return false;
                }
                varies_compare(varies, supported, other);
                cpu_kinds_add(kinds, cpu, other);
        }

        (void) affinity_pin(affinity, first);

        cpu_kinds_record(kinds, host_kinds_mutable(host));
        places = varies_places(varies);
        for (size_t i = 0; i < places->len; i++)
                host_add_varying(host, &g_array_index(places, Place, i));
        return true;
}

/* What a process of its own is asked */
typedef struct View {
        const KvmDevice *device;
        const char *name; /* NULL: with nothing enabled */
        int xfeature;     /* the permission that it asks for */
} View;

static bool set_cpuid(const void *vcpu, const LeafTable *table, GError **error) {
        return vcpu_set_cpuid(vcpu, table, error);
}

static LeafTable *get_cpuid(const void *vcpu, GError **error) {
        return vcpu_get_cpuid(vcpu, error);
}

/* Where no VM can be made, it is not known what this host forces. */
static void record_vcpu(Host *host, const KvmDevice *device, const LeafTable *supported) {
        g_autoptr(Vcpu) vcpu = vcpu_new(device, NULL);
        const ForcedSubject subject = { .set = set_cpuid, .get = get_cpuid, .subject = vcpu };

        if (!vcpu)
                return;

        host_info_mutable(host)->tsc_khz = vcpu_get_tsc_khz(vcpu);
        (void) forced_measure(&subject, supported, host_forced_mutable(host), NULL);
}

/* In the child: the host as it is with the view, of which there is nothing but what depends on it */
static char *ask_view(const void *userdata) {
        const View *view = userdata;
        g_autoptr(Host) host = host_new();
        LeafTable *supported;

        if (view->name && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_GUEST_PERM, view->xfeature) < 0)
                return NULL;

        supported = kvm_device_get_cpuid(view->device, KVM_CPUID_SUPPORTED, NULL);
        if (!supported)
                return NULL;

        host_take_table(host, HOST_SUPPORTED, supported);
        record_vcpu(host, view->device, supported);
        return host_seal(host, NULL) ? recording_write(host) : NULL;
}

static Host *view_host(const View *view) {
        g_autofree char *text = apart_ask(ask_view, view, RECORDING_MAX, VIEW_TIMEOUT_MS);

        return text ? recording_parse(text, strlen(text), NULL) : NULL;
}

static void record_base(Host *host, const KvmDevice *device) {
        const View view = { .device = device };
        g_autoptr(Host) base = view_host(&view);

        if (!base)
                return;

        host_info_mutable(host)->tsc_khz = host_info(base)->tsc_khz;
        forced_copy(host_forced_mutable(host), NULL, host_forced(base));
}

static void record_amx_view(Host *host, const KvmDevice *device) {
        const View view = { .device = device, .name = AMX_VIEW, .xfeature = XFEATURE_XTILE_DATA };
        g_autoptr(Host) with = NULL;
        uint64_t supported;

        if (!host_get_attribute(host, "KVM_X86_XCOMP_GUEST_SUPP", &supported) ||
            !(supported & (UINT64_C(1) << view.xfeature)))
                return;

        with = view_host(&view);
        if (!with)
                return;

        host_take_view(host, view.name, leaf_table_copy(host_table(with, HOST_SUPPORTED)));
        forced_copy(host_forced_mutable(host), view.name, host_forced(with));
}

/* Where sysfs has no microcode revision (a virtual machine, no driver), KVM has the MSR. Intel
 * keeps it in the upper half. */
static void record_microcode(Host *host) {
        HostInfo *info = host_info_mutable(host);
        uint64_t value;

        if (info->microcode || !host_get_msr(host, MSR_UCODE_REV, &value) || value == 0)
                return;

        info->microcode =
                g_strdup_printf("0x%x", (uint32_t) (value >> 32 != 0 ? value >> 32 : value));
}

static void record_time(Host *host) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();

        host_info_mutable(host)->probed_at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
}

static bool record(Host *host, const KvmDevice *device, GError **error) {
        g_autoptr(Affinity) affinity = affinity_new();
        LeafTable *supported;
        size_t cpu = 0;
        bool is_pinned;

        is_pinned = affinity && affinity_next(affinity, 0, &cpu) && affinity_pin(affinity, cpu);

        supported = kvm_device_get_cpuid(device, KVM_CPUID_SUPPORTED, error);
        if (!supported)
                return false;

        host_take_table(host, HOST_SUPPORTED, supported);
        host_take_table(host, HOST_HARDWARE, hardware_read());
        record_extensions(host, device);
        record_answers(host, device);
        record_msrs(host, device);
        record_attributes(host, device);
        if (is_pinned && !record_varying(host, device, affinity, supported, cpu, error))
                return false;

        record_base(host, device);
        record_amx_view(host, device);

        sysfs_describe(host, cpu);
        record_microcode(host);
        record_time(host);
        return true;
}

char *probe_record(GError **error) {
        g_autoptr(KvmDevice) device = kvm_device_open(KVM_DEVICE_PATH, error);
        g_autoptr(Host) host = host_new();

        if (!device || !record(host, device, error) || !host_seal(host, error))
                return NULL;

        return recording_write(host);
}
