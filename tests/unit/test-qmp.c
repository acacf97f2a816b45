/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client of QMP against monitors that do what none should */

#include "client/lib/qmp.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/unit/fake-qmp.h"

/* Where something has to come, and where nothing does */
#define LONG_MSEC 30000
#define SHORT_MSEC 50
/* Where nothing comes after what has to be there first */
#define MIDDLE_MSEC 1500

/* The client's first question, which all scripts but those of the greeting answer */
#define GREETED                                                         \
        { FAKE_SAY, FAKE_GREETING, NULL }, { FAKE_HEAR, NULL, NULL }, { \
                FAKE_SAY, "{\"return\": {}, \"id\": 1}\r\n", NULL       \
        }
#define HEAR \
        { FAKE_HEAR, NULL, NULL }
#define WAIT \
        { FAKE_WAIT, NULL, NULL }
#define SAY(t) \
        { FAKE_SAY, t, NULL }
#define REPEAT(t) \
        { FAKE_REPEAT, t, NULL }

#define EVENT "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\r\n"

typedef struct QmpCase {
        const char *name;
        FakeStep script[12];
        unsigned msec;     /* of time; 0: LONG_MSEC */
        const char *shown; /* what is returned, or */
        QmpError code;
        const char *message; /* in the refusal */
} QmpCase;

static const QmpCase cases[] = {
        /* clang-format off */
        { .name = "answer", .script = { GREETED, HEAR, SAY("{\"return\": {\"a\": 1}, \"id\": 2}\r\n"), WAIT },
          .shown = "{\"a\":1}" },
        { .name = "answer-in-pieces",
          .script = { GREETED, HEAR, SAY("{\"ret"), SAY("urn\": [\"}{\\\"\"]"), SAY(", \"id\": 2"), SAY("}"), WAIT },
          .shown = "[\"}{\\\"\"]" },
        { .name = "pretty-answer",
          .script = { GREETED, HEAR, SAY("{\n    \"id\": 2,\n    \"return\": [\n    ]\n}\n"), WAIT },
          .shown = "[]" },
        { .name = "events-before-and-between",
          .script = { SAY(FAKE_GREETING EVENT), HEAR, SAY(EVENT EVENT "{\"return\": {}, \"id\": 1}\r\n" EVENT), HEAR,
                      SAY(EVENT "{\"return\": true, \"id\": 2}\r\n"), WAIT },
          .shown = "true" },

        { .name = "no-greeting", .script = { WAIT }, .msec = SHORT_MSEC, .code = QMP_ERROR_UNREACHABLE,
          .message = "says nothing for 0.05 s: a monitor serves one program at a time, is another one "
                     "(libvirt?) connected to it?" },
        { .name = "half-a-greeting", .script = { SAY("{\"QMP\": "), WAIT }, .msec = SHORT_MSEC,
          .code = QMP_ERROR_UNREACHABLE, .message = "says nothing for 0.05 s" },
        { .name = "no-answer", .script = { GREETED, WAIT }, .msec = MIDDLE_MSEC, .code = QMP_ERROR_UNREACHABLE,
          .message = "has not answered 'query-name' within 1.5 s for all questions" },
        { .name = "nothing-but-events", .script = { GREETED, REPEAT(EVENT) }, .msec = MIDDLE_MSEC,
          .code = QMP_ERROR_UNREACHABLE, .message = "has not answered 'query-name'" },
        { .name = "hangs-up-at-once", .script = { { FAKE_END, NULL, NULL } }, .code = QMP_ERROR_UNREACHABLE,
          .message = "hung up before it said anything" },
        { .name = "hangs-up-in-the-greeting", .script = { SAY("{\"QMP\"") }, .code = QMP_ERROR_UNREACHABLE,
          .message = "hung up before it said anything" },
        { .name = "hangs-up-after-the-greeting", .script = { GREETED }, .code = QMP_ERROR_UNREACHABLE,
          .message = "hung up before it answered 'query-name'" },
        { .name = "hangs-up-in-the-answer", .script = { GREETED, HEAR, SAY("{\"return\": ") },
          .code = QMP_ERROR_UNREACHABLE, .message = "hung up before it answered 'query-name'" },

        { .name = "monitor-for-people",
          .script = { SAY("QEMU 7.2.0 monitor - type 'help' for more information\r\n(qemu) "), WAIT },
          .code = QMP_ERROR_CONTENT,
          .message = "says something else: 'QEMU 7.2.0 monitor - type 'help' for more information  (qemu)', "
                     "expected QMP and not a monitor for people" },
        { .name = "another-program", .script = { SAY("220 \033[31mmail\033[0m\r\n"), WAIT }, .code = QMP_ERROR_CONTENT,
          .message = "says something else: '220  [31mmail [0m', expected QMP" },
        { .name = "bytes", .script = { SAY("\xff\xfe\x01"), WAIT }, .code = QMP_ERROR_CONTENT,
          .message = "says something else: '" },
        { .name = "other-json", .script = { SAY("{\"jsonrpc\": \"2.0\"}\n"), WAIT }, .code = QMP_ERROR_CONTENT,
          .message = "does not greet with \"QMP\", so it is no QEMU" },
        { .name = "broken-greeting", .script = { SAY("{\"QMP\": oops}\n"), WAIT }, .code = QMP_ERROR_CONTENT,
          .message = "its greeting cannot be read: " },
        { .name = "broken-answer", .script = { GREETED, HEAR, SAY("{\"return\" 1}\n"), WAIT },
          .code = QMP_ERROR_CONTENT, .message = "its answer to 'query-name' cannot be read: line 1, column " },
        { .name = "number-too-large",
          .script = { GREETED, HEAR, SAY("{\"return\": 18446744073709551615, \"id\": 2}\n"), WAIT },
          .code = QMP_ERROR_CONTENT, .message = "a number that is too large" },
        { .name = "answer-to-another-question", .script = { GREETED, HEAR, SAY("{\"return\": {}, \"id\": 1}\n"), WAIT },
          .code = QMP_ERROR_CONTENT,
          .message = "answers 'query-name' with what is no answer to it, expected \"return\" with the id 2" },
        { .name = "answer-without-id", .script = { GREETED, HEAR, SAY("{\"return\": {}}\n"), WAIT },
          .code = QMP_ERROR_CONTENT, .message = "with what is no answer to it" },
        { .name = "answer-without-return", .script = { GREETED, HEAR, SAY("{\"id\": 2}\n"), WAIT },
          .code = QMP_ERROR_CONTENT, .message = "with what is no answer to it" },
        { .name = "endless-line", .script = { SAY("{\"QMP\": \""), REPEAT("0123456789abcdefghijklmnopqrstuvwxyz") },
          .code = QMP_ERROR_CONTENT, .message = "sends an answer of more than 16 MiB, which no QEMU does" },
        { .name = "endless-blanks", .script = { REPEAT("                                        ") },
          .msec = SHORT_MSEC, .code = QMP_ERROR_UNREACHABLE, .message = "says nothing for 0.05 s" },
        { .name = "nested-too-deep", .script = { SAY("{\"QMP\":"), REPEAT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[") },
          .code = QMP_ERROR_CONTENT, .message = "sends an answer of more than 16 MiB" },

        { .name = "refused",
          .script = { GREETED, HEAR,
                      SAY("{\"id\": 2, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command query-name "
                          "has not been\\u001b[1m found\\n\"}}\r\n"), WAIT },
          .code = QMP_ERROR_REFUSED,
          .message = "QEMU refuses 'query-name': The command query-name has not been [1m found (CommandNotFound)" },
        { .name = "refused-without-a-reason", .script = { GREETED, HEAR, SAY("{\"id\": 2, \"error\": 7}\r\n"), WAIT },
          .code = QMP_ERROR_REFUSED, .message = "QEMU refuses 'query-name': it does not say why (no class)" },
        { .name = "capabilities-refused",
          .script = { SAY(FAKE_GREETING), HEAR, SAY("{\"error\": {\"class\": \"X\", \"desc\": \"no\"}}\n"), WAIT },
          .code = QMP_ERROR_REFUSED, .message = "QEMU refuses 'qmp_capabilities': no (X)" },
        /* clang-format on */
};

static void assert_refused(GError *error, QmpError code, const char *message) {
        g_assert_error(error, QMP_ERROR, (int) code);
        if (!strstr(error->message, message))
                g_error("'%s' is not in '%s'", message, error->message);
        g_assert_null(strpbrk(error->message, "\r\n\033"));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_case(const void *userdata) {
        const QmpCase *c = userdata;
        g_autoptr(FakeQmp) fake = fake_qmp_new(c->script);
        g_autoptr(GError) error = NULL;
        g_autoptr(Qmp) qmp = qmp_connect(fake_qmp_path(fake), c->msec ?: LONG_MSEC, &error);
        g_autoptr(JsonNode) answer = qmp ? qmp_ask(qmp, "query-name", &error) : NULL;
        g_autofree char *shown = answer ? json_to_string(answer, FALSE) : NULL;

        g_clear_pointer(&qmp, qmp_free);
        g_assert_cmpstr(shown, ==, c->shown);
        if (c->message)
                assert_refused(error, c->code, c->message);
        else
                g_assert_no_error(error);
}

static void refuse_path(const char *path, QmpError code, const char *message) {
        g_autoptr(GError) error = NULL;

        g_assert_null(qmp_connect(path, SHORT_MSEC, &error));
        assert_refused(error, code, message);
}

static void test_no_file(void) {
        refuse_path("/nonexistent/vm.sock", QMP_ERROR_UNREACHABLE,
                    "cannot be reached: no such file or directory (stat)");
}

static void test_no_socket(void) {
        refuse_path("/dev/null", QMP_ERROR_UNREACHABLE,
                    "is no socket, expected that of a QEMU (-qmp unix:...)");
}

static void test_long_path(void) {
        g_autofree char *path = g_strnfill(200, 'x');

        refuse_path(path, QMP_ERROR_CONTENT, "has 200 bytes, and the path of a socket at most 107");
}

/* As a QEMU that has ended leaves it behind */
static void test_nobody_listens(void) {
        g_autofree char *folder = g_dir_make_tmp("test-qmp-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "vm.sock", NULL);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        (void) close(fd);
        refuse_path(path, QMP_ERROR_UNREACHABLE, "nobody listens at this socket");
        (void) g_unlink(path);
        (void) g_rmdir(folder);
}

/* QEMU listens on, but serves another: first that takes a place in the queue, then there is none. */
static void test_busy(void) {
        g_autoptr(FakeQmp) fake = fake_qmp_new(NULL);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        refuse_path(fake_qmp_path(fake), QMP_ERROR_UNREACHABLE,
                    "says nothing for 0.05 s: a monitor serves one program at a time");

        g_strlcpy(address.sun_path, fake_qmp_path(fake), sizeof(address.sun_path));
        (void) connect(fd, (struct sockaddr *) &address, sizeof(address));
        refuse_path(fake_qmp_path(fake), QMP_ERROR_UNREACHABLE,
                    "another program is connected to it, and more wait to be");
        (void) close(fd);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *path = g_strdup_printf("/qmp/%s", cases[i].name);

                g_test_add_data_func(path, &cases[i], test_case);
        }
        g_test_add_func("/qmp/no-file", test_no_file);
        g_test_add_func("/qmp/no-socket", test_no_socket);
        g_test_add_func("/qmp/long-path", test_long_path);
        g_test_add_func("/qmp/nobody-listens", test_nobody_listens);
        g_test_add_func("/qmp/busy", test_busy);
        return g_test_run();
}
