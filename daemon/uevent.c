/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads uevents and nothing else. Strange ones change nothing. */

#include "daemon/uevent.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

typedef struct Uevent {
        const char *action;
        const char *devpath;
        const char *subsystem;
        const char *devname;
} Uevent;

static void read_key(Uevent *uevent, const char *line) {
        if (g_str_has_prefix(line, "ACTION="))
                uevent->action = line + strlen("ACTION=");
        else if (g_str_has_prefix(line, "DEVPATH="))
                uevent->devpath = line + strlen("DEVPATH=");
        else if (g_str_has_prefix(line, "SUBSYSTEM="))
                uevent->subsystem = line + strlen("SUBSYSTEM=");
        else if (g_str_has_prefix(line, "DEVNAME="))
                uevent->devname = line + strlen("DEVNAME=");
}

/* false: it is not ended by a 0, or lacks what every uevent has */
static bool read_uevent(const char *message, size_t n_message, Uevent *ret) {
        Uevent uevent = {};

        if (n_message == 0 || message[n_message - 1] != '\0')
                return false;

        for (size_t i = 0; i < n_message; i += strlen(message + i) + 1)
                read_key(&uevent, message + i);
        *ret = uevent;
        return uevent.action && uevent.devpath && uevent.subsystem;
}

static bool is_one_of(const char *word, const char *const *words) {
        return g_strv_contains(words, word);
}

static char *describe_device(const Uevent *uevent) {
        static const char *const actions[] = { "add", "remove", NULL };

        if (!uevent->devname || !g_str_equal(uevent->devname, "kvm") ||
            !is_one_of(uevent->action, actions))
                return NULL;
        return g_strdup_printf("/dev/kvm has %s",
                               g_str_equal(uevent->action, "add") ? "come" : "gone");
}

static char *describe_module(const Uevent *uevent) {
        const char *name = strrchr(uevent->devpath, '/');
        static const char *const actions[] = { "add", "remove", NULL };

        if (!name || !g_str_has_prefix(name + 1, "kvm") || !is_one_of(uevent->action, actions))
                return NULL;
        return g_strdup_printf("the module %s was %s", name + 1,
                               g_str_equal(uevent->action, "add") ? "loaded" : "removed");
}

/* "cpu12"; the folder that holds them has events of its own */
static char *describe_cpu(const Uevent *uevent) {
        static const char *const actions[] = { "online", "offline", "add", "remove", NULL };
        const char *name = strrchr(uevent->devpath, '/');
        const char *number = name && g_str_has_prefix(name + 1, "cpu") ? name + 4 : "";

        if (!*number || strspn(number, "0123456789") != strlen(number) ||
            !is_one_of(uevent->action, actions))
                return NULL;
        if (g_str_has_prefix(uevent->action, "o"))
                return g_strdup_printf("CPU %s went %s", number, uevent->action);
        return g_strdup_printf("CPU %s was %s", number,
                               g_str_equal(uevent->action, "add") ? "added" : "removed");
}

char *uevent_describe(const char *message, size_t n_message) {
        Uevent uevent;

        if (!read_uevent(message, n_message, &uevent))
                return NULL;

        if (g_str_equal(uevent.subsystem, "misc"))
                return describe_device(&uevent);
        if (g_str_equal(uevent.subsystem, "module"))
                return describe_module(&uevent);
        if (g_str_equal(uevent.subsystem, "cpu"))
                return describe_cpu(&uevent);
        return NULL;
}
