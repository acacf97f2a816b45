/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child with three ends: two pipes and a process. It is done when the process is; then what is
 * left in the pipes is taken. Nothing here waits. */

#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE 4096

/* Of standard error its end is kept: the last line says why. */
#define STDERR_MAX 4096

#define ENDLESS "the process that asks KVM answers without an end"

/* Names this program's file even where another version has been put in its place */
#define OWN_PATH "/proc/self/exe"

typedef struct Pipe {
        int fd;
        sd_event_source *source;
        GString *text;
} Pipe;

struct Child {
        sd_event *event;
        pid_t pid; /* 0: has been waited for */
        size_t n_max;
        Pipe output;
        Pipe talk;
        sd_event_source *exit_source;
        sd_event_source *timer;
        ChildFunc func; /* NULL: has been called */
        void *userdata;
};

G_DEFINE_QUARK(child - error - quark, child_error)

static void pipe_done(Pipe *pipe) {
        sd_event_source_disable_unref(pipe->source);
        if (pipe->fd >= 0)
                (void) close(pipe->fd);
        if (pipe->text)
                g_string_free(pipe->text, TRUE);
}

static void kill_child(const Child *child) {
        /* With whatever it has started: it leads a group of its own. */
        (void) kill(-child->pid, SIGKILL);
}

/* For a child that nobody asks for any more: reaps it, and is gone with that */
static int on_orphan_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        (void) si;
        (void) userdata;
        (void) sd_event_source_set_floating(source, false);
        return 0;
}

static void abandon(Child *child) {
        siginfo_t si = {};

        kill_child(child);
        sd_event_source_disable_unref(child->exit_source);
        child->exit_source = NULL;
        if (waitid(P_PID, child->pid, &si, WEXITED | WNOHANG) == 0 && si.si_pid == child->pid)
                return;
        (void) sd_event_add_child(child->event, NULL, child->pid, WEXITED, on_orphan_exit, NULL);
}

Child *child_free(Child *child) {
        if (!child)
                return NULL;

        if (child->pid > 0)
                abandon(child);
        sd_event_source_disable_unref(child->exit_source);
        sd_event_source_disable_unref(child->timer);
        pipe_done(&child->output);
        pipe_done(&child->talk);
        g_free(child);
        return NULL;
}

/* The callback may free the child, so it comes last. */
static void finish(Child *child, const GError *problem) {
        ChildFunc func = g_steal_pointer(&child->func);

        if (func)
                func(problem ? NULL : child->output.text->str, child->output.text->len, problem,
                     child->userdata);
}

static void fail(Child *child, ChildError code, const char *message) {
        g_autoptr(GError) problem = g_error_new_literal(CHILD_ERROR, code, message);

        finish(child, problem);
}

/* What there is, without waiting; false at its end */
static bool pipe_read(Pipe *pipe, size_t n_max) {
        char buffer[READ_SIZE];
        ssize_t n;

        while (pipe->text->len <= n_max) {
                n = read(pipe->fd, buffer, sizeof(buffer));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 && errno == EAGAIN;
                g_string_append_len(pipe->text, buffer, n);
        }

        return true;
}

static void read_talk(Child *child) {
        Pipe *talk = &child->talk;

        if (!pipe_read(talk, STDERR_MAX))
                (void) sd_event_source_set_enabled(talk->source, SD_EVENT_OFF);
        if (talk->text->len > STDERR_MAX)
                g_string_erase(talk->text, 0, talk->text->len - STDERR_MAX);
}

static int on_talk(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void) source;
        (void) fd;
        (void) events;
        read_talk(userdata);
        return 0;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Child *child = userdata;

        (void) fd;
        (void) events;
        if (!pipe_read(&child->output, child->n_max))
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (child->output.text->len > child->n_max) {
                kill_child(child);
                fail(child, CHILD_ERROR_SIZE, ENDLESS);
        }

        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Child *child = userdata;

        (void) source;
        (void) usec;
        kill_child(child);
        fail(child, CHILD_ERROR_TIMEOUT, "KVM does not answer: the process that asks it hangs");
        return 0;
}

/* "cpuidd: open /dev/kvm: ..." without the name, which whoever shows it puts in front again */
static char *last_line(const GString *talk) {
        g_autofree char *text = g_utf8_make_valid(talk->str, talk->len);
        const char *line;

        g_strchomp(text);
        line = strrchr(text, '\n');
        line = line ? line + 1 : text;
        if (g_str_has_prefix(line, "cpuidd: "))
                line += strlen("cpuidd: ");

        return *line ? g_strdup(line) : NULL;
}

static void fail_with_reason(Child *child, const siginfo_t *si) {
        g_autofree char *reason = last_line(child->talk.text);

        if (si->si_code != CLD_EXITED) {
                g_free(reason);
                reason = g_strdup_printf("the process that asks KVM was ended by signal %d (%s)",
                                         si->si_status, g_strsignal(si->si_status));
        } else if (!reason)
                reason = g_strdup_printf("the process that asks KVM ended with status %d",
                                         si->si_status);

        fail(child, CHILD_ERROR_FAILED, reason);
}

static int on_exit_of_child(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Child *child = userdata;

        (void) source;
        child->pid = 0;
        (void) pipe_read(&child->output, child->n_max);
        read_talk(child);

        if (child->output.text->len > child->n_max) {
                fail(child, CHILD_ERROR_SIZE, ENDLESS);
                return 0;
        }
        if (si->si_code == CLD_EXITED && si->si_status == 0) {
                finish(child, NULL);
                return 0;
        }

        fail_with_reason(child, si);
        return 0;
}

/* No signal blocked or ignored, no descriptor but three, nothing in the environment */
static int spawn(pid_t *ret, const char *argument, int output, int talk) {
        char *const arguments[] = { (char *) "cpuidd", (char *) argument, NULL };
        char *const environment[] = { (char *) "LC_ALL=C.UTF-8", NULL };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        int code;

        (void) sigemptyset(&none);
        (void) sigfillset(&all);
        (void) posix_spawnattr_init(&attributes);
        (void) posix_spawnattr_setflags(&attributes,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                POSIX_SPAWN_SETPGROUP);
        (void) posix_spawnattr_setsigmask(&attributes, &none);
        (void) posix_spawnattr_setsigdefault(&attributes, &all);
        (void) posix_spawnattr_setpgroup(&attributes, 0);

        code = posix_spawn_file_actions_init(&actions);
        if (code == 0)
                code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                        O_RDONLY, 0);
        if (code == 0)
                code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        if (code == 0)
                code = posix_spawn_file_actions_adddup2(&actions, talk, STDERR_FILENO);
        if (code == 0)
                code = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        if (code == 0)
                code = posix_spawn(ret, OWN_PATH, &actions, &attributes, arguments, environment);

        (void) posix_spawn_file_actions_destroy(&actions);
        (void) posix_spawnattr_destroy(&attributes);
        return code;
}

/* Two pipes and the process at their other ends; the reading ends are ours. Gives an errno. */
static int start(Child *child, const char *argument) {
        int output[2], talk[2], code;

        if (pipe2(output, O_CLOEXEC) < 0)
                return errno;
        child->output.fd = output[0];

        if (pipe2(talk, O_CLOEXEC) < 0) {
                code = errno;
                (void) close(output[1]);
                return code;
        }
        child->talk.fd = talk[0];

        code = spawn(&child->pid, argument, output[1], talk[1]);
        (void) close(output[1]);
        (void) close(talk[1]);
        if (code != 0)
                child->pid = 0;
        else if (fcntl(output[0], F_SETFL, O_NONBLOCK) < 0 ||
                 fcntl(talk[0], F_SETFL, O_NONBLOCK) < 0)
                code = errno;

        return code;
}

static int watch(Child *child, uint64_t timeout_usec) {
        sd_event *event = child->event;
        int r;

        r = sd_event_add_child(event, &child->exit_source, child->pid, WEXITED, on_exit_of_child,
                               child);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &child->output.source, child->output.fd, EPOLLIN, on_output,
                            child);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &child->talk.source, child->talk.fd, EPOLLIN, on_talk, child);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(event, &child->timer, CLOCK_MONOTONIC, timeout_usec, 0,
                                          on_timeout, child);
}

Child *child_new(sd_event *event, const char *argument, size_t n_max, uint64_t timeout_usec,
                 ChildFunc func, void *userdata, GError **error) {
        g_autoptr(Child) child = g_new0(Child, 1);
        int code;

        child->output = (Pipe){ .fd = -1, .text = g_string_new(NULL) };
        child->talk = (Pipe){ .fd = -1, .text = g_string_new(NULL) };
        child->event = event;
        child->n_max = n_max;
        child->func = func;
        child->userdata = userdata;

        code = start(child, argument);
        if (code == 0)
                code = -watch(child, timeout_usec);
        if (code > 0) {
                g_set_error(error, CHILD_ERROR, CHILD_ERROR_START,
                            "the process that asks KVM cannot be started: %s", g_strerror(code));
                return NULL;
        }

        return g_steal_pointer(&child);
}
