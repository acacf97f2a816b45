/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of a trial that need no KVM: what a process in confinement can do and cannot, and whose
 * fault it is that a table is refused. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/prctl.h>
#include <glib.h>
#include <linux/kvm.h>
#include <seccomp.h>

#include "daemon/kvm/confine.h"
#include "daemon/kvm/culprit.h"
#include "daemon/kvm/error.h"
#include "daemon/kvm/kvm-device.h"
#include "daemon/kvm/kvm-extension.h"
#include "policy/capability.h"
#include "policy/trial.h"

#define DONE 42
#define IN_SANDBOX "in-sandbox"

/* A vCPU, where there is KVM: what is forbidden is forbidden on the real thing */
static int vm_fd = -1, vcpu_fd = -1;

static void open_vcpu(void) {
        int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

        if (fd >= 0)
                vm_fd = ioctl(fd, KVM_CREATE_VM, 0);
        if (vm_fd >= 0)
                vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
}

static void do_nothing(void) {
}

static void do_open(void) {
        (void) open("/dev/null", O_RDONLY);
}

static void do_socket(void) {
        (void) socket(AF_UNIX, SOCK_STREAM, 0);
}

static void do_run(void) {
        (void) ioctl(vcpu_fd, KVM_RUN, 0);
}

static void do_memory(void) {
        struct kvm_userspace_memory_region region = {};

        (void) ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static void do_other_ioctl(void) {
        int n;

        (void) ioctl(STDIN_FILENO, FIONREAD, &n);
}

static void do_exec(void) {
        (void) execl("/bin/true", "true", NULL);
}

static void do_fork(void) {
        (void) fork();
}

static void do_kill(void) {
        (void) kill(getppid(), 0);
}

static void do_executable(void) {
        (void) mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_raise_limit(void) {
        const struct rlimit limit = { 64, 64 };

        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

static void do_permission(void) {
        (void) syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_GUEST_PERM, 18);
}

static void do_other_prctl(void) {
        (void) syscall(SYS_arch_prctl, ARCH_GET_FS, &vm_fd);
}

/* The other ways into the kernel have numbers of their own: 3 is read() here and close() there. */
static void do_as_32_bit(void) {
        long number = 3;

        __asm__ volatile("int $0x80" : "+a"(number) : "b"(-1) : "memory");
}

static void do_as_x32(void) {
        (void) syscall(0x40000000 | SYS_read, -1, NULL, 0);
}

/* The kernel looks at the lower half of a request alone */
static void do_large_request(void) {
        (void) syscall(SYS_ioctl, vcpu_fd, (UINT64_C(1) << 32) | KVM_GET_CPUID2, 0);
}

/* Not more than a trial needs, and no crash */
static void do_allocate(void) {
        volatile char *some = malloc(64 * 1024 * 1024);
        void *much = malloc(256 * 1024 * 1024);

        if (!some || much)
                _exit(1);
        some[64 * 1024 * 1024 - 1] = 1;
        free((void *) some);
}

static void do_message(void) {
        g_autoptr(GError) error =
                g_error_new(PROBE_ERROR, PROBE_ERROR_FAILED, "%s, %d", strerror(EINVAL), 7);

        if (strcmp(error->message, "Invalid argument, 7") != 0)
                _exit(1);
}

typedef struct ConfineCase {
        const char *name;
        void (*func)(void);
        int signal; /* that ends it; 0: it lives */
} ConfineCase;

static const ConfineCase confine_cases[] = {
        { "does-nothing", do_nothing, 0 },
        { "allocates", do_allocate, 0 },
        { "makes-a-message", do_message, 0 },
        { "asks-for-the-permission", do_permission, 0 },
        { "opens-a-file", do_open, SIGSYS },
        { "makes-a-socket", do_socket, SIGSYS },
        { "runs-a-vcpu", do_run, SIGSYS },
        { "gives-a-vm-memory", do_memory, SIGSYS },
        { "asks-a-terminal", do_other_ioctl, SIGSYS },
        { "executes", do_exec, SIGSYS },
        { "forks", do_fork, SIGSYS },
        { "signals", do_kill, SIGSYS },
        { "maps-what-can-be-executed", do_executable, SIGSYS },
        { "raises-a-limit", do_raise_limit, SIGSYS },
        { "asks-for-something-else", do_other_prctl, SIGSYS },
        { "asks-as-a-32-bit-program", do_as_32_bit, SIGSYS },
        { "asks-as-an-x32-program", do_as_x32, SIGSYS },
        { "asks-with-more-than-a-request", do_large_request, SIGSYS },
};

/* What systemd's filter of our unit makes of these: EPERM */
static void hide(const int *calls, size_t n_calls) {
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

        for (size_t i = 0; i < n_calls; i++)
                (void) seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
        if (seccomp_load(filter) != 0)
                _exit(2);
        seccomp_release(filter);
}

static int run_confined(const ConfineCase *test) {
        g_autoptr(GError) error = NULL;

        if (!confine(&error))
                return 3;
        test->func();
        return DONE;
}

/* libseccomp remembers what it found of the kernel, so what is hidden is so for another program. */
static void run_in_sandbox(const ConfineCase *test, const int *hidden, size_t n_hidden) {
        hide(hidden, n_hidden);
        (void) execl("/proc/self/exe", IN_SANDBOX, test->name, NULL);
}

static void assert_ends(const ConfineCase *test, const int *hidden, size_t n_hidden) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                if (n_hidden > 0)
                        run_in_sandbox(test, hidden, n_hidden);
                _exit(n_hidden > 0 ? 4 : run_confined(test));
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        if (test->signal == 0) {
                g_assert_true(WIFEXITED(status));
                g_assert_cmpint(WEXITSTATUS(status), ==, DONE);
        } else {
                g_assert_true(WIFSIGNALED(status));
                g_assert_cmpint(WTERMSIG(status), ==, test->signal);
        }
}

static int play_in_sandbox(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(confine_cases); i++)
                if (strcmp(confine_cases[i].name, name) == 0)
                        _exit(run_confined(&confine_cases[i]));

        return 5;
}

/* A kernel can be built without: then it ends every program that tries */
static bool has_32_bit(void) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                do_as_32_bit();
                _exit(DONE);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        return WIFEXITED(status);
}

static bool skip_unconfined(void) {
        if (confine_is_possible())
                return false;

        g_test_skip("a build with sanitizers is not confined");
        return true;
}

static void test_confine(gconstpointer data) {
        const ConfineCase *test = data;

        if (skip_unconfined())
                return;
        if (test->func == do_as_32_bit && !has_32_bit()) {
                g_test_skip("this kernel runs no 32-bit programs");
                return;
        }
        if (test->func == do_run && vcpu_fd < 0)
                g_test_message("there is no KVM: KVM_RUN is called on nothing");
        assert_ends(test, NULL, 0);
}

/* In the sandbox of our unit: limits, niceness and seccomp(2) are not there, and prctl(2) is. */
static void test_confine_in_sandbox(gconstpointer data) {
        static const int hidden[] = { SCMP_SYS(seccomp), SCMP_SYS(setpriority), SCMP_SYS(setrlimit),
                                      SCMP_SYS(prlimit64) };
        const ConfineCase *test = data;

        if (skip_unconfined())
                return;
        if (test->func == do_allocate)
                g_test_skip("there are no limits");
        else if (test->func == do_as_32_bit && !has_32_bit())
                g_test_skip("this kernel runs no 32-bit programs");
        else
                assert_ends(test, hidden, G_N_ELEMENTS(hidden));
}

/* Without a filter nothing is tried. */
static void test_no_filter(void) {
        int status;
        pid_t pid;

        if (skip_unconfined())
                return;

        pid = fork();
        if (pid == 0) {
                static const int hidden[] = { SCMP_SYS(seccomp), SCMP_SYS(prctl) };
                g_autoptr(GError) error = NULL;

                (void) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                hide(hidden, G_N_ELEMENTS(hidden));
                if (confine(&error) || !g_error_matches(error, PROBE_ERROR, PROBE_ERROR_FAILED) ||
                    strcmp(error->message, "prctl: Operation not permitted") != 0)
                        _exit(1);
                _exit(DONE);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, DONE);
}

static void test_every_enabling_is_known(void) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const CapabilityEnabling *enabling = &capability_table[i].enabling;
                bool is_known = !enabling->extension;

                for (size_t j = 0; j < n_kvm_extensions; j++)
                        is_known |= enabling->extension &&
                                strcmp(kvm_extensions[j].name, enabling->extension) == 0;
                if (!is_known)
                        g_test_message("%s: %s has no number", capability_table[i].name,
                                       enabling->extension);
                g_assert_true(is_known);
                g_assert_true((enabling->kind != ENABLING_NONE) ==
                              (trial_refusal_call(&capability_table[i], 0) != NULL));
        }
}

/* A KVM that will not have some bits of some registers, and at most so many rows */
typedef struct Picky {
        Leaf masks[4];
        size_t n_rows_max;
        int code;
        size_t n_asked;
} Picky;

static int ask_picky(const LeafTable *table, void *userdata) {
        Picky *picky = userdata;

        picky->n_asked++;
        if (picky->n_rows_max > 0 && leaf_table_size(table) > picky->n_rows_max)
                return E2BIG;
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                for (size_t j = 0; j < G_N_ELEMENTS(picky->masks); j++) {
                        const Leaf *mask = &picky->masks[j];

                        if (row->leaf != mask->leaf || row->subleaf != mask->subleaf)
                                continue;
                        /* `flags`: not even a row of zeroes */
                        if (mask->flags)
                                return ENOMEM;
                        for (Register reg = 0; reg < N_REGISTERS; reg++)
                                if (row->registers[reg] & mask->registers[reg])
                                        return picky->code;
                }
        }

        return 0;
}

#define R(_leaf, _subleaf, ...)                                                  \
        {                                                                        \
                .leaf = _leaf, .subleaf = _subleaf, .registers = { __VA_ARGS__ } \
        }

static const Leaf culprit_rows[] = {
        R(0, 0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69),
        R(1, 0, 0xa0678, 0x20800, 0x81202000, 0xf8bfbff),
        R(7, 0, 2, 0x1802042, 0x1a010104, 0xbc010400),
        R(7, 1, 0x1c00),
        R(0x7fff, 0, 0xf),
        R(0x80000008, 0, 0x392e, 0x100d200),
};

typedef struct CulpritCase {
        const char *name;
        Picky picky;
        const char *expect; /* "leaf.sub-leaf:register high-low=code ..." */
        size_t n_asked_max;
} CulpritCase;

static const CulpritCase culprit_cases[] = {
        { "none", { .code = EINVAL }, "", 1 },
        { "a-field-of-many-bits",
          { .masks = { R(0x80000008, 0, 0x100) }, .code = EINVAL },
          "80000008.0:eax 15-8=22",
          20 },
        { "a-bit", { .masks = { R(7, 0, 0, 0x2000) }, .code = EPERM }, "7.0:ebx 13-13=1", 40 },
        { "bits-without-a-field",
          { .masks = { R(0x7fff, 0, 5) }, .code = EINVAL },
          "7fff.0:eax 0-0=22 7fff.0:eax 2-2=22",
          40 },
        { "of-two-rows-in-table-order",
          { .masks = { R(7, 1, 0x400), R(1, 0, 0, 0, 0x2000) }, .code = EINVAL },
          "1.0:ecx 13-13=22 7.1:eax 10-10=22",
          80 },
        { "a-row-whatever-is-in-it",
          { .masks = { { .leaf = 7, .subleaf = 1, .flags = 1 } }, .code = EINVAL },
          "7.1:eax 31-0=12 7.1:ebx 31-0=12 7.1:ecx 31-0=12 7.1:edx 31-0=12",
          20 },
        { "what-is-too-much",
          { .n_rows_max = 5 },
          "80000008.0:eax 31-0=7 80000008.0:ebx 31-0=7 80000008.0:ecx 31-0=7 80000008.0:edx 31-0=7",
          20 },
};

static void test_culprits(gconstpointer data) {
        const CulpritCase *test = data;
        Picky picky = test->picky;
        g_autoptr(LeafTable) table = leaf_table_new(), rest = NULL;
        g_autoptr(GString) seen = g_string_new(NULL);
        g_autoptr(GArray) culprits = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(culprit_rows); i++)
                leaf_table_add(table, &culprit_rows[i]);

        culprits = culprits_find(table, ask_picky, &picky);
        for (size_t i = 0; i < culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(culprits, TrialCulprit, i);

                g_string_append_printf(seen, "%s%x.%u:%s %u-%u=%d", i > 0 ? " " : "", culprit->leaf,
                                       culprit->subleaf, register_to_string(culprit->reg),
                                       culprit->high, culprit->low, culprit->code);
        }

        g_assert_cmpstr(seen->str, ==, test->expect);
        g_assert_cmpuint(picky.n_asked, <=, test->n_asked_max);
        rest = trial_table_without(table, culprits);
        g_assert_cmpint(ask_picky(rest, &picky), ==, 0);
}

static void add(const char *group, const char *name, gconstpointer data, GTestDataFunc func) {
        g_autofree char *path = g_strconcat("/trial/", group, "/", name, NULL);

        g_test_add_data_func(path, data, func);
}

int main(int argc, char *argv[]) {
        open_vcpu();
        if (strcmp(argv[0], IN_SANDBOX) == 0)
                return play_in_sandbox(argv[1]);

        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(confine_cases); i++) {
                const ConfineCase *test = &confine_cases[i];

                add("confine", test->name, test, test_confine);
                add("confine-in-sandbox", test->name, test, test_confine_in_sandbox);
        }
        g_test_add_func("/trial/confine-without-filter", test_no_filter);
        g_test_add_func("/trial/every-enabling-is-known", test_every_enabling_is_known);
        for (size_t i = 0; i < G_N_ELEMENTS(culprit_cases); i++)
                add("culprits", culprit_cases[i].name, &culprit_cases[i], test_culprits);

        return g_test_run();
}
