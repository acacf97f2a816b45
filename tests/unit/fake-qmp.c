/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server is a thread of the test. It waits for the client alone, never for time. */

#include "tests/unit/fake-qmp.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

struct FakeQmp {
        char *folder;
        char *path;
        int listener;
        const FakeStep *script;
        GThread *thread;
};

/* One byte after the other: what comes behind the line is left for the next one. */
static bool hear_line(int fd, GString *line) {
        char c;

        g_string_truncate(line, 0);
        while (recv(fd, &c, 1, 0) == 1) {
                if (c == '\n')
                        return true;
                g_string_append_c(line, c);
        }

        return false;
}

static bool say(int fd, const char *text) {
        size_t n_left = strlen(text);

        while (n_left > 0) {
                ssize_t n = send(fd, text, n_left, MSG_NOSIGNAL);

                if (n <= 0)
                        return false;
                text += n;
                n_left -= n;
        }

        return true;
}

static bool answer_line(int fd, const char *line, const char *const (*answers)[2]) {
        const char *id = strstr(line, "\"id\":");
        unsigned long number = id ? strtoul(id + strlen("\"id\":"), NULL, 10) : 0;
        g_autofree char *answer = NULL;

        while ((*answers)[0] && !strstr(line, (*answers)[0]))
                answers++;

        if ((*answers)[0] && !(*answers)[1])
                return false;

        answer = (*answers)[0] ?
                g_strdup_printf("{\"return\": %s, \"id\": %lu}\r\n", (*answers)[1], number) :
                g_strdup_printf("{\"id\": %lu, \"error\": {\"class\": \"GenericError\", \"desc\": "
                                "\"not found\"}}\r\n",
                                number);
        return say(fd, answer);
}

static void play(int fd, const FakeStep *script) {
        g_autoptr(GString) line = g_string_new(NULL);

        for (const FakeStep *step = script; step->kind != FAKE_END; step++)
                switch (step->kind) {
                case FAKE_SAY:
                        (void) say(fd, step->text);
                        break;
                case FAKE_HEAR:
                        (void) hear_line(fd, line);
                        break;
                case FAKE_ANSWER:
                        while (hear_line(fd, line) && answer_line(fd, line->str, step->answers))
                                ;
                        break;
                case FAKE_REPEAT:
                        while (say(fd, step->text))
                                ;
                        break;
                default:
                        while (hear_line(fd, line))
                                ;
                        break;
                }
}

static void *serve(void *userdata) {
        const FakeQmp *fake = userdata;
        int fd = accept(fake->listener, NULL, NULL);

        if (fd >= 0) {
                play(fd, fake->script);
                (void) close(fd);
        }
        return NULL;
}

FakeQmp *fake_qmp_new(const FakeStep *script) {
        FakeQmp *fake = g_new0(FakeQmp, 1);
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        fake->folder = g_dir_make_tmp("fake-qmp-XXXXXX", NULL);
        g_assert_nonnull(fake->folder);
        fake->path = g_build_filename(fake->folder, "vm7.sock", NULL);
        fake->script = script;
        fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_assert_cmpuint(g_strlcpy(address.sun_path, fake->path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        g_assert_cmpint(bind(fake->listener, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fake->listener, 0), ==, 0);
        if (script)
                fake->thread = g_thread_new("fake-qmp", serve, fake);
        return fake;
}

FakeQmp *fake_qmp_free(FakeQmp *fake) {
        if (!fake)
                return NULL;

        /* Nobody may have connected. */
        (void) shutdown(fake->listener, SHUT_RDWR);
        if (fake->thread)
                g_thread_join(fake->thread);
        (void) close(fake->listener);
        (void) g_unlink(fake->path);
        (void) g_rmdir(fake->folder);
        g_free(fake->path);
        g_free(fake->folder);
        g_free(fake);
        return NULL;
}

const char *fake_qmp_path(const FakeQmp *fake) {
        return fake->path;
}
