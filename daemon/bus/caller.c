/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sd_bus_track does the same, but asks the bus and waits for its answer, while all others wait for
 * theirs. */

#include "daemon/bus/caller.h"

#include <errno.h>
#include <stdbool.h>

#include "daemon/bus/bus-util.h"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

struct Caller {
        sd_bus_slot *match;
        sd_bus_slot *question;
        CallerGoneFunc func; /* NULL: has been called */
        void *userdata;
};

Caller *caller_free(Caller *caller) {
        if (!caller)
                return NULL;

        sd_bus_slot_unref(caller->match);
        sd_bus_slot_unref(caller->question);
        g_free(caller);
        return NULL;
}

static void is_gone(Caller *caller) {
        CallerGoneFunc func = g_steal_pointer(&caller->func);

        if (func)
                func(caller->userdata);
}

/* Of this name, which is never given to another connection: it can only have lost its owner. */
static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) m;
        (void) error;
        is_gone(userdata);
        return 0;
}

/* What cannot be told is taken as gone: nobody is to wait for an answer without an end. */
static int on_has_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        int r, has_owner = false;

        (void) error;
        r = sd_bus_message_is_method_error(m, NULL) ? -EIO :
                                                      sd_bus_message_read(m, "b", &has_owner);
        if (r < 0 || !has_owner)
                is_gone(userdata);
        return 0;
}

/* Without this function sd-bus would close the connection where the bus takes no match more. */
static int on_installed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void) error;
        if (sd_bus_message_is_method_error(m, NULL))
                is_gone(userdata);
        return 0;
}

int caller_watch(sd_bus_message *call, CallerGoneFunc func, void *userdata, Caller **ret) {
        g_autoptr(Caller) caller = g_new0(Caller, 1);
        sd_bus *bus = sd_bus_message_get_bus(call);
        const char *sender = sd_bus_message_get_sender(call);
        g_autofree char *match = NULL;
        int r;

        if (!sender)
                return -ENOTCONN;

        caller->func = func;
        caller->userdata = userdata;
        match = g_strdup_printf("type='signal',sender='" DBUS_NAME "',path='" DBUS_PATH
                                "',interface='" DBUS_NAME
                                "',member='NameOwnerChanged',arg0='%s',arg2=''",
                                sender);
        r = sd_bus_add_match_async(bus, &caller->match, match, on_owner_changed, on_installed,
                                   caller);
        if (r < 0)
                return r;
        r = sd_bus_call_method_async(bus, &caller->question, DBUS_NAME, DBUS_PATH, DBUS_NAME,
                                     "NameHasOwner", on_has_owner, caller, "s", sender);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&caller);
        return 0;
}
