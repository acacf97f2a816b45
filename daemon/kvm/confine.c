/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The confinement of a process that is about to read a stranger's table. A limit that the sandbox
 * around us does not let us set is no failure: most are the second wall. The filter of system calls
 * is the first, and there is nothing without it. */

#include "daemon/kvm/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <asm/prctl.h>
#include <linux/kvm.h>
#include <seccomp.h>

#include "daemon/kvm/error.h"
#include "daemon/kvm/vcpu.h"
#include "policy/trial-text.h"

/* Where the sanitizers' run-time lives it takes terabytes of address space and system calls of its
 * own: such a build is for finding mistakes, and is not confined. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_CONFINED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_CONFINED false
#endif
#endif
#ifndef IS_CONFINED
#define IS_CONFINED true
#endif

/* Twice what a request of 16 MiB in the shortest lines takes, with its tables and its evidence */
#define ADDRESS_SPACE ((rlim_t) 128 * 1024 * 1024)
/* Thousands of cases take five, and some twenty times that on an emulated machine: as long as the
 * daemon waits for as many as there can be */
#define CPU_SECONDS 60
/* Of those at hand two more are taken: a VM and its vCPU */
#define N_DESCRIPTORS 2
#define NICE 10

typedef struct Limit {
        __rlimit_resource_t resource;
        rlim_t value;
} Limit;

static const int plain_calls[] = {
        SCMP_SYS(brk),   SCMP_SYS(close),           SCMP_SYS(exit),         SCMP_SYS(exit_group),
        SCMP_SYS(futex), SCMP_SYS(getrandom),       SCMP_SYS(mremap),       SCMP_SYS(munmap),
        SCMP_SYS(read),  SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn), SCMP_SYS(write),
};

/* KVM_RUN and what gives a VM memory are not among them. */
static const unsigned long requests[] = {
        KVM_CHECK_EXTENSION, KVM_GET_SUPPORTED_CPUID, KVM_CREATE_VM,
        KVM_CREATE_IRQCHIP,  KVM_CREATE_VCPU,         KVM_ENABLE_CAP,
        KVM_SET_CPUID2,      KVM_GET_CPUID2,          KVM_GET_MSRS,
        KVM_SET_MSRS,        KVM_GET_SREGS,           KVM_SET_SREGS,
        KVM_SET_XCRS,
};

bool confine_is_possible(void) {
        return IS_CONFINED;
}

/* The highest descriptor that is free after the ones that are still to come, so that these are the
 * last */
static rlim_t descriptors(void) {
        int fd = -1;

        for (int n = 0; n < N_DESCRIPTORS; n++)
                while (fcntl(++fd, F_GETFD) >= 0)
                        ;

        return fd + 1;
}

/* It opens no file, but evidence and message can go to one that it was started with: not 0 */
static void set_limits(void) {
        const Limit limits[] = {
                { RLIMIT_AS, ADDRESS_SPACE }, { RLIMIT_CORE, 0 },
                { RLIMIT_CPU, CPU_SECONDS },  { RLIMIT_FSIZE, TRIAL_TEXT_MAX },
                { RLIMIT_MEMLOCK, 0 },        { RLIMIT_NOFILE, descriptors() },
                { RLIMIT_NPROC, 0 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
                const struct rlimit limit = { limits[i].value, limits[i].value };

                (void) setrlimit(limits[i].resource, &limit);
        }

        /* A trial can wait, whoever asks for a check does not */
        (void) setpriority(PRIO_PROCESS, 0, NICE);
}

static int allow(scmp_filter_ctx filter) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < G_N_ELEMENTS(plain_calls); i++)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
        for (size_t i = 0; r == 0 && i < G_N_ELEMENTS(requests); i++)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                     SCMP_A1(SCMP_CMP_EQ, requests[i]));
        if (r == 0)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(arch_prctl), 1,
                                     SCMP_A0(SCMP_CMP_EQ, ARCH_REQ_XCOMP_GUEST_PERM));
        if (r == 0)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        return r;
}

static int set_filter(void) {
        /* Where a sandbox hides seccomp(2), libseccomp takes prctl(2), and does not know of this
         * action. For a process with one thread the two are the same. */
        scmp_filter_ctx filter =
                seccomp_init(SCMP_ACT_KILL_PROCESS) ?: seccomp_init(SCMP_ACT_KILL_THREAD);
        int r;

        if (!filter)
                return -ENOSYS;

        r = allow(filter);
        if (r == 0)
                r = seccomp_load(filter);
        seccomp_release(filter);
        return r;
}

/* The message as the daemon shows it */
_Noreturn static void end(const char *message) {
        (void) !write(STDERR_FILENO, message, strlen(message));
        (void) !write(STDERR_FILENO, "\n", 1);
        _exit(1);
}

static void on_log(const char *domain, GLogLevelFlags level, const char *message, void *userdata) {
        (void) domain;
        (void) level;
        (void) userdata;
        end(message);
}

/* Where there is no memory, or something is wrong with us, GLib looks at what standard error is, says
 * why, and calls abort(). Nearly all of that is forbidden here, and the reason would be lost. */
static void speak_plainly(void) {
        (void) g_log_set_default_handler(on_log, NULL);
        (void) g_set_printerr_handler(end);
}

bool confine(GError **error) {
        int r;

        if (!IS_CONFINED)
                return true;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED, "prctl: %s", g_strerror(errno));
                return false;
        }

        speak_plainly();
        set_limits();
        r = set_filter();
        if (r < 0)
                g_set_error(error, PROBE_ERROR, PROBE_ERROR_FAILED,
                            "seccomp: %s: without a filter of system calls nothing is tried",
                            g_strerror(-r));
        return r == 0;
}
