/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sd_notify() waits for room in the queue of whoever listens. systemd makes some, but others listen
 * too, and some of them only for the first READY=1: ten messages later they would have stopped us. */

#include "daemon/notify.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static bool queue_is_full(const struct sockaddr_un *address, socklen_t n_address) {
        struct pollfd poll_fd = { .events = POLLOUT };
        bool is_full;

        poll_fd.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (poll_fd.fd < 0)
                return false;

        is_full = connect(poll_fd.fd, (const struct sockaddr *) address, n_address) == 0 &&
                poll(&poll_fd, 1, 0) == 0;
        (void) close(poll_fd.fd);
        return is_full;
}

/* false also for what is no address of a socket here: that is sd_notify()'s business */
static bool is_deaf(void) {
        const char *path = getenv("NOTIFY_SOCKET");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        size_t n = path ? strlen(path) : 0;

        if (n < 2 || n >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
                return false;

        memcpy(address.sun_path, path, n);
        if (path[0] == '@')
                address.sun_path[0] = '\0';
        return queue_is_full(&address,
                             offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '/'));
}

void notify(const char *format, ...) {
        g_autofree char *state = NULL;
        va_list values;

        if (is_deaf())
                return;

        va_start(values, format);
        state = g_strdup_vprintf(format, values);
        va_end(values);
        (void) sd_notify(false, state);
}
