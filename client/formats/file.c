/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads a whole file, of whatever kind, and never waits for ever for one: a FIFO may have nobody
 * at its other end. What comes on standard input is waited for as every filter does. */

#include "client/formats/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/formats/format.h"

/* How long nobody may open the other end, and how long somebody who has may say nothing */
#define WRITER_TIMEOUT_SEC 5
#define SILENCE_TIMEOUT_SEC 60

#define READ_SIZE (64u * 1024)

typedef struct FileReader {
        int fd;
        bool is_input; /* standard input: not ours to close or to give up */
        bool is_fifo;
        GByteArray *bytes;
} FileReader;

static void file_reader_done(FileReader *reader) {
        if (!reader->is_input && reader->fd >= 0)
                (void) close(reader->fd);
        g_clear_pointer(&reader->bytes, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FileReader, file_reader_done)

const char *file_display_name(const char *path) {
        return g_str_equal(path, "-") ? "standard input" : path;
}

void file_set_error_errno(GError **error, const char *what) {
        g_autofree char *text = g_strdup(g_strerror(errno));

        text[0] = g_ascii_tolower(text[0]);
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE, "%s: %s", what, text);
}

static bool file_reader_open(FileReader *reader, const char *path, GError **error) {
        struct stat st;

        if (reader->is_input)
                reader->fd = STDIN_FILENO;
        else
                /* Without O_NONBLOCK opening a FIFO waits for a writer. */
                reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (reader->fd < 0) {
                file_set_error_errno(error, "cannot be opened");
                return false;
        }

        if (fstat(reader->fd, &st) < 0) {
                file_set_error_errno(error, "fstat");
                return false;
        }

        if (S_ISDIR(st.st_mode)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                                    "is a directory, expected a file");
                return false;
        }

        reader->is_fifo = S_ISFIFO(st.st_mode);
        return true;
}

/* Whether there is something to read, or the end, before the time is over */
static bool file_reader_wait(const FileReader *reader, int seconds, GError **error) {
        struct pollfd pollfd = { .fd = reader->fd, .events = POLLIN };
        int timeout = reader->is_input ? -1 : seconds * 1000;
        int r;

        do
                r = poll(&pollfd, 1, timeout);
        while (r < 0 && errno == EINTR);

        if (r < 0)
                file_set_error_errno(error, "poll");
        else if (r == 0)
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                            "nothing came to read for %d seconds", seconds);
        return r > 0;
}

/* A FIFO without a writer reads as ended, so there has to be one before the first read. One that
 * is there and silent makes the read say EAGAIN. */
static bool file_reader_wait_for_writer(FileReader *reader, GError **error) {
        uint8_t byte;
        ssize_t n;

        if (reader->is_input || !reader->is_fifo ||
            file_reader_wait(reader, WRITER_TIMEOUT_SEC, NULL))
                return true;

        n = read(reader->fd, &byte, 1);
        if (n == 0) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                            "is a FIFO and nobody writes to it, waited %d seconds for a writer",
                            WRITER_TIMEOUT_SEC);
                return false;
        }

        if (n > 0)
                g_byte_array_append(reader->bytes, &byte, 1);
        return true;
}

static bool file_reader_read(FileReader *reader, GError **error) {
        g_autofree uint8_t *buffer = g_malloc(READ_SIZE);

        for (;;) {
                ssize_t n = read(reader->fd, buffer, READ_SIZE);

                if (n == 0)
                        return true;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN) {
                        if (!file_reader_wait(reader, SILENCE_TIMEOUT_SEC, error))
                                return false;
                        continue;
                }
                if (n < 0) {
                        file_set_error_errno(error, "cannot be read");
                        return false;
                }

                if (reader->bytes->len + (size_t) n > FILE_MAX) {
                        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_FILE,
                                    "is larger than %u MiB, expected a table", FILE_MAX >> 20);
                        return false;
                }
                g_byte_array_append(reader->bytes, buffer, n);
        }
}

bool file_read(const char *path, char **ret_text, size_t *ret_n_text, GError **error) {
        g_auto(FileReader) reader = { .fd = -1, .is_input = g_str_equal(path, "-") };

        reader.bytes = g_byte_array_new();
        if (!file_reader_open(&reader, path, error) ||
            !file_reader_wait_for_writer(&reader, error) || !file_reader_read(&reader, error))
                return false;

        *ret_n_text = reader.bytes->len;
        g_byte_array_append(reader.bytes, (const uint8_t *) "", 1);
        *ret_text = (char *) g_byte_array_free(g_steal_pointer(&reader.bytes), FALSE);
        return true;
}
