/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads short files of sysfs. Only what is listed here is recorded: a parameter that nobody
 * knows the meaning of would only make two like hosts look different. */

#include "daemon/kvm/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MODULE_PATH "/sys/module"
#define CPU_PATH "/sys/devices/system/cpu"

/* Who can serve /dev/kvm */
static const char *const modules[] = { "kvm_intel", "kvm_amd", "kvm_pvm" };

/* Those that decide what KVM_GET_SUPPORTED_CPUID answers, or how the answer is to be read */
static const struct {
        const char *module;
        const char *name;
} parameters[] = {
        { "kvm", "enable_pmu" },       { "kvm", "ignore_msrs" },
        { "kvm", "mitigate_smt_rsb" }, { "kvm", "tsc_tolerance_ppm" },
        { "kvm_amd", "avic" },         { "kvm_amd", "enable_mediated_pmu" },
        { "kvm_amd", "lbrv" },         { "kvm_amd", "nested" },
        { "kvm_amd", "npt" },          { "kvm_amd", "nrips" },
        { "kvm_amd", "sev" },          { "kvm_amd", "sev_es" },
        { "kvm_amd", "sev_snp" },      { "kvm_amd", "tsc_scaling" },
        { "kvm_amd", "vgif" },         { "kvm_amd", "vls" },
        { "kvm_amd", "vnmi" },         { "kvm_intel", "allow_smaller_maxphyaddr" },
        { "kvm_intel", "cet" },        { "kvm_intel", "enable_mediated_pmu" },
        { "kvm_intel", "ept" },        { "kvm_intel", "nested" },
        { "kvm_intel", "pt_mode" },    { "kvm_intel", "sgx" },
        { "kvm_intel", "tdx" },        { "kvm_intel", "unrestricted_guest" },
};

/* The one line of the file; NULL if it cannot be read, or is not one short line of text */
static char *read_line(const char *path) {
        char text[256];
        ssize_t n;
        int fd;

        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return NULL;

        do
                n = read(fd, text, sizeof(text) - 1);
        while (n < 0 && errno == EINTR);
        (void) close(fd);
        if (n <= 0)
                return NULL;

        text[n] = '\0';
        g_strchomp(text);
        if (text[0] == '\0' || strchr(text, '\n') || !g_utf8_validate(text, -1, NULL))
                return NULL;

        return g_strdup(text);
}

static bool has_module(const char *name) {
        g_autofree char *path = g_build_filename(MODULE_PATH, name, NULL);

        return access(path, F_OK) == 0;
}

static void describe_modules(Host *host) {
        HostInfo *info = host_info_mutable(host);
        size_t n = 0;

        info->modules = g_new0(char *, G_N_ELEMENTS(modules) + 1);
        for (size_t i = 0; i < G_N_ELEMENTS(modules); i++)
                if (has_module(modules[i]))
                        info->modules[n++] = g_strdup(modules[i]);

        for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
                g_autofree char *path = g_build_filename(MODULE_PATH, parameters[i].module,
                                                         "parameters", parameters[i].name, NULL);
                g_autofree char *name =
                        g_strconcat(parameters[i].module, ".", parameters[i].name, NULL);
                g_autofree char *value = read_line(path);

                if (value)
                        host_set_parameter(host, name, value);
        }
}

void sysfs_describe(Host *host, size_t cpu) {
        HostInfo *info = host_info_mutable(host);
        g_autofree char *microcode = g_strdup_printf(CPU_PATH "/cpu%zu/microcode/version", cpu);
        struct utsname name;
        long n_cpus;

        if (uname(&name) == 0)
                info->kernel = g_strdup(name.release);

        n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
        if (n_cpus > 0)
                info->cpus = n_cpus;

        info->microcode = read_line(microcode);
        describe_modules(host);
}
