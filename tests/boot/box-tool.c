/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What tests in the box need and a shell cannot do:
 *
 *     box-tool sandbox           "ok NAME" or "not ok NAME: ..." for each thing that a service in
 *                                the unit's sandbox should be able to do, or should not
 *     box-tool open FILE         "0", or the errno of opening it for writing
 *     box-tool giant MIB         calls with MIB in each of two arguments; how each ended
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"

#define MIB (1024 * 1024)
#define GIANT_TIMEOUT_USEC (60 * G_USEC_PER_SEC)

/* In asm/prctl.h since Linux 5.17 */
#define ARCH_REQ_XCOMP_GUEST_PERM 0x1025
#define XFEATURE_XTILE_DATA 18

/* The kernel or the CPU may refuse it, the sandbox may not */
#define NOT_THE_SANDBOX (-1)

static int code_of(long result) {
        return result < 0 ? errno : 0;
}

static int open_file(const char *path, int flags) {
        return code_of(open(path, flags | O_CLOEXEC, 0600));
}

static int try_kvm(void) {
        return open_file("/dev/kvm", O_RDWR);
}

static int try_vcpu(void) {
        int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu, size;

        if (kvm < 0)
                return errno;
        size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
        vm = ioctl(kvm, KVM_CREATE_VM, 0);
        if (vm < 0)
                return errno;
        vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
        if (vcpu < 0)
                return errno;

        return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0) == MAP_FAILED ? errno :
                                                                                             0;
}

static int try_amx_permission(void) {
        return code_of(syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_GUEST_PERM, XFEATURE_XTILE_DATA));
}

static int try_affinity(void) {
        cpu_set_t cpus;

        return code_of(sched_getaffinity(0, sizeof(cpus), &cpus)) ?:
                code_of(sched_setaffinity(0, sizeof(cpus), &cpus));
}

static int try_limits(void) {
        struct rlimit limit = { .rlim_cur = 64 * MIB, .rlim_max = 64 * MIB };

        return code_of(setrlimit(RLIMIT_AS, &limit)) ?:
                                                       code_of(prlimit(0, RLIMIT_CPU, &limit, NULL));
}

static int try_nice(void) {
        return code_of(setpriority(PRIO_PROCESS, 0, 10));
}

static int try_seccomp(void) {
        struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        struct sock_fprog program = { .len = 1, .filter = &allow };

        return code_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) ?:
                code_of(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static int try_prctl(void) {
        return code_of(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) ?:
                code_of(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

static int try_events(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

        return code_of(fd) ?: code_of(bind(fd, (struct sockaddr *) &address, sizeof(address)));
}

static int try_sysfs(void) {
        return open_file("/sys/devices/system/cpu/online", O_RDONLY);
}

static int try_unix(void) {
        return code_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_inet(void) {
        return code_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_packet(void) {
        return code_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_other_device(void) {
        return open_file("/dev/denied", O_WRONLY);
}

static int try_write(void) {
        return open_file("/etc/cpuidd-was-here", O_WRONLY | O_CREAT);
}

static int try_home(void) {
        return open_file("/root/.", O_RDONLY | O_DIRECTORY);
}

static int try_processes(void) {
        return open_file("/proc/1/status", O_RDONLY);
}

static int try_cpuinfo(void) {
        return open_file("/proc/cpuinfo", O_RDONLY);
}

static int try_code_in_data(void) {
        return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                        MAP_FAILED ?
                errno :
                0;
}

static int try_namespace(void) {
        return code_of(unshare(CLONE_NEWUSER));
}

static int try_mount(void) {
        return code_of(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int try_personality(void) {
        return code_of(personality(PER_LINUX32));
}

static int try_root(void) {
        return code_of(setuid(0));
}

static int try_realtime(void) {
        struct sched_param parameter = { .sched_priority = 1 };

        return code_of(sched_setscheduler(0, SCHED_FIFO, &parameter));
}

static int try_bpf(void) {
        return code_of(syscall(SYS_bpf, 0, NULL, 0));
}

static int try_perf(void) {
        return code_of(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int try_uring(void) {
        return code_of(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_ptrace(void) {
        return code_of(syscall(SYS_ptrace, 0, 0, NULL, NULL));
}

typedef struct SandboxCase {
        const char *name;
        int (*try)(void); /* gives an errno */
        int expected;
} SandboxCase;

static const SandboxCase sandbox_cases[] = {
        { "KVM can be opened", try_kvm, 0 },
        { "a vCPU can be made", try_vcpu, 0 },
        { "AMX can be asked for", try_amx_permission, NOT_THE_SANDBOX },
        { "it can go to another CPU", try_affinity, 0 },
        { "it can limit itself", try_limits, 0 },
        { "it can make itself less important", try_nice, 0 },
        { "it can confine itself further", try_seccomp, 0 },
        { "it can make itself secret, and end with its parent", try_prctl, 0 },
        { "it can hear the kernel's events", try_events, 0 },
        { "it can read about CPUs", try_sysfs, 0 },
        { "it can have a socket for the bus", try_unix, 0 },
        { "no internet", try_inet, EAFNOSUPPORT },
        { "no packets", try_packet, EAFNOSUPPORT },
        { "no other device", try_other_device, EPERM },
        { "no file can be written", try_write, EROFS },
        { "no homes", try_home, EACCES },
        { "no other processes", try_processes, ENOENT },
        { "no /proc/cpuinfo", try_cpuinfo, ENOENT },
        { "no code in data", try_code_in_data, EPERM },
        { "no namespaces", try_namespace, EPERM },
        { "no mounts", try_mount, EPERM },
        { "no other personality", try_personality, EPERM },
        { "no root", try_root, EPERM },
        { "no real time", try_realtime, EPERM },
        { "no bpf", try_bpf, EPERM },
        { "no perf", try_perf, EPERM },
        { "no io_uring", try_uring, EPERM },
        { "no ptrace", try_ptrace, EPERM },
};

/* Each in a process of its own, since some cannot be undone */
static int run_apart(int (*try)(void)) {
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(try());
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return errno;

        return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int sandbox(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(sandbox_cases); i++) {
                const SandboxCase *c = &sandbox_cases[i];
                int got = run_apart(c->try);

                if (c->expected == NOT_THE_SANDBOX ? got != EPERM : got == c->expected)
                        printf("ok %s\n", c->name);
                else
                        printf("not ok %s: got '%s'\n", c->name, g_strerror(got));
                (void) fflush(stdout);
        }

        return 0;
}

static int append_zeroes(sd_bus_message *m, char type, size_t n) {
        void *space;
        int r;

        r = sd_bus_message_append_array_space(m, type, n, &space);
        if (r >= 0)
                memset(space, 0, n);
        return r;
}

/* As large as two arrays can be: without a meaning, or as a table with an option */
static int giant(sd_bus *bus, const char *member, bool is_table, size_t n) {
        g_autofree char *word = g_strnfill(n - 1, 'x');
        sd_bus_message *m = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                           CPUIDD_INTERFACE, member);
        if (r >= 0)
                r = append_zeroes(m, is_table ? 'u' : 'y', n);
        if (r >= 0)
                r = is_table ? sd_bus_message_append(m, "a{sv}", 1, "strict", "s", word) :
                               append_zeroes(m, 'y', n);
        if (r >= 0)
                r = sd_bus_call(bus, m, GIANT_TIMEOUT_USEC, &error, NULL);

        printf("%s: %s\n", member, r >= 0 ? "ok" : error.name ?: g_strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        return 0;
}

static int giants(size_t n) {
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = giant(bus, "GetProfile", false, n);
        if (r >= 0)
                r = giant(bus, "Check", true, n);

        sd_bus_flush_close_unref(bus);
        return r;
}

int main(int argc, char **argv) {
        int r = -EINVAL;

        if (argc == 2 && strcmp(argv[1], "sandbox") == 0)
                r = sandbox();
        else if (argc == 3 && strcmp(argv[1], "open") == 0)
                r = printf("%d\n", open_file(argv[2], O_WRONLY));
        else if (argc == 3 && strcmp(argv[1], "giant") == 0)
                r = giants((size_t) atoi(argv[2]) * MIB);

        if (r < 0)
                fprintf(stderr, "box-tool: %s\n", g_strerror(-r));
        return r < 0;
}
