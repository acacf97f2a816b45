/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an object says that it has */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct Member {
        char *path;
        char *interface;
        char *name;
        GString *signature; /* of a method's arguments, or a property's type */
        bool is_property;
} Member;

/* Member: all methods and properties of all objects of a bus name */
GPtrArray *introspect(sd_bus *bus, const char *destination);
