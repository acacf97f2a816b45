/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a program whose calls go wrong as a file of rules says (rules.h), and those of its children:
 *
 *     fault-box RULES EVENTS PROGRAM ARGUMENT...
 *
 * The kernel asks us about each open(), question to KVM, and so on (seccomp's user notification), so
 * that it is the program that ships that is tested, started as it always is. This process becomes
 * PROGRAM; who is asked is another that is nobody's child. EVENTS: where lines are written to. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>

#include "tests/faults/answers.h"
#include "tests/faults/rules.h"

#define ARCH_REQ_XCOMP_GUEST_PERM 0x1025
#define DEVICE "/dev/kvm"

typedef struct seccomp_notif Notification;
typedef struct seccomp_notif_resp Response;

typedef struct Box {
        int listener;
        int events;
        Rules *rules;
} Box;

static _Noreturn void die(const char *what) {
        fprintf(stderr, "fault-box: %s: %s\n", what, strerror(errno));
        exit(1);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define ASK RETURN(SECCOMP_RET_USER_NOTIF)
#define GO_ON RETURN(SECCOMP_RET_ALLOW)

static int install_filter(void) {
        struct sock_filter code[] = {
                LOAD(arch),
                UNLESS(AUDIT_ARCH_X86_64, 0),
                LOAD(nr),
                UNLESS(__NR_openat, 1),
                ASK,
                UNLESS(__NR_clone, 1),
                ASK,
                UNLESS(__NR_clone3, 1),
                ASK,
                UNLESS(__NR_vfork, 1),
                ASK,
                UNLESS(__NR_write, 4),
                LOAD(args[0]),
                UNLESS(STDOUT_FILENO, 1),
                ASK,
                GO_ON,
                UNLESS(__NR_arch_prctl, 4),
                LOAD(args[0]),
                UNLESS(ARCH_REQ_XCOMP_GUEST_PERM, 1),
                ASK,
                GO_ON,
                UNLESS(__NR_ioctl, 4),
                LOAD(args[1]),
                BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
                UNLESS(KVMIO << 8, 1),
                ASK,
                GO_ON,
        };
        const struct sock_fprog program = { G_N_ELEMENTS(code), code };
        long fd;

        /* The jump that is too far to be counted: another architecture goes on. */
        code[1].jf = G_N_ELEMENTS(code) - 3;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                die("no_new_privs");
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                     &program);
        if (fd < 0)
                die("seccomp");
        return fd;
}

static const char *name_of_question(uint32_t request) {
        static const struct {
                uint32_t request;
                const char *name;
        } questions[] = {
                { KVM_GET_API_VERSION, "KVM_GET_API_VERSION" },
                { KVM_CHECK_EXTENSION, "KVM_CHECK_EXTENSION" },
                { KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID" },
                { KVM_GET_EMULATED_CPUID, "KVM_GET_EMULATED_CPUID" },
                { KVM_GET_SUPPORTED_HV_CPUID, "KVM_GET_SUPPORTED_HV_CPUID" },
                { KVM_GET_MSR_FEATURE_INDEX_LIST, "KVM_GET_MSR_FEATURE_INDEX_LIST" },
                { KVM_GET_MSRS, "KVM_GET_MSRS" },
                { KVM_HAS_DEVICE_ATTR, "KVM_HAS_DEVICE_ATTR" },
                { KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR" },
                { KVM_CREATE_VM, "KVM_CREATE_VM" },
                { KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP" },
                { KVM_CREATE_VCPU, "KVM_CREATE_VCPU" },
                { KVM_SET_CPUID2, "KVM_SET_CPUID2" },
                { KVM_GET_CPUID2, "KVM_GET_CPUID2" },
                { KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ" },
                { KVM_SET_SREGS, "KVM_SET_SREGS" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
                if (questions[i].request == request)
                        return questions[i].name;
        return NULL;
}

/* NULL: it is none of those that can go wrong. */
static const char *name_of_call(const Notification *call) {
        char path[sizeof(DEVICE)] = "";

        switch (call->data.nr) {
        case __NR_openat:
                return memory_read(call->pid, call->data.args[1], path, sizeof(path)) &&
                                memcmp(path, DEVICE, sizeof(path)) == 0 ?
                        "open" :
                        NULL;
        case __NR_clone:
        case __NR_clone3:
        case __NR_vfork:
                return "clone";
        case __NR_write:
                return "write";
        case __NR_arch_prctl:
                return "arch_prctl";
        default:
                return name_of_question(call->data.args[1]);
        }
}

/* The caller may be gone by now. */
static void respond(const Box *box, Response *response) {
        (void) ioctl(box->listener, SECCOMP_IOCTL_NOTIF_SEND, response);
}

/* To where the caller would have written */
static void write_text(const Notification *call, const char *text, size_t n, bool is_endless) {
        int pidfd = syscall(SYS_pidfd_open, call->pid, 0);
        int fd = syscall(SYS_pidfd_getfd, pidfd, STDOUT_FILENO, 0);

        do
                for (size_t i = 0; i < n;) {
                        ssize_t k = write(fd, text + i, n - i);

                        if (k < 0)
                                return;
                        i += k;
                }
        while (is_endless);
}

/* In a process of its own, since who reads may have to ask us before */
static bool answer_write(const Box *box, const Notification *call, const Rule *rule,
                         Response *response) {
        bool is_endless = strcmp(rule->action, "endless") == 0;
        g_autofree char *text = NULL;
        size_t n_text = 0;

        text = is_endless ?
                g_strnfill(n_text = 4096, '\n') :
                answer_text(rule, call->pid, call->data.args[1], call->data.args[2], &n_text);
        if (!text)
                return false;

        if (fork() == 0) {
                write_text(call, text, n_text, is_endless);
                response->val = call->data.args[2];
                if (strcmp(rule->action, "half-kill") == 0)
                        (void) kill(call->pid, SIGKILL);
                else
                        respond(box, response);
                _exit(0);
        }

        return true;
}

static void tell(const Box *box, const Notification *call, const Rule *rule) {
        (void) dprintf(box->events, "%s %s %u\n", rule->call, rule->action, call->pid);
}

/* Whether the call has its answer, or shall have none */
static bool act(const Box *box, const Notification *call, const Rule *rule, Response *response) {
        int code = 0;

        if (strcmp(rule->action, "error") == 0) {
                response->error = -rule_errno(rule);
                respond(box, response);
        } else if (strcmp(rule->action, "value") == 0) {
                response->val = (int32_t) rule_number(rule);
                respond(box, response);
        } else if (strcmp(rule->action, "kill") == 0) {
                (void) kill(call->pid, SIGKILL);
                tell(box, call, rule);
        } else if (strcmp(rule->action, "hang") == 0) {
                tell(box, call, rule);
        } else if (strcmp(rule->action, "stop") == 0) {
                (void) kill(call->pid, SIGSTOP);
                tell(box, call, rule);
                return false;
        } else if (answer_question(rule, call->pid, call->data.args[2], &code)) {
                response->error = -code;
                respond(box, response);
        } else if (!answer_write(box, call, rule, response)) {
                fprintf(stderr, "fault-box: %s: there is no '%s'\n", rule->call, rule->action);
                exit(1);
        }

        return true;
}

static void handle(const Box *box, const Notification *call) {
        Response response = { .id = call->id };
        const char *name = name_of_call(call);
        const Rule *rule = name ? rules_find(box->rules, name) : NULL;

        if (rule && act(box, call, rule, &response))
                return;

        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        respond(box, &response);
}

/* Until nobody is left who could call */
static _Noreturn void serve(Box *box) {
        (void) signal(SIGCHLD, SIG_IGN);
        (void) signal(SIGPIPE, SIG_IGN);

        for (;;) {
                Notification call = {};

                if (ioctl(box->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0)
                        handle(box, &call);
                else if (errno != EINTR)
                        exit(0);
        }
}

static void send_fd(int socket_fd, int fd) {
        char buffer[CMSG_SPACE(sizeof(fd))] = {}, byte = 0;
        struct iovec iovec = { &byte, 1 };
        struct msghdr message = {
                .msg_iov = &iovec,
                .msg_iovlen = 1,
                .msg_control = buffer,
                .msg_controllen = sizeof(buffer),
        };
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);

        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
        if (sendmsg(socket_fd, &message, 0) < 0)
                die("sendmsg");
}

static int receive_fd(int socket_fd) {
        char buffer[CMSG_SPACE(sizeof(int))] = {}, byte;
        struct iovec iovec = { &byte, 1 };
        struct msghdr message = {
                .msg_iov = &iovec,
                .msg_iovlen = 1,
                .msg_control = buffer,
                .msg_controllen = sizeof(buffer),
        };
        int fd = -1;

        if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) < 1 || !CMSG_FIRSTHDR(&message))
                exit(1);
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
        return fd;
}

/* No descriptor of the program's stays with it: who waits for the end of one would wait for us. Its
 * own complaints go where the events do. */
static _Noreturn void supervise(const char *rules, const char *events, int socket_fd) {
        Box box = { .rules = rules_new(rules) };

        box.events = open(events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (box.events < 0)
                die(events);

        box.listener = receive_fd(socket_fd);
        (void) dup2(box.events, 3);
        (void) dup2(box.listener, 4);
        for (int fd = 0; fd < 3; fd++)
                (void) dup2(3, fd);
        (void) close_range(5, ~0U, 0);
        box.events = 3;
        box.listener = 4;
        serve(&box);
}

int main(int argc, char **argv) {
        int sockets[2];
        pid_t pid;

        if (argc < 4) {
                fputs("usage: fault-box RULES EVENTS PROGRAM ARGUMENT...\n", stderr);
                return 1;
        }
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
                die("socketpair");

        pid = fork();
        if (pid == 0) {
                if (fork() != 0)
                        _exit(0);
                (void) close(sockets[0]);
                supervise(argv[1], argv[2], sockets[1]);
        }
        (void) waitpid(pid, NULL, 0);
        (void) close(sockets[1]);

        send_fd(sockets[0], install_filter());
        for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
                (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void) execvp(argv[3], argv + 3);
        die(argv[3]);
}
