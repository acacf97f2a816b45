/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* As little of the D-Bus protocol as makes a call: the handshake, a header, and where a message
 * that comes in ends. */

#include "tests/abuse/raw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "dbus/names.h"

#define PATIENCE_SECONDS 60

enum {
        TYPE_CALL = 1,
        TYPE_RETURN = 2,
        TYPE_ERROR = 3,
};

enum {
        FIELD_PATH = 1,
        FIELD_INTERFACE = 2,
        FIELD_MEMBER = 3,
        FIELD_DESTINATION = 6,
        FIELD_SIGNATURE = 8,
};

/* The fixed part: its fields end it, padded to 8 */
#define HEADER_SIZE 16
#define HEADER_BODY_AT 4
#define HEADER_FIELDS_AT 12

static void align(GByteArray *bytes, guint to) {
        static const guint8 zeroes[8];

        g_byte_array_append(bytes, zeroes, (to - bytes->len % to) % to);
}

static void append_word(GByteArray *bytes, uint32_t word) {
        g_byte_array_append(bytes, (const guint8 *) &word, sizeof(word));
}

static void append_field(GByteArray *bytes, uint8_t field, char type, const char *value) {
        const guint8 start[] = { field, 1, (guint8) type, 0 };
        guint8 n = strlen(value);

        align(bytes, 8);
        g_byte_array_append(bytes, start, sizeof(start));
        if (type == 'g')
                g_byte_array_append(bytes, &n, 1);
        else
                append_word(bytes, n);
        g_byte_array_append(bytes, (const guint8 *) value, n + 1u);
}

static GByteArray *message_new(const RawCall *call, const char *destination, const char *path,
                               const char *interface) {
        GByteArray *bytes = g_byte_array_new();
        const guint8 start[] = { 'l', TYPE_CALL, call->flags, 1 };
        uint32_t n_fields;

        g_byte_array_append(bytes, start, sizeof(start));
        append_word(bytes, call->n_claimed ?: call->n_body);
        append_word(bytes, call->serial);
        append_word(bytes, 0);

        append_field(bytes, FIELD_PATH, 'o', path);
        append_field(bytes, FIELD_INTERFACE, 's', interface);
        append_field(bytes, FIELD_MEMBER, 's', call->member);
        if (!call->is_peer)
                append_field(bytes, FIELD_DESTINATION, 's', destination);
        if (call->signature)
                append_field(bytes, FIELD_SIGNATURE, 'g', call->signature);
        n_fields = bytes->len - HEADER_SIZE;
        memcpy(bytes->data + HEADER_FIELDS_AT, &n_fields, sizeof(n_fields));

        align(bytes, 8);
        if (call->n_body > 0)
                g_byte_array_append(bytes, call->body, call->n_body);
        return bytes;
}

GByteArray *raw_call_new(const RawCall *call) {
        return message_new(call, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE);
}

bool raw_send(int fd, const void *bytes, size_t n) {
        const char *rest = bytes;

        while (n > 0) {
                ssize_t sent = send(fd, rest, n, MSG_NOSIGNAL);

                if (sent < 0 && errno == EINTR)
                        continue;
                if (sent < 0)
                        return false;
                rest += sent;
                n -= sent;
        }

        return true;
}

static bool receive_all(int fd, void *bytes, size_t n) {
        char *rest = bytes;

        while (n > 0) {
                ssize_t got = recv(fd, rest, n, 0);

                if (got < 0 && errno == EINTR)
                        continue;
                g_assert_false(got < 0 && errno == EAGAIN); /* it was waited for long enough */
                if (got <= 0)
                        return false;
                rest += got;
                n -= got;
        }

        return true;
}

/* The type of the next message, which is skipped; 0 at the end */
static uint8_t receive(int fd) {
        uint8_t header[HEADER_SIZE];
        g_autofree char *rest = NULL;
        uint32_t n_fields, n_body;
        size_t n;

        if (!receive_all(fd, header, sizeof(header)))
                return 0;
        memcpy(&n_body, header + HEADER_BODY_AT, sizeof(n_body));
        memcpy(&n_fields, header + HEADER_FIELDS_AT, sizeof(n_fields));
        n = (n_fields + 7) / 8 * 8 + (size_t) n_body;
        rest = g_malloc(n + 1);
        return receive_all(fd, rest, n) ? header[1] : 0;
}

size_t raw_count_answers(int fd, size_t n) {
        size_t n_answers = 0;

        while (n_answers < n) {
                uint8_t type = receive(fd);

                if (type == 0)
                        break;
                n_answers += type == TYPE_RETURN || type == TYPE_ERROR;
        }

        return n_answers;
}

bool raw_is_closed(int fd) {
        return raw_count_answers(fd, 1) == 0;
}

static void shake_hands(int fd) {
        g_autofree char *user = g_strdup_printf("%u", geteuid());
        g_autoptr(GString) line = g_string_new("AUTH EXTERNAL ");
        char answer[256];
        ssize_t n;

        for (const char *c = user; *c; c++)
                g_string_append_printf(line, "%02x", (unsigned) *c);
        g_string_append(line, "\r\n");
        g_assert_true(raw_send(fd, "", 1));
        g_assert_true(raw_send(fd, line->str, line->len));
        n = recv(fd, answer, sizeof(answer), 0);
        g_assert_cmpint(n, >, 3);
        g_assert_cmpint(memcmp(answer, "OK ", 3), ==, 0);
        g_assert_true(raw_send(fd, "BEGIN\r\n", strlen("BEGIN\r\n")));
}

int raw_connect(void) {
        static const char prefix[] = "unix:path=";
        const RawCall hello = { .member = "Hello", .serial = 1 };
        const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
        struct sockaddr_un name = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        GByteArray *bytes;

        g_assert_true(address && g_str_has_prefix(address, prefix));
        (void) g_strlcpy(name.sun_path, address + strlen(prefix), sizeof(name.sun_path));
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), ==,
                        0);
        g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), ==,
                        0);
        g_assert_cmpint(connect(fd, (struct sockaddr *) &name, sizeof(name)), ==, 0);
        shake_hands(fd);

        bytes = message_new(&hello, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus");
        g_assert_true(raw_send(fd, bytes->data, bytes->len));
        g_byte_array_unref(bytes);
        g_assert_cmpuint(raw_count_answers(fd, 1), ==, 1);
        return fd;
}
