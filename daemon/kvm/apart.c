/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child that answers through a pipe and ends. Whatever becomes of it, its parent goes on, and has
 * buried it; if the parent dies first, so does the child. */

#include "daemon/kvm/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <glib.h>

static bool write_all(int fd, const char *text) {
        size_t n = strlen(text);

        while (n > 0) {
                ssize_t k = write(fd, text, n);

                if (k < 0 && errno != EINTR)
                        return false;
                text += MAX(k, 0);
                n -= MAX(k, 0);
        }

        return true;
}

_Noreturn static void answer(ApartFunc ask, const void *userdata, int fd, pid_t parent) {
        const char *text;

        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(1);

        text = ask(userdata);
        _exit(text && write_all(fd, text) ? 0 : 1);
}

/* Whether all was read before the time was up */
static bool read_until(int fd, GString *text, size_t n_max, gint64 end) {
        char buffer[4096];
        ssize_t n = 1;

        while (n != 0) {
                struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
                gint64 left = (end - g_get_monotonic_time()) / 1000;
                int r = poll(&poll_fd, 1, CLAMP(left, 0, G_MAXINT));

                if (r == 0 || (r < 0 && errno != EINTR))
                        return false;

                n = r > 0 ? read(fd, buffer, sizeof(buffer)) : 1;
                if (n < 0 && errno != EINTR)
                        return false;
                if (r > 0 && n > 0)
                        g_string_append_len(text, buffer, n);
                if (text->len > n_max)
                        return false;
        }

        return true;
}

/* Whether it ended well */
static bool bury(pid_t child) {
        int status;

        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return false;

        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

char *apart_ask(ApartFunc ask, const void *userdata, size_t n_max, unsigned timeout_ms) {
        gint64 end = g_get_monotonic_time() + timeout_ms * (gint64) 1000;
        g_autoptr(GString) text = g_string_new(NULL);
        pid_t parent = getpid(), child;
        bool is_whole;
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return NULL;

        child = fork();
        if (child == 0) {
                (void) close(fds[0]);
                answer(ask, userdata, fds[1], parent);
        }

        (void) close(fds[1]);
        is_whole = child > 0 && read_until(fds[0], text, n_max, end);
        (void) close(fds[0]);
        if (child < 0)
                return NULL;

        if (!is_whole)
                (void) kill(child, SIGKILL);
        return bury(child) && is_whole ? g_strdup(text->str) : NULL;
}
