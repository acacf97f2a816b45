/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The real vtable on one end of a pair of sockets, the bytes on the other. Each input has a service
 * of its own, and all of them one host. */

#include "tests/fuzz/wire.h"

#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "daemon/bus/bus-util.h"
#include "daemon/bus/call-log.h"
#include "daemon/bus/service.h"
#include "dbus/names.h"
#include "policy/recording.h"

/* As many turns of the loop as all that is sent at once can take, and slices of CheckMany */
#define LOOP_TURNS_MAX 2000
/* What a pair of sockets takes without a reader */
#define INPUT_MAX (64 * 1024)

static Host *read_host(const char *path) {
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        gsize n;
        Host *host;

        if (!g_file_get_contents(path, &text, &n, &error))
                g_error("%s", error->message);
        host = recording_parse(text, n, &error);
        if (!host)
                g_error("%s: %s", path, error->message);
        return host;
}

static void ask_nobody(void *userdata) {
        (void) userdata;
}

static void try_nothing(const TrialRequest *request, void *userdata) {
        (void) request;
        (void) userdata;
}

static unsigned n_lines; /* of the log, one a call */

/* Whatever a peer's message has in it, a line of the log has no more than characters. */
static void look_at_line(const char *line) {
        n_lines++;
        g_assert_true(g_utf8_validate(line, -1, NULL));
        for (const char *c = line; *c; c++)
                g_assert_true(*c >= ' ' && *c != 0x7f);
}

static sd_bus *serve(sd_event *event, int fd) {
        sd_bus *bus;

        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fd, fd), >=, 0);
        g_assert_cmpint(sd_bus_set_server(bus, true, SD_ID128_NULL), >=, 0);
        g_assert_cmpint(sd_bus_set_anonymous(bus, true), >=, 0);
        g_assert_cmpint(sd_bus_set_trusted(bus, true), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL), >=, 0);
        return bus;
}

static void drain(int fd) {
        char buffer[64 * 1024];

        while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
                ;
}

static void send_bytes(int fd, const uint8_t *bytes, size_t n_bytes) {
        static const char handshake[] = "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";

        g_assert_cmpint(send(fd, handshake, sizeof(handshake) - 1, 0), >, 0);
        if (n_bytes > 0)
                g_assert_cmpint(send(fd, bytes, n_bytes, MSG_DONTWAIT), >, 0);
        (void) shutdown(fd, SHUT_WR);
}

unsigned fuzz_wire(const char *recording, const uint8_t *bytes, size_t n_bytes) {
        static Host *host;
        g_autoptr(sd_event) event = NULL;
        g_autoptr(Service) service = service_new(NULL, ask_nobody, try_nothing, ask_nobody, NULL);
        sd_bus *bus;
        int fds[2];

        if (!host)
                host = read_host(recording);
        if (n_bytes > INPUT_MAX)
                return 0;
        n_lines = 0;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==,
                        0);
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        bus = serve(event, fds[0]);
        g_assert_true(service_add_to_bus(service, bus, NULL));
        (void) service_refresh(service, NULL, NULL);
        (void) service_answer(service, host_ref(host), NULL);
        call_log_init(bus, look_at_line);
        call_log_set_enabled(true);

        send_bytes(fds[1], bytes, n_bytes);
        for (unsigned i = 0; i < LOOP_TURNS_MAX && sd_event_run(event, 0) > 0; i++)
                drain(fds[1]);

        call_log_set_enabled(false);
        sd_bus_close(bus);
        service = service_free(service);
        sd_bus_unref(bus);
        (void) close(fds[1]);
        return n_lines;
}

static void append_table(sd_bus_message *m) {
        static const uint32_t rows[] = { 0, 0, 0, 13, 0x756e6547, 0x6c65746e, 0x49656e69,
                                         7, 0, 1, 2,  ~0u,        0x1a010104, 0xbc010400,
                                         1, 0, 0, 0,  0,          1 << 3,     0 };

        g_assert_cmpint(sd_bus_message_append_array(m, 'u', rows, sizeof(rows)), >=, 0);
}

static void append_options(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_append(m, "a{sv}", 6, "capabilities", "as", 2, "irqchip",
                                              "disable-exits.mwait", "strict", "b", 1, "msrs",
                                              "a{ut}", 1, 0x10a, UINT64_C(1), "unknown_msrs",
                                              "a{ut}", 1, 0x10a, UINT64_C(2), "tsc_khz", "t",
                                              UINT64_C(2000000), "unknown", "au", 8, 1, 1, 0, 0,
                                              0xf, 0, 0, 0),
                        >=, 0);
}

static void fill_check(sd_bus_message *m) {
        append_table(m);
        append_options(m);
}

static void fill_check_many(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_open_container(m, 'a', "(aua{sv})"), >=, 0);
        for (size_t i = 0; i < 3; i++) {
                g_assert_cmpint(sd_bus_message_open_container(m, 'r', "aua{sv}"), >=, 0);
                append_table(m);
                if (i == 0)
                        append_options(m);
                else
                        g_assert_cmpint(
                                sd_bus_message_append(m, "a{sv}", 1, "verdict_only", "b", 1), >=,
                                0);
                g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
}

static void fill_names(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_append(m, "as", 2, "irqchip", "hyperv"), >=, 0);
}

static void fill_name(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_append(m, "s", "disable-exits.mwait"), >=, 0);
}

static void fill_property(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_append(m, "ss", CPUIDD_INTERFACE, "Fingerprint"), >=, 0);
}

static void fill_self(sd_bus_message *m) {
        g_assert_cmpint(sd_bus_message_append(m, "aua{sv}", 0, 1, "self", "b", 1), >=, 0);
}

static const struct {
        const char *interface;
        const char *member;
        void (*fill)(sd_bus_message *m);
} seeds[] = {
        { CPUIDD_INTERFACE, "Check", fill_check },
        { CPUIDD_INTERFACE, "CheckMany", fill_check_many },
        { CPUIDD_INTERFACE, "GetCpuid", fill_names },
        { CPUIDD_INTERFACE, "GetDelta", fill_name },
        { CPUIDD_INTERFACE, "GetProfile", NULL },
        { CPUIDD_INTERFACE, "ListCapabilities", NULL },
        { CPUIDD_INTERFACE, "Refresh", NULL },
        { CPUIDD_INTERFACE, "Trial", fill_check },
        { CPUIDD_INTERFACE, "Trial", fill_self },
        { "org.freedesktop.DBus.Properties", "Get", fill_property },
        { "org.freedesktop.DBus.Introspectable", "Introspect", NULL },
};

/* What a client of sd-bus writes: it has to believe that it talks to somebody */
GPtrArray *fuzz_wire_seeds(void) {
        static const char welcome[] =
                "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";
        GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify) g_byte_array_unref);
        uint8_t buffer[INPUT_MAX];
        sd_bus *bus;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==,
                        0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(send(fds[1], welcome, sizeof(welcome) - 1, 0), >, 0);
        while (sd_bus_process(bus, NULL) > 0)
                ;
        drain(fds[1]);

        for (size_t i = 0; i < G_N_ELEMENTS(seeds); i++) {
                g_autoptr(sd_bus_message) m = NULL;
                GByteArray *seed = g_byte_array_new();
                ssize_t n;

                g_assert_cmpint(sd_bus_message_new_method_call(bus, &m, NULL, CPUIDD_OBJECT_PATH,
                                                               seeds[i].interface, seeds[i].member),
                                >=, 0);
                if (seeds[i].fill)
                        seeds[i].fill(m);
                g_assert_cmpint(sd_bus_send(bus, m, NULL), >=, 0);
                g_assert_cmpint(sd_bus_flush(bus), >=, 0);
                n = recv(fds[1], buffer, sizeof(buffer), 0);
                g_assert_cmpint(n, >, 0);
                g_byte_array_append(seed, buffer, n);
                g_ptr_array_add(all, seed);
        }

        sd_bus_close(bus);
        sd_bus_unref(bus);
        (void) close(fds[1]);
        return all;
}
