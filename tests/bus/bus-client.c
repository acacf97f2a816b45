/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the scripts here need of a bus and cannot do themselves without guessing at times:
 *
 *     bus-client wait [NAME]            until the name, the service's own without one, has an owner
 *     bus-client watch N                "watching", then N signals of the service, one a line
 *     bus-client call MEMBER [TEXT]     "ok", or the error's name and message
 *                                       (of a Trial: no rows, no options)
 *     bus-client call-interactive MEMBER  the same; somebody may be asked for a password
 *     bus-client call-with-file MEMBER  the same, with standard input as an argument that nobody wants
 *     bus-client flood MEMBER N         "sent", when the bus has N calls; then N lines as of `call`
 *     bus-client refresh-and-lose       calls Refresh; how the call ends when its service is killed
 *     bus-client polkit odd|error       "serving"; is a polkit whose answers are of no use, until killed
 *     bus-client notify PATH            "listening", then what is notified, one assignment a line
 *     bus-client interface              the lines of an introspection on standard input: see there
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "dbus/names.h"

#define WAIT_USEC (60 * G_USEC_PER_SEC)

static int loop_until(sd_bus *bus, const int *n, int wanted) {
        uint64_t end = g_get_monotonic_time() + WAIT_USEC;
        int r;

        while (*n < wanted) {
                uint64_t now = g_get_monotonic_time();

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

        return 0;
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *old, *new;
        int *n = userdata, r;

        (void) error;
        r = sd_bus_message_read(m, "sss", &name, &old, &new);
        if (r >= 0 && *new)
                (*n)++;
        return 0;
}

static int wait_for_name(sd_bus *bus, const char *name) {
        g_autofree char *match = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',"
                                                 "member='NameOwnerChanged',arg0='%s'",
                                                 name);
        int r, n = 0;

        r = sd_bus_add_match(bus, NULL, match, on_owner, &n);
        if (r < 0)
                return r;
        r = sd_bus_get_name_creds(bus, name, 0, NULL);
        if (r >= 0)
                return 0;
        return loop_until(bus, &n, 1);
}

static void print_profile_changed(sd_bus_message *m) {
        const char *old = "?", *new = "?";

        (void) sd_bus_message_read(m, "ss", &old, &new);
        printf("ProfileChanged '%s' '%s'\n", old, new);
}

static void print_properties_changed(sd_bus_message *m) {
        const char *interface, *name;

        printf("PropertiesChanged");
        (void) sd_bus_message_read(m, "s", &interface);
        (void) sd_bus_message_enter_container(m, 'a', "{sv}");
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                (void) sd_bus_message_read(m, "s", &name);
                (void) sd_bus_message_skip(m, "v");
                (void) sd_bus_message_exit_container(m);
                printf(" %s", name);
        }
        printf("\n");
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        int *n = userdata;

        (void) error;
        if (sd_bus_message_is_signal(m, CPUIDD_INTERFACE, "ProfileChanged"))
                print_profile_changed(m);
        else
                print_properties_changed(m);

        (void) fflush(stdout);
        (*n)++;
        return 0;
}

static int watch(sd_bus *bus, int wanted) {
        int r, n = 0;

        r = sd_bus_add_match(bus, NULL,
                             "type='signal',sender='" CPUIDD_BUS_NAME "',path='" CPUIDD_OBJECT_PATH
                             "'",
                             on_signal, &n);
        if (r < 0)
                return r;

        puts("watching");
        (void) fflush(stdout);
        return loop_until(bus, &n, wanted);
}

static int call(sd_bus *bus, const char *member, const char *text, bool is_interactive,
                bool has_file) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                           CPUIDD_INTERFACE, member);
        if (r >= 0)
                r = sd_bus_message_set_allow_interactive_authorization(m, is_interactive);
        if (r >= 0 && strcmp(member, "Trial") == 0)
                r = sd_bus_message_append(m, "aua{sv}", 0, 0);
        else if (r >= 0 && has_file)
                r = sd_bus_message_append(m, "h", STDIN_FILENO);
        else if (r >= 0 && text)
                r = sd_bus_message_append_basic(m, 's', text);
        if (r < 0)
                return r;

        r = sd_bus_call(bus, m, WAIT_USEC, &error, NULL);
        if (r < 0)
                printf("%s: %s\n", error.name, error.message);
        else
                puts("ok");

        sd_bus_message_unref(m);
        sd_bus_error_free(&error);
        return 0;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        int *n = userdata;

        (void) error;
        printf("%s\n",
               sd_bus_message_is_method_error(m, NULL) ? sd_bus_message_get_error(m)->name : "ok");
        (*n)++;
        return 0;
}

static int refresh_and_lose(sd_bus *bus) {
        int r, n = 0;

        r = sd_bus_call_method_async(bus, NULL, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                     CPUIDD_INTERFACE, "Refresh", on_reply, &n, NULL);
        if (r >= 0)
                r = sd_bus_flush(bus);
        if (r < 0)
                return r;

        puts("asking");
        (void) fflush(stdout);
        return loop_until(bus, &n, 1);
}

static int on_flood_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *refusal = sd_bus_message_get_error(m);
        int *n = userdata;

        (void) error;
        if (refusal)
                printf("%s: %s\n", refusal->name, refusal->message);
        else
                puts("ok");
        (*n)++;
        return 0;
}

static int flood(sd_bus *bus, const char *member, int n_calls) {
        int r, n = 0;

        for (int i = 0; i < n_calls; i++) {
                r = sd_bus_call_method_async(bus, NULL, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                             CPUIDD_INTERFACE, member, on_flood_reply, &n, NULL);
                if (r < 0)
                        return r;
        }

        /* The bus answers it after it has had those. */
        r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus", "GetId", NULL, NULL, NULL);
        if (r < 0)
                return r;

        puts("sent");
        (void) fflush(stdout);
        return loop_until(bus, &n, n_calls);
}

static int on_polkit_odd(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        return sd_bus_reply_method_return(m, "(ss)", "yes", "of course");
}

static int on_polkit_error(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) userdata;
        (void) error;
        return sd_bus_reply_method_errorf(m, "org.freedesktop.PolicyKit1.Error.Failed",
                                          "something\nis wrong");
}

static int polkit(sd_bus *bus, const char *how) {
        /* Of an object without a vtable, any answer can be sent. */
        sd_bus_message_handler_t on_question =
                strcmp(how, "odd") == 0 ? on_polkit_odd : on_polkit_error;
        int r;

        r = sd_bus_add_object(bus, NULL, "/org/freedesktop/PolicyKit1/Authority", on_question,
                              NULL);
        if (r >= 0)
                r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
        if (r < 0)
                return r;

        puts("serving");
        (void) fflush(stdout);
        while ((r = sd_bus_process(bus, NULL)) >= 0)
                if (r == 0 && (r = sd_bus_wait(bus, UINT64_MAX)) < 0 && r != -EINTR)
                        break;
        return r;
}

static int notify(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        char message[4096];
        ssize_t n;

        (void) g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;

        puts("listening");
        (void) fflush(stdout);
        while ((n = recv(fd, message, sizeof(message), 0)) > 0) {
                printf("%.*s\n", (int) n, message);
                (void) fflush(stdout);
        }

        (void) close(fd);
        return n < 0 ? -errno : 0;
}

/* An introspection, or the file that it has to agree with, as lines that can be compared: the
 * members of our interface with their arguments, in order. What is a default is left out. */
static void on_element(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, gpointer userdata, GError **error) {
        static const char *const attributes[] = { "name", "type", "direction", "access", "value" };
        bool *is_inside = userdata;
        g_autoptr(GString) line = g_string_new(element);

        (void) context;
        (void) error;
        for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
                for (size_t j = 0; names[j]; j++)
                        if (strcmp(names[j], attributes[i]) == 0)
                                g_string_append_printf(line, " %s=%s", names[j], values[j]);

        if (strcmp(element, "interface") == 0)
                *is_inside = strcmp(line->str, "interface name=" CPUIDD_INTERFACE) == 0;
        if (*is_inside && !g_str_has_suffix(line->str, "EmitsChangedSignal value=true"))
                puts(line->str);
}

static void on_element_end(GMarkupParseContext *context, const char *element, gpointer userdata,
                           GError **error) {
        bool *is_inside = userdata;

        (void) context;
        (void) error;
        if (strcmp(element, "interface") == 0)
                *is_inside = false;
}

static int print_interface(void) {
        const GMarkupParser parser = { .start_element = on_element, .end_element = on_element_end };
        bool is_inside = false;
        g_autoptr(GMarkupParseContext) context =
                g_markup_parse_context_new(&parser, 0, &is_inside, NULL);
        char buffer[4096];
        size_t n;

        while ((n = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
                if (!g_markup_parse_context_parse(context, buffer, n, NULL))
                        return -EBADMSG;

        return g_markup_parse_context_end_parse(context, NULL) ? 0 : -EBADMSG;
}

static int run_on_bus(sd_bus *bus, int argc, char **argv) {
        if (strcmp(argv[1], "wait") == 0)
                return wait_for_name(bus, argc > 2 ? argv[2] : CPUIDD_BUS_NAME);
        if (strcmp(argv[1], "watch") == 0 && argc == 3)
                return watch(bus, atoi(argv[2]));
        if (strcmp(argv[1], "call") == 0 && argc >= 3)
                return call(bus, argv[2], argc > 3 ? argv[3] : NULL, false, false);
        if (strcmp(argv[1], "call-interactive") == 0 && argc == 3)
                return call(bus, argv[2], NULL, true, false);
        if (strcmp(argv[1], "call-with-file") == 0 && argc == 3)
                return call(bus, argv[2], NULL, false, true);
        if (strcmp(argv[1], "flood") == 0 && argc == 4)
                return flood(bus, argv[2], atoi(argv[3]));
        if (strcmp(argv[1], "polkit") == 0 && argc == 3)
                return polkit(bus, argv[2]);
        if (strcmp(argv[1], "refresh-and-lose") == 0)
                return refresh_and_lose(bus);

        return -EINVAL;
}

int main(int argc, char **argv) {
        sd_bus *bus = NULL;
        int r;

        if (argc < 2)
                r = -EINVAL;
        else if (strcmp(argv[1], "notify") == 0 && argc == 3)
                r = notify(argv[2]);
        else if (strcmp(argv[1], "interface") == 0)
                r = print_interface();
        else {
                r = sd_bus_open_system(&bus);
                if (r >= 0)
                        r = run_on_bus(bus, argc, argv);
        }
        if (r < 0)
                fprintf(stderr, "bus-client: %s: %s\n", argc > 1 ? argv[1] : "", g_strerror(-r));

        sd_bus_flush_close_unref(bus);
        return r < 0;
}
