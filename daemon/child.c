/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child with four ends: what it is given, two pipes and a process. It is done when the process is;
 * then what is left in the pipes is taken. Nothing here waits. */

#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE 4096

/* Of standard error its end is kept: the last line says why. */
#define STDERR_MAX 4096

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
        ChildCommand command;
        size_t n_given; /* of the input */
        Pipe input;
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
        /* With whatever it has started: it leads a group of its own. 0 would be ours. */
        g_assert(child->pid > 0);
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
        pipe_done(&child->input);
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

static void fail_endless(Child *child) {
        g_autofree char *message =
                g_strdup_printf("%s answers without an end", child->command.name);

        fail(child, CHILD_ERROR_SIZE, message);
}

/* As much as it takes now. Where it takes no more it has ended, or has read all that it wants. */
static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Child *child = userdata;
        const ChildCommand *command = &child->command;
        ssize_t n = 0;

        (void) source;
        (void) events;
        while (child->n_given < command->n_input && n >= 0) {
                n = send(fd, command->input + child->n_given, command->n_input - child->n_given,
                         MSG_NOSIGNAL);
                if (n > 0)
                        child->n_given += n;
                else if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        return 0;
        }

        child->input.source = sd_event_source_disable_unref(child->input.source);
        (void) close(child->input.fd);
        child->input.fd = -1;
        return 0;
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
        if (!pipe_read(&child->output, child->command.n_max))
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
        if (child->output.text->len > child->command.n_max) {
                kill_child(child);
                fail_endless(child);
        }

        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        Child *child = userdata;

        (void) source;
        (void) usec;
        kill_child(child);
        fail(child, CHILD_ERROR_TIMEOUT, child->command.hangs);
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
                reason = g_strdup_printf(
                        "%s %swas ended by signal %d (%s)", child->command.name,
                        si->si_status == SIGSYS ? "did something that it may not, and " : "",
                        si->si_status, g_strsignal(si->si_status));
        } else if (!reason)
                reason = g_strdup_printf("%s ended with status %d", child->command.name,
                                         si->si_status);

        fail(child, CHILD_ERROR_FAILED, reason);
}

/* Of what has ended nothing more is heard, also where somebody has inherited its pipes: the answer
 * stays as it is, and no time is up for it. */
static void stop_watching(Child *child) {
        child->timer = sd_event_source_disable_unref(child->timer);
        child->input.source = sd_event_source_disable_unref(child->input.source);
        child->output.source = sd_event_source_disable_unref(child->output.source);
        child->talk.source = sd_event_source_disable_unref(child->talk.source);
}

static int on_exit_of_child(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Child *child = userdata;

        (void) source;
        child->pid = 0;
        (void) pipe_read(&child->output, child->command.n_max);
        read_talk(child);
        stop_watching(child);

        if (child->output.text->len > child->command.n_max) {
                fail_endless(child);
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
static int spawn(pid_t *ret, const char *argument, int input, int output, int talk) {
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
        if (code == 0 && input >= 0)
                code = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        else if (code == 0)
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

/* A descriptor at either end; the child's is not there where it failed */
typedef struct Ends {
        int input;
        int output;
        int talk;
} Ends;

static void ends_done(Ends *ends) {
        if (ends->input >= 0)
                (void) close(ends->input);
        if (ends->output >= 0)
                (void) close(ends->output);
        if (ends->talk >= 0)
                (void) close(ends->talk);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ends, ends_done)

static int open_pipe(Pipe *ours, int *ret_theirs) {
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return errno;

        ours->fd = fds[0];
        *ret_theirs = fds[1];
        return fcntl(ours->fd, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

/* A socket, since writing to a pipe without a reader is a signal */
static int open_input(Child *child, int *ret_theirs) {
        int fds[2];

        if (!child->command.input)
                return 0;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return errno;

        child->input.fd = fds[0];
        *ret_theirs = fds[1];
        return fcntl(child->input.fd, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

/* The process, with what it reads from and writes to. Gives an errno. */
static int start(Child *child) {
        g_auto(Ends) theirs = { -1, -1, -1 };
        int code;

        code = open_input(child, &theirs.input);
        if (code == 0)
                code = open_pipe(&child->output, &theirs.output);
        if (code == 0)
                code = open_pipe(&child->talk, &theirs.talk);
        if (code != 0)
                return code;

        code = spawn(&child->pid, child->command.argument, theirs.input, theirs.output,
                     theirs.talk);
        if (code != 0)
                child->pid = 0;
        return code;
}

static int watch_input(Child *child) {
        if (child->input.fd < 0)
                return 0;

        return sd_event_add_io(child->event, &child->input.source, child->input.fd, EPOLLOUT,
                               on_input, child);
}

static int watch(Child *child) {
        sd_event *event = child->event;
        int r;

        r = sd_event_add_child(event, &child->exit_source, child->pid, WEXITED, on_exit_of_child,
                               child);
        if (r < 0)
                return r;
        r = watch_input(child);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &child->output.source, child->output.fd, EPOLLIN, on_output,
                            child);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &child->talk.source, child->talk.fd, EPOLLIN, on_talk, child);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(event, &child->timer, CLOCK_MONOTONIC,
                                          child->command.timeout_usec, 0, on_timeout, child);
}

Child *child_new(sd_event *event, const ChildCommand *command, ChildFunc func, void *userdata,
                 GError **error) {
        g_autoptr(Child) child = g_new0(Child, 1);
        int code;

        g_assert(command->n_input <= CHILD_INPUT_MAX);
        child->input = (Pipe){ .fd = -1 };
        child->output = (Pipe){ .fd = -1, .text = g_string_new(NULL) };
        child->talk = (Pipe){ .fd = -1, .text = g_string_new(NULL) };
        child->event = event;
        child->command = *command;
        child->func = func;
        child->userdata = userdata;

        code = start(child);
        if (code == 0)
                code = -watch(child);
        if (code > 0) {
                g_set_error(error, CHILD_ERROR, CHILD_ERROR_START, "%s cannot be started: %s",
                            command->name, g_strerror(code));
                return NULL;
        }

        return g_steal_pointer(&child);
}
