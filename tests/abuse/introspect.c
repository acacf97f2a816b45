/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GLib's reader of XML, which is enough for what an introspection has */

#include "tests/abuse/introspect.h"

#include <string.h>

#include "tests/bus/call.h"

typedef struct Walk {
        sd_bus *bus;
        const char *destination;
        const char *path;
        char *interface;
        GPtrArray *members;
        GPtrArray *children; /* paths */
        unsigned depth;      /* of nodes */
} Walk;

static void member_free(Member *member) {
        g_free(member->path);
        g_free(member->interface);
        g_free(member->name);
        g_string_free(member->signature, TRUE);
        g_free(member);
}

static const char *find(const char **names, const char **values, const char *name) {
        for (size_t i = 0; names[i]; i++)
                if (strcmp(names[i], name) == 0)
                        return values[i];

        return "";
}

static void add_member(Walk *walk, const char *name, const char *type, bool is_property) {
        Member *member = g_new0(Member, 1);

        member->path = g_strdup(walk->path);
        member->interface = g_strdup(walk->interface);
        member->name = g_strdup(name);
        member->signature = g_string_new(type);
        member->is_property = is_property;
        g_ptr_array_add(walk->members, member);
}

static void add_child(Walk *walk, const char *name) {
        if (walk->depth++ > 0 && *name)
                g_ptr_array_add(walk->children,
                                g_strconcat(strcmp(walk->path, "/") == 0 ? "" : walk->path, "/",
                                            name, NULL));
}

static void on_element(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, gpointer userdata, GError **error) {
        Walk *walk = userdata;
        const char *name = find(names, values, "name"), *type = find(names, values, "type");

        (void) context;
        (void) error;
        if (strcmp(element, "node") == 0)
                add_child(walk, name);
        else if (strcmp(element, "interface") == 0) {
                g_free(walk->interface);
                walk->interface = g_strdup(name);
        } else if (strcmp(element, "method") == 0)
                add_member(walk, name, "", false);
        else if (strcmp(element, "property") == 0)
                add_member(walk, name, type, true);
        else if (strcmp(element, "arg") == 0 &&
                 strcmp(find(names, values, "direction"), "in") == 0) {
                Member *member = walk->members->pdata[walk->members->len - 1];

                g_string_append(member->signature, type);
        }
}

static void walk_object(sd_bus *bus, const char *destination, const char *path,
                        GPtrArray *members) {
        const GMarkupParser parser = { .start_element = on_element };
        g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(g_free);
        Walk walk = { bus, destination, path, NULL, members, children, 0 };
        g_autoptr(GMarkupParseContext) context =
                g_markup_parse_context_new(&parser, 0, &walk, NULL);
        g_autoptr(sd_bus_message) reply = NULL;
        const char *xml;

        g_assert_cmpint(sd_bus_call_method(bus, destination, path,
                                           "org.freedesktop.DBus.Introspectable", "Introspect",
                                           NULL, &reply, NULL),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_read(reply, "s", &xml), >=, 0);
        g_assert_true(g_markup_parse_context_parse(context, xml, strlen(xml), NULL));
        g_assert_true(g_markup_parse_context_end_parse(context, NULL));
        g_free(walk.interface);

        for (size_t i = 0; i < children->len; i++)
                walk_object(bus, destination, children->pdata[i], members);
}

GPtrArray *introspect(sd_bus *bus, const char *destination) {
        GPtrArray *members = g_ptr_array_new_with_free_func((GDestroyNotify) member_free);

        walk_object(bus, destination, "/", members);
        return members;
}
