/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The way to the daemon and back. What D-Bus can say of a failure is turned into what the user
 * can do about it, here and nowhere else. */

#include "client/lib/bus.h"

#include <errno.h>
#include <string.h>

#include "dbus/names.h"

#define USEC_PER_SEC UINT64_C(1000000)

/* ssh may ask somebody for a password first. */
#define REMOTE_TIMEOUT_SEC 120

struct Bus {
        sd_bus *bus;
        char *name;       /* "system bus", "system bus of node17" */
        char *start_hint; /* "try 'systemctl start cpuidd'" */
        bool is_interactive;
};

typedef struct ErrorCode {
        const char *name;
        CpuiddError code;
} ErrorCode;

/* What is not here is CPUIDD_ERROR_FAILED. */
static const ErrorCode error_codes[] = {
        { CPUIDD_ERROR_NAME_INVALID_TABLE, CPUIDD_ERROR_INPUT },
        { CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY, CPUIDD_ERROR_INPUT },
        { CPUIDD_ERROR_NAME_UNKNOWN_OPTION, CPUIDD_ERROR_INPUT },
        { CPUIDD_ERROR_NAME_TOO_LARGE, CPUIDD_ERROR_INPUT },
        { CPUIDD_ERROR_NAME_NOT_READY, CPUIDD_ERROR_NOT_READY },
        { SD_BUS_ERROR_ACCESS_DENIED, CPUIDD_ERROR_DENIED },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, CPUIDD_ERROR_DENIED },
        { SD_BUS_ERROR_UNKNOWN_METHOD, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_UNKNOWN_INTERFACE, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_UNKNOWN_PROPERTY, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_INVALID_ARGS, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_INVALID_SIGNATURE, CPUIDD_ERROR_PROTOCOL },
        { SD_BUS_ERROR_INCONSISTENT_MESSAGE, CPUIDD_ERROR_PROTOCOL },
};

/* In the middle of a sentence */
static char *errno_text(int r) {
        char *text = g_strdup(g_strerror(-r));

        text[0] = g_ascii_tolower(text[0]);
        return text;
}

static char *bus_name(const BusPlace *place) {
        if (place->remote)
                return g_strdup_printf("system bus of %s", place->remote);
        if (place->machine)
                return g_strdup_printf("system bus of the container %s", place->machine);
        return g_strdup(place->which == CPUIDD_BUS_USER ? "user bus" : "system bus");
}

static char *start_hint(const BusPlace *place) {
        if (place->remote)
                return g_strdup_printf("try 'systemctl -H %s start cpuidd'", place->remote);
        if (place->machine)
                return g_strdup_printf("try 'systemctl -M %s start cpuidd'", place->machine);
        return g_strdup(place->which == CPUIDD_BUS_USER ? "start 'cpuidd --user'" :
                                                          "try 'systemctl start cpuidd'");
}

static char *connect_problem(const BusPlace *place, int r) {
        if (place->remote && r == -EINVAL)
                return g_strdup("it is no [USER@]HOST[:PORT][/CONTAINER]");
        if (place->machine && r == -EINVAL)
                return g_strdup("it is no [USER@]CONTAINER");
        if (place->machine && r == -EHOSTDOWN)
                return g_strdup("there is no such container");
        return r == -ENOMEDIUM ? g_strdup("its address is not known") : errno_text(r);
}

/* What ssh says itself is on standard error already. */
static const char *connect_question(const BusPlace *place) {
        if (place->remote)
                return "does 'ssh HOST systemd-stdio-bridge' work?";
        return "is it running?";
}

static bool set_error_connect(GError **error, const BusPlace *place, const char *name, int r) {
        g_autofree char *problem = connect_problem(place, r);
        bool is_input = r == -EINVAL && (place->remote || place->machine);

        g_set_error(error, CPUIDD_ERROR, is_input ? CPUIDD_ERROR_INPUT : CPUIDD_ERROR_UNREACHABLE,
                    "the %s%s%s cannot be reached: %s%s%s", name, place->address ? " at " : "",
                    place->address ?: "", problem, is_input ? "" : "; ",
                    is_input ? "" : connect_question(place));
        return false;
}

bool bus_set_error_write(GError **error, const char *member, int r) {
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_FAILED, "%s cannot be asked: %s", member,
                    g_strerror(-r));
        return false;
}

bool bus_set_error_read(GError **error, const char *member, int r) {
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_PROTOCOL,
                    "the daemon's answer to %s cannot be read (%s); is it of another version?",
                    member, g_strerror(-r));
        return false;
}

static bool is_no_daemon(const sd_bus_error *e) {
        return sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
                g_str_has_prefix(e->name, "org.freedesktop.DBus.Error.Spawn.") ||
                g_str_has_prefix(e->name, "org.freedesktop.systemd1.");
}

static CpuiddError code_of(const sd_bus_error *e) {
        for (size_t i = 0; i < G_N_ELEMENTS(error_codes); i++)
                if (sd_bus_error_has_name(e, error_codes[i].name))
                        return error_codes[i].code;

        return CPUIDD_ERROR_FAILED;
}

/* A peer that vanishes and one that says nothing are both -ETIMEDOUT to sd-bus; that is NoReply
 * of the bus, or its own Timeout. */
static void set_error_call(const Bus *bus, const char *member, const sd_bus_error *e, int r,
                           unsigned timeout_sec, GError **error) {
        const char *where = bus->name;

        if (sd_bus_error_is_set(e) && is_no_daemon(e))
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE,
                            "cpuidd is not running on the %s; %s", where, bus->start_hint);
        else if (sd_bus_error_has_name(e, SD_BUS_ERROR_NO_REPLY))
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE,
                            "cpuidd went away before it answered %s; %s", member, bus->start_hint);
        else if (r == -ETIMEDOUT)
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE,
                            "cpuidd did not answer %s within %u seconds", member, timeout_sec);
        else if (r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE ||
                 sd_bus_error_has_name(e, SD_BUS_ERROR_DISCONNECTED))
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE,
                            "the %s went away before cpuidd answered %s", where, member);
        else if (sd_bus_error_is_set(e) && e->message && *e->message) {
                g_autofree char *message = g_utf8_make_valid(e->message, -1);

                g_set_error_literal(error, CPUIDD_ERROR, code_of(e),
                                    g_strdelimit(message, "\r\n", ' '));
        } else
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_FAILED, "%s: %s", member,
                            e->name ?: g_strerror(-r));
}

static int open_bus(const BusPlace *place, sd_bus **ret) {
        g_autoptr(sd_bus) bus = NULL;
        int r;

        if (place->remote)
                return sd_bus_open_system_remote(ret, place->remote);
        if (place->machine)
                return sd_bus_open_system_machine(ret, place->machine);
        if (!place->address)
                return place->which == CPUIDD_BUS_USER ? sd_bus_open_user(ret) :
                                                         sd_bus_open_system(ret);

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_address(bus, place->address);
        if (r < 0)
                return r;
        r = sd_bus_set_bus_client(bus, true);
        if (r < 0)
                return r;
        r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&bus);
        return 0;
}

/* sd_bus_call() would wait for the bus's own greeting far longer than for an answer. */
static int wait_until_ready(sd_bus *bus, unsigned timeout_sec) {
        int64_t end = g_get_monotonic_time() + timeout_sec * USEC_PER_SEC;
        int r;

        while ((r = sd_bus_is_ready(bus)) == 0) {
                int64_t now = g_get_monotonic_time();

                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (now >= end)
                        return -ETIMEDOUT;

                r = sd_bus_wait(bus, end - now);
                if (r < 0 && r != -EINTR)
                        return r;
        }

        return r < 0 ? r : 0;
}

Bus *bus_connect(const BusPlace *place, GError **error) {
        Bus *bus = g_new0(Bus, 1);
        int r;

        bus->name = bus_name(place);
        bus->start_hint = start_hint(place);
        r = open_bus(place, &bus->bus);
        if (r >= 0)
                r = wait_until_ready(bus->bus,
                                     place->remote ? REMOTE_TIMEOUT_SEC : BUS_TIMEOUT_SEC);
        if (r < 0) {
                (void) set_error_connect(error, place, bus->name, r);
                return bus_free(bus);
        }

        return bus;
}

Bus *bus_free(Bus *bus) {
        if (!bus)
                return NULL;

        sd_bus_close_unref(bus->bus);
        g_free(bus->name);
        g_free(bus->start_hint);
        g_free(bus);
        return NULL;
}

sd_bus_message *bus_message_new(Bus *bus, const char *member, GError **error) {
        sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus->bus, &call, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                           CPUIDD_INTERFACE, member);
        if (r < 0)
                (void) bus_set_error_write(error, member, r);

        return call;
}

static sd_bus_message *call_for(Bus *bus, sd_bus_message *call, unsigned timeout_sec,
                                GError **error) {
        sd_bus_error bus_error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_call(bus->bus, call, timeout_sec * USEC_PER_SEC, &bus_error, &reply);
        if (r < 0)
                set_error_call(bus, sd_bus_message_get_member(call), &bus_error, r, timeout_sec,
                               error);

        sd_bus_error_free(&bus_error);
        return reply;
}

sd_bus_message *bus_call(Bus *bus, sd_bus_message *call, GError **error) {
        return call_for(bus, call, BUS_TIMEOUT_SEC, error);
}

void bus_set_interactive(Bus *bus, bool is_interactive) {
        bus->is_interactive = is_interactive;
}

sd_bus_message *bus_call_privileged(Bus *bus, sd_bus_message *call, unsigned timeout_sec,
                                    GError **error) {
        int r;

        if (!bus->is_interactive)
                return call_for(bus, call, timeout_sec, error);

        r = sd_bus_message_set_allow_interactive_authorization(call, true);
        if (r < 0) {
                (void) bus_set_error_write(error, sd_bus_message_get_member(call), r);
                return NULL;
        }

        return call_for(bus, call, timeout_sec + BUS_PASSWORD_SEC, error);
}

sd_bus_message *bus_ask(Bus *bus, const char *member, const char *text, GError **error) {
        g_autoptr(sd_bus_message) call = bus_message_new(bus, member, error);
        int r;

        if (!call)
                return NULL;

        r = text ? sd_bus_message_append(call, "s", text) : 0;
        if (r < 0) {
                (void) bus_set_error_write(error, member, r);
                return NULL;
        }

        return bus_call(bus, call, error);
}

static sd_bus_message *get_property(Bus *bus, const char *property, GError **error) {
        g_autoptr(sd_bus_message) call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus->bus, &call, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                           "org.freedesktop.DBus.Properties", "Get");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", CPUIDD_INTERFACE, property);
        if (r < 0) {
                (void) bus_set_error_write(error, property, r);
                return NULL;
        }

        return bus_call(bus, call, error);
}

char *bus_get_text(Bus *bus, const char *property, GError **error) {
        g_autoptr(sd_bus_message) reply = get_property(bus, property, error);
        const char *text;
        int r;

        if (!reply)
                return NULL;

        r = sd_bus_message_read(reply, "v", "s", &text);
        if (r < 0) {
                (void) bus_set_error_read(error, property, r);
                return NULL;
        }

        return g_strdup(text);
}

bool bus_get_bool(Bus *bus, const char *property, bool *ret, GError **error) {
        g_autoptr(sd_bus_message) reply = get_property(bus, property, error);
        int r, value;

        if (!reply)
                return false;

        r = sd_bus_message_read(reply, "v", "b", &value);
        if (r < 0)
                return bus_set_error_read(error, property, r);

        *ret = value;
        return true;
}

sd_bus *bus_connection(Bus *bus) {
        return bus->bus;
}

static bool set_error_lost(const Bus *bus, int r, GError **error) {
        g_autofree char *problem = errno_text(r);

        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE, "the %s went away: %s",
                    bus->name, problem);
        return false;
}

bool bus_has_owner(Bus *bus, bool *ret, GError **error) {
        int r = sd_bus_get_name_creds(bus->bus, CPUIDD_BUS_NAME, 0, NULL);

        *ret = r >= 0;
        return r >= 0 || r == -ENXIO || set_error_lost(bus, r, error);
}

bool bus_wake(Bus *bus, GError **error) {
        g_autofree char *version = bus_get_text(bus, "Version", error);

        return version != NULL;
}

bool bus_process(Bus *bus, GError **error) {
        int r;

        while ((r = sd_bus_process(bus->bus, NULL)) > 0)
                ;
        return r >= 0 || set_error_lost(bus, r, error);
}

bool bus_wait(Bus *bus, int64_t timeout_usec, GError **error) {
        int r = sd_bus_wait(bus->bus, timeout_usec < 0 ? UINT64_MAX : (uint64_t) timeout_usec);

        return r >= 0 || r == -EINTR || set_error_lost(bus, r, error);
}

int bus_read_dict(sd_bus_message *m, const char *entry_type, BusReadFunc read, void *userdata) {
        char array_type[16];
        const char *key;
        int r;

        (void) g_snprintf(array_type, sizeof(array_type), "{%s}", entry_type);
        r = sd_bus_message_enter_container(m, 'a', array_type);
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', entry_type)) > 0) {
                r = sd_bus_message_read(m, "s", &key);
                if (r < 0)
                        return r;
                r = read(m, key, userdata);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}
