/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any message may carry file descriptors, whatever its signature, and they are ours as long as it is
 * kept. A few hundred in each of the calls that wait for their turn would be as many as we may have:
 * then no child can be started, and a message whose descriptors do not find room ends the connection.
 * Nothing here takes any, so that they stay with who sent them. sd-bus would take them, unless it is
 * told before it connects; then it has to be told the address, too. */

#include "daemon/connection.h"

#include <errno.h>

#include "daemon/bus/bus-util.h"

#define SYSTEM_BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"

static char *address_of_user(void) {
        const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");
        const char *folder = g_getenv("XDG_RUNTIME_DIR");
        g_autofree char *escaped = folder ? g_uri_escape_string(folder, "/", FALSE) : NULL;

        if (address)
                return g_strdup(address);
        return escaped ? g_strdup_printf("unix:path=%s/bus", escaped) : NULL;
}

static char *address_of_system(void) {
        return g_strdup(g_getenv("DBUS_SYSTEM_BUS_ADDRESS") ?: SYSTEM_BUS_ADDRESS);
}

int connection_open(bool is_user, sd_bus **ret) {
        g_autofree char *address = is_user ? address_of_user() : address_of_system();
        g_autoptr(sd_bus) bus = NULL;
        int r;

        if (!address)
                return -ENOMEDIUM;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_address(bus, address);
        if (r < 0)
                return r;
        r = sd_bus_set_bus_client(bus, true);
        if (r < 0)
                return r;
        r = sd_bus_negotiate_fds(bus, false);
        if (r < 0)
                return r;
        r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&bus);
        return 0;
}
