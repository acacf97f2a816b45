/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way to a monitor of QEMU and back (qemu, docs/interop/qmp-spec): one question at a time, each
 * with an id, what QEMU tells unasked (events) is left aside. Refuses everything that is not QMP,
 * is too much, or takes too long: whoever sits at a socket need not be QEMU. */

#include "client/lib/qmp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/formats/json.h"

#define USEC_PER_MSEC 1000
#define READ_SIZE (64u * 1024)

/* Longer quotes are cut off in messages */
#define QUOTE_MAX 120

G_DEFINE_QUARK(qmp_error_quark, qmp_error)

/* Where the first JSON object of the buffer ends: with "pretty" QEMU writes one in many lines. */
typedef struct Frame {
        size_t n_seen;
        unsigned depth;
        bool in_text;
        bool is_escaped;
} Frame;

struct Qmp {
        int fd;
        unsigned timeout_msec;
        int64_t deadline;
        uint64_t id;
        GString *input;
        Frame frame;
        char *asked; /* for messages; NULL before the greeting */
};

char *qmp_clean(const char *text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        GString *clean = g_string_new(NULL);
        unsigned n = 0;

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (n++ == QUOTE_MAX) {
                        g_string_append(clean, "...");
                        break;
                }
                g_string_append_unichar(clean, g_unichar_isprint(c) ? c : ' ');
        }

        g_strstrip(clean->str);
        return g_string_free(clean, FALSE);
}

static bool set_error_errno(GError **error, const char *call) {
        QmpError code =
                errno == EACCES || errno == EPERM ? QMP_ERROR_DENIED : QMP_ERROR_UNREACHABLE;
        g_autofree char *problem = g_strdup(g_strerror(errno));

        problem[0] = g_ascii_tolower(problem[0]);
        g_set_error(error, QMP_ERROR, code, "cannot be reached: %s (%s)", problem, call);
        return false;
}

/* QEMU takes the connection of a second program, and greets it when the first one has gone. */
static bool set_error_late(const Qmp *qmp, GError **error) {
        double seconds = qmp->timeout_msec / 1000.0;

        if (qmp->asked)
                g_set_error(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                            "has not answered '%s' within %g s for all questions", qmp->asked,
                            seconds);
        else
                g_set_error(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                            "says nothing for %g s: a monitor serves one program at a time, is "
                            "another one (libvirt?) connected to it?",
                            seconds);
        return false;
}

static bool set_error_gone(const Qmp *qmp, GError **error) {
        if (qmp->asked)
                g_set_error(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                            "hung up before it answered '%s'", qmp->asked);
        else
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                                    "hung up before it said anything");
        return false;
}

static bool is_gone(int e) {
        return e == EPIPE || e == ECONNRESET;
}

static bool wait_for(const Qmp *qmp, short events, GError **error) {
        struct pollfd pollfd = { .fd = qmp->fd, .events = events };

        for (;;) {
                int64_t left = qmp->deadline - g_get_monotonic_time();
                int r;

                if (left <= 0)
                        return set_error_late(qmp, error);

                r = poll(&pollfd, 1, (int) ((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
                if (r > 0)
                        return true;
                if (r < 0 && errno != EINTR)
                        return set_error_errno(error, "poll");
        }
}

static bool write_text(const Qmp *qmp, const char *text, GError **error) {
        size_t n_left = strlen(text);

        while (n_left > 0) {
                ssize_t n;

                if (!wait_for(qmp, POLLOUT, error))
                        return false;

                n = send(qmp->fd, text, n_left, MSG_NOSIGNAL);
                if (n < 0 && is_gone(errno))
                        return set_error_gone(qmp, error);
                if (n < 0 && errno != EAGAIN && errno != EINTR)
                        return set_error_errno(error, "send");
                if (n > 0) {
                        text += n;
                        n_left -= n;
                }
        }

        return true;
}

static bool read_some(Qmp *qmp, GError **error) {
        size_t n_before = qmp->input->len;
        ssize_t n;

        if (!wait_for(qmp, POLLIN, error))
                return false;

        g_string_set_size(qmp->input, n_before + READ_SIZE);
        n = recv(qmp->fd, qmp->input->str + n_before, READ_SIZE, 0);
        g_string_set_size(qmp->input, n_before + MAX(n, 0));
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
                return true;
        if (n == 0 || is_gone(errno))
                return set_error_gone(qmp, error);

        return set_error_errno(error, "recv");
}

static bool set_error_content(const Qmp *qmp, const char *problem, GError **error) {
        g_autofree char *quote = qmp_clean(qmp->input->str);

        g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT, "%s: '%s', expected QMP%s", problem, quote,
                    strstr(quote, "type 'help'") ? " and not a monitor for people" : "");
        return false;
}

/* Looks at what is new; true when the object is complete, which then ends at n_seen. */
static bool frame_scan(Frame *frame, const GString *input) {
        while (frame->n_seen < input->len) {
                char c = input->str[frame->n_seen++];

                if (frame->is_escaped)
                        frame->is_escaped = false;
                else if (frame->in_text) {
                        frame->is_escaped = c == '\\';
                        frame->in_text = c != '"';
                } else if (c == '"')
                        frame->in_text = true;
                else if (c == '{' || c == '[')
                        frame->depth++;
                else if ((c == '}' || c == ']') && --frame->depth == 0)
                        return true;
        }

        return false;
}

static void skip_blanks(GString *input) {
        size_t n = 0;

        while (n < input->len && g_ascii_isspace(input->str[n]))
                n++;
        g_string_erase(input, 0, n);
}

static JsonObject *parse_message(const Qmp *qmp, size_t n_text, GError **error) {
        g_autoptr(GError) local_error = NULL;
        g_autoptr(JsonNode) root = json_parse_any(qmp->input->str, n_text, &local_error);

        if (!root) {
                g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT, "%s%s%s cannot be read: %s",
                            qmp->asked ? "its answer to '" : "its greeting", qmp->asked ?: "",
                            qmp->asked ? "'" : "", local_error->message);
                return NULL;
        }

        return json_object_ref(json_node_get_object(root));
}

static JsonObject *read_message(Qmp *qmp, GError **error) {
        JsonObject *message;

        qmp->frame = (Frame){};
        for (;;) {
                if (qmp->frame.n_seen == 0)
                        skip_blanks(qmp->input);
                if (qmp->input->len > 0 && qmp->input->str[0] != '{') {
                        (void) set_error_content(qmp, "says something else", error);
                        return NULL;
                }
                if (frame_scan(&qmp->frame, qmp->input))
                        break;
                if (qmp->input->len > QMP_MESSAGE_MAX) {
                        g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT,
                                    "sends an answer of more than %u MiB, which no QEMU does",
                                    QMP_MESSAGE_MAX / (1024 * 1024));
                        return NULL;
                }
                if (!read_some(qmp, error))
                        return NULL;
        }

        message = parse_message(qmp, qmp->frame.n_seen, error);
        g_string_erase(qmp->input, 0, qmp->frame.n_seen);
        return message;
}

const char *qmp_member_text(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && json_node_get_value_type(node) == G_TYPE_STRING ?
                json_node_get_string(node) :
                NULL;
}

bool qmp_member_is_on(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
                json_node_get_boolean(node);
}

int64_t qmp_member_number(JsonObject *object, const char *name, int64_t otherwise) {
        JsonNode *node = json_object_get_member(object, name);

        return node && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node) :
                                                                        otherwise;
}

static void set_error_refused(const Qmp *qmp, JsonObject *answer, GError **error) {
        JsonNode *node = json_object_get_member(answer, "error");
        JsonObject *refusal = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *text = refusal ? qmp_member_text(refusal, "desc") : NULL;
        const char *class = refusal ? qmp_member_text(refusal, "class") : NULL;
        g_autofree char *shown = qmp_clean(text ?: "it does not say why");
        g_autofree char *shown_class = qmp_clean(class ?: "no class");

        g_set_error(error, QMP_ERROR, QMP_ERROR_REFUSED, "QEMU refuses '%s': %s (%s)", qmp->asked,
                    shown, shown_class);
}

static JsonNode *read_answer(Qmp *qmp, GError **error) {
        for (;;) {
                g_autoptr(JsonObject) message = read_message(qmp, error);

                if (!message)
                        return NULL;
                if (json_object_has_member(message, "event"))
                        continue;

                if (json_object_has_member(message, "error")) {
                        set_error_refused(qmp, message, error);
                        return NULL;
                }
                if (json_object_has_member(message, "return") &&
                    qmp_member_number(message, "id", -1) == (int64_t) qmp->id)
                        return json_node_copy(json_object_get_member(message, "return"));

                g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT,
                            "answers '%s' with what is no answer to it, expected \"return\" with "
                            "the id %" G_GUINT64_FORMAT,
                            qmp->asked, qmp->id);
                return NULL;
        }
}

/* Takes @arguments and @shown, the question in messages, over */
static JsonNode *ask(Qmp *qmp, const char *command, JsonObject *arguments, char *shown,
                     GError **error) {
        g_autoptr(JsonObject) question = json_object_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
        g_autofree char *text = NULL, *line = NULL;

        g_free(qmp->asked);
        qmp->asked = shown;
        json_object_set_string_member(question, "execute", command);
        if (arguments)
                json_object_set_object_member(question, "arguments", arguments);
        json_object_set_int_member(question, "id", (int64_t) ++qmp->id);
        json_node_set_object(node, question);
        text = json_to_string(node, FALSE);
        line = g_strconcat(text, "\n", NULL);

        if (!write_text(qmp, line, error))
                return NULL;

        return read_answer(qmp, error);
}

JsonNode *qmp_ask(Qmp *qmp, const char *command, GError **error) {
        return ask(qmp, command, NULL, g_strdup(command), error);
}

JsonNode *qmp_get(Qmp *qmp, const char *object, const char *property, GError **error) {
        JsonObject *arguments = json_object_new();
        g_autofree char *shown = qmp_clean(property);

        json_object_set_string_member(arguments, "path", object);
        json_object_set_string_member(arguments, "property", property);
        return ask(qmp, "qom-get", arguments, g_strconcat("qom-get ", shown, NULL), error);
}

JsonNode *qmp_list(Qmp *qmp, const char *object, GError **error) {
        JsonObject *arguments = json_object_new();

        json_object_set_string_member(arguments, "path", object);
        return ask(qmp, "qom-list", arguments, g_strdup("qom-list"), error);
}

static bool allow_refusal(JsonNode *answer, GError *cause, JsonNode **ret, GError **error) {
        *ret = answer;
        if (answer)
                return true;
        if (!g_error_matches(cause, QMP_ERROR, QMP_ERROR_REFUSED)) {
                g_propagate_error(error, cause);
                return false;
        }

        g_error_free(cause);
        return true;
}

bool qmp_try_ask(Qmp *qmp, const char *command, JsonNode **ret, GError **error) {
        GError *cause = NULL;
        JsonNode *answer = qmp_ask(qmp, command, &cause);

        return allow_refusal(answer, cause, ret, error);
}

bool qmp_try_get(Qmp *qmp, const char *object, const char *property, JsonNode **ret,
                 GError **error) {
        GError *cause = NULL;
        JsonNode *answer = qmp_get(qmp, object, property, &cause);

        return allow_refusal(answer, cause, ret, error);
}

/* A queue that is full is no reason to wait for Linux: it says so at once. */
static bool connect_socket(Qmp *qmp, const char *path, GError **error) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct stat status;

        if (strlen(path) >= sizeof(address.sun_path)) {
                g_set_error(error, QMP_ERROR, QMP_ERROR_CONTENT,
                            "has %zu bytes, and the path of a socket at most %zu", strlen(path),
                            sizeof(address.sun_path) - 1);
                return false;
        }

        if (stat(path, &status) < 0)
                return set_error_errno(error, "stat");
        if (!S_ISSOCK(status.st_mode)) {
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                                    "is no socket, expected that of a QEMU (-qmp unix:...)");
                return false;
        }

        qmp->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (qmp->fd < 0)
                return set_error_errno(error, "socket");

        memcpy(address.sun_path, path, strlen(path));
        if (connect(qmp->fd, (const struct sockaddr *) &address, sizeof(address)) == 0)
                return true;

        if (errno == ECONNREFUSED)
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                                    "nobody listens at this socket; is the QEMU still running?");
        else if (errno == EAGAIN)
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_UNREACHABLE,
                                    "another program is connected to it, and more wait to be: a "
                                    "monitor serves one at a time");
        else
                return set_error_errno(error, "connect");
        return false;
}

static bool greet(Qmp *qmp, GError **error) {
        g_autoptr(JsonObject) greeting = read_message(qmp, error);
        g_autoptr(JsonNode) nothing = NULL;

        if (!greeting)
                return false;
        if (!json_object_has_member(greeting, "QMP")) {
                g_set_error_literal(error, QMP_ERROR, QMP_ERROR_CONTENT,
                                    "does not greet with \"QMP\", so it is no QEMU");
                return false;
        }

        nothing = qmp_ask(qmp, "qmp_capabilities", error);
        return nothing != NULL;
}

Qmp *qmp_connect(const char *path, unsigned timeout_msec, GError **error) {
        g_autoptr(Qmp) qmp = g_new0(Qmp, 1);

        qmp->fd = -1;
        qmp->timeout_msec = timeout_msec;
        qmp->deadline = g_get_monotonic_time() + (int64_t) timeout_msec * USEC_PER_MSEC;
        qmp->input = g_string_new(NULL);
        if (!connect_socket(qmp, path, error) || !greet(qmp, error))
                return NULL;

        return g_steal_pointer(&qmp);
}

Qmp *qmp_free(Qmp *qmp) {
        if (!qmp)
                return NULL;

        if (qmp->fd >= 0)
                (void) close(qmp->fd);
        g_string_free(qmp->input, TRUE);
        g_free(qmp->asked);
        g_free(qmp);
        return NULL;
}
