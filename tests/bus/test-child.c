/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The child that asks KVM, played by this program itself: it starts whatever program it is in. */

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "daemon/child.h"

#define N_MAX (256 * 1024)
/* More than pipes and sockets hold */
#define N_INPUT (8 * 1024 * 1024)
#define LONG_USEC (60 * G_USEC_PER_SEC)

typedef struct Answer {
        sd_event *event;
        Child *child;
        char *text;
        size_t n_text;
        GError *problem;
} Answer;

typedef struct ChildCase {
        const char *name;
        const char *argument;
        uint64_t timeout_usec;
        size_t n_text; /* of a good answer */
        ChildError code;
        const char *message; /* NULL: a good answer */
        size_t n_input;
} ChildCase;

static const ChildCase child_cases[] = {
        { "answers", "--good", LONG_USEC, 5, 0, NULL },
        { "answers-nothing", "--nothing", LONG_USEC, 0, 0, NULL },
        { "answers-more-than-a-pipe-holds", "--large", LONG_USEC, N_MAX, 0, NULL },
        { "answers-too-much", "--endless", LONG_USEC, 0, CHILD_ERROR_SIZE, "without an end" },
        { "says-why-not", "--bad", LONG_USEC, 0, CHILD_ERROR_FAILED,
          "open /dev/kvm: the last line counts" },
        { "says-nothing", "--silent", LONG_USEC, 0, CHILD_ERROR_FAILED, "ended with status 7" },
        { "crashes", "--crash", LONG_USEC, 0, CHILD_ERROR_FAILED,
          "the child was ended by signal 11 (Segmentation fault)" },
        { "does-what-it-may-not", "--forbidden", LONG_USEC, 0, CHILD_ERROR_FAILED,
          "the child did something that it may not, and was ended by signal 31" },
        { "hangs", "--hang", 100 * 1000, 0, CHILD_ERROR_TIMEOUT, "the child hangs" },
        { "hangs-with-its-pipes-closed", "--hang-closed", 100 * 1000, 0, CHILD_ERROR_TIMEOUT,
          "the child hangs" },
        { "leaves-a-grandchild-with-its-pipes", "--grandchild", LONG_USEC, 5, 0, NULL },
        { "starts-clean", "--clean", LONG_USEC, 5, 0, NULL },
        { "is-given-a-little", "--echo", LONG_USEC, 5, 0, NULL, 5 },
        { "is-given-nothing-at-all", "--echo", LONG_USEC, 0, 0, NULL, 0 },
        { "is-given-more-than-a-pipe-holds", "--count", LONG_USEC, N_INPUT / 4096, 0, NULL,
          N_INPUT },
        { "is-given-input-and-reads-none", "--good", LONG_USEC, 5, 0, NULL, N_INPUT },
        { "is-given-input-and-closes-it", "--close", LONG_USEC, 5, 0, NULL, N_INPUT },
        { "is-given-input-and-fails", "--bad", LONG_USEC, 0, CHILD_ERROR_FAILED,
          "open /dev/kvm: the last line counts", N_INPUT },
        { "is-given-input-and-crashes-half-way", "--half", LONG_USEC, 0, CHILD_ERROR_FAILED,
          "the child was ended by signal 9 (Killed)", N_INPUT },
        { "is-given-input-and-hangs", "--hang", 100 * 1000, 0, CHILD_ERROR_TIMEOUT,
          "the child hangs", N_INPUT },
};

static void on_answer(const char *text, size_t n_text, const GError *problem, void *userdata) {
        Answer *answer = userdata;

        answer->text = text ? g_strndup(text, n_text) : NULL;
        answer->n_text = n_text;
        answer->problem = problem ? g_error_copy(problem) : NULL;
        answer->child = child_free(answer->child);
}

/* What is left of it is reaped, also where nobody waits for that. */
static void wait_until_no_child_is_left(sd_event *event) {
        siginfo_t si;

        while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0)
                g_assert_cmpint(sd_event_run(event, 10 * 1000), >=, 0);
}

static ChildCommand command_new(const char *argument, uint64_t timeout_usec) {
        return (ChildCommand){
                .argument = argument,
                .name = "the child",
                .hangs = "the child hangs",
                .n_max = N_MAX,
                .timeout_usec = timeout_usec,
        };
}

static void test_child(const void *userdata) {
        const ChildCase *test = userdata;
        ChildCommand command = command_new(test->argument, test->timeout_usec);
        g_autofree char *input = g_strnfill(test->n_input, 'x');
        g_autoptr(GError) error = NULL;
        Answer answer = {};

        g_assert_cmpint(sd_event_new(&answer.event), >=, 0);
        command.input = test->n_input > 0 || g_str_equal(test->argument, "--echo") ? input : NULL;
        command.n_input = test->n_input;
        answer.child = child_new(answer.event, &command, on_answer, &answer, &error);
        g_assert_no_error(error);
        while (!answer.text && !answer.problem)
                g_assert_cmpint(sd_event_run(answer.event, UINT64_MAX), >=, 0);
        wait_until_no_child_is_left(answer.event);

        if (test->message) {
                g_assert_error(answer.problem, CHILD_ERROR, (int) test->code);
                g_assert_nonnull(strstr(answer.problem->message, test->message));
                g_assert_null(strstr(answer.problem->message, "cpuidd: "));
                g_assert_null(answer.text);
        } else {
                g_assert_no_error(answer.problem);
                g_assert_cmpuint(answer.n_text, ==, test->n_text);
        }

        g_clear_pointer(&answer.event, sd_event_unref);
        g_free(answer.text);
        g_clear_error(&answer.problem);
}

static void test_free(void) {
        g_autoptr(GError) error = NULL;
        const ChildCommand command = command_new("--hang", LONG_USEC);
        Answer answer = {};

        g_assert_cmpint(sd_event_new(&answer.event), >=, 0);
        answer.child = child_new(answer.event, &command, on_answer, &answer, &error);
        g_assert_no_error(error);
        child_free(answer.child);
        wait_until_no_child_is_left(answer.event);
        g_assert_null(answer.problem);
        sd_event_unref(answer.event);
}

static void on_answer_that_is_kept(const char *text, size_t n_text, const GError *problem,
                                   void *userdata) {
        Answer *answer = userdata;

        (void) text;
        answer->n_text = n_text;
        answer->problem = problem ? g_error_copy(problem) : NULL;
        answer->text = g_strdup("there is one");
}

static int on_later(sd_event_source *source, uint64_t usec, void *userdata) {
        bool *is_later = userdata;

        (void) source;
        (void) usec;
        *is_later = true;
        return 0;
}

/* Who reads the answer a little at a time keeps the child until then. That its time is up meanwhile
 * does nothing: there is no process to be killed, and none may be taken for it. */
static void test_keep(void) {
        uint64_t timeout = 25 * 1000;
        g_autoptr(GError) error = NULL;
        Answer answer = {};
        bool is_later = false;

        (void) setpgid(0, 0); /* It was our own process group that was killed */
        g_assert_cmpint(sd_event_new(&answer.event), >=, 0);

        do { /* until the machine is fast enough */
                const ChildCommand command = command_new("--good", timeout *= 2);

                g_clear_error(&answer.problem);
                g_clear_pointer(&answer.text, g_free);
                answer.child = child_free(answer.child);
                answer.child =
                        child_new(answer.event, &command, on_answer_that_is_kept, &answer, &error);
                g_assert_no_error(error);
                while (!answer.text)
                        g_assert_cmpint(sd_event_run(answer.event, UINT64_MAX), >=, 0);
        } while (answer.problem);

        g_assert_cmpint(sd_event_add_time_relative(answer.event, NULL, CLOCK_MONOTONIC, timeout, 1,
                                                   on_later, &is_later),
                        >=, 0);
        while (!is_later)
                g_assert_cmpint(sd_event_run(answer.event, UINT64_MAX), >=, 0);

        child_free(answer.child);
        g_free(answer.text);
        sd_event_unref(answer.event);
}

static int play_hang(void) {
        while (pause() < 0)
                ;

        return 1;
}

static int play_large(size_t n) {
        g_autofree char *text = g_strnfill(n, 'x');

        return write(STDOUT_FILENO, text, n) == (ssize_t) n ? 0 : 1;
}

static int play_clean(void) {
        sigset_t blocked;

        if (sigprocmask(SIG_SETMASK, NULL, &blocked) < 0 || sigismember(&blocked, SIGCHLD))
                return 1;
        if (getenv("PATH") || getenv("NOTIFY_SOCKET"))
                return 2;
        for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
                if (fcntl(fd, F_GETFD) >= 0)
                        return 3;

        return write(STDOUT_FILENO, "clean", 5) == 5 ? 0 : 4;
}

static int play_grandchild(void) {
        if (fork() == 0) {
                (void) alarm(20);
                return play_hang();
        }

        return write(STDOUT_FILENO, "hello", 5) == 5 ? 0 : 1;
}

/* Up to @n_max bytes of its input; gives how many there were */
static size_t swallow(size_t n_max) {
        char buffer[4096];
        size_t n_read = 0;
        ssize_t n;

        while (n_read < n_max && (n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
                n_read += n;

        return n_read;
}

static int play_input(const char *part) {
        if (strcmp(part, "--echo") == 0)
                return play_large(swallow(SIZE_MAX));
        if (strcmp(part, "--count") == 0)
                return play_large(swallow(SIZE_MAX) / 4096);
        if (strcmp(part, "--close") == 0) {
                (void) close(STDIN_FILENO);
                return write(STDOUT_FILENO, "hello", 5) == 5 ? 0 : 1;
        }

        (void) swallow(N_INPUT / 2);
        return raise(SIGKILL);
}

static int play(const char *part) {
        if (strcmp(part, "--good") == 0)
                return write(STDOUT_FILENO, "hello", 5) == 5 ? 0 : 1;
        if (strcmp(part, "--nothing") == 0)
                return 0;
        if (strcmp(part, "--large") == 0)
                return play_large(N_MAX);
        if (strcmp(part, "--endless") == 0)
                return play_large(N_MAX * 4);
        if (strcmp(part, "--silent") == 0)
                return 7;
        if (strcmp(part, "--crash") == 0) {
                (void) signal(SIGSEGV, SIG_DFL);
                return raise(SIGSEGV);
        }
        if (strcmp(part, "--forbidden") == 0) {
                (void) signal(SIGSYS, SIG_DFL);
                return raise(SIGSYS);
        }
        if (strcmp(part, "--echo") == 0 || strcmp(part, "--count") == 0 ||
            strcmp(part, "--close") == 0 || strcmp(part, "--half") == 0)
                return play_input(part);
        if (strcmp(part, "--hang") == 0)
                return play_hang();
        if (strcmp(part, "--hang-closed") == 0) {
                (void) close(STDOUT_FILENO);
                (void) close(STDERR_FILENO);
                return play_hang();
        }
        if (strcmp(part, "--grandchild") == 0)
                return play_grandchild();
        if (strcmp(part, "--clean") == 0)
                return play_clean();

        fprintf(stderr, "a warning\ncpuidd: open /dev/kvm: the last line counts\n\n");
        return 1;
}

int main(int argc, char **argv) {
        sigset_t signals;

        /* As child.c calls whom it starts */
        if (argc == 2 && strcmp(argv[0], "cpuidd") == 0)
                return play(argv[1]);

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGCHLD);
        (void) sigprocmask(SIG_BLOCK, &signals, NULL);
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(child_cases); i++) {
                g_autofree char *path = g_strconcat("/child/", child_cases[i].name, NULL);

                g_test_add_data_func(path, &child_cases[i], test_child);
        }
        g_test_add_func("/child/is-killed-when-it-is-not-wanted", test_free);
        g_test_add_func("/child/is-kept-beyond-its-time", test_keep);
        return g_test_run();
}
