/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetProfile: from the wire to policy's Host, so that whatever a file can be asked a daemon can
 * be asked too. Keys that this version does not know are skipped. */

#include "client/lib/bus.h"

#include <errno.h>
#include <string.h>

#include "policy/place.h"

typedef int (*ReadFunc)(sd_bus_message *m, Host *host, const char *key);

typedef struct ProfileKey {
        const char *name;
        const char *type; /* of what the variant holds */
        ReadFunc read;
} ProfileKey;

typedef struct DictReader {
        Host *host;
        ReadFunc read;
} DictReader;

static int read_entry(sd_bus_message *m, const char *key, void *userdata) {
        const DictReader *reader = userdata;

        return reader->read(m, reader->host, key);
}

static int read_dict(sd_bus_message *m, Host *host, const char *entry_type, ReadFunc read) {
        DictReader reader = { host, read };

        return bus_read_dict(m, entry_type, read_entry, &reader);
}

static const ProfileKey *find_key(const ProfileKey *keys, const char *name) {
        for (; keys->name; keys++)
                if (strcmp(keys->name, name) == 0)
                        return keys;

        return NULL;
}

/* The value of an a{sv}: one of @keys in the type that it should have, or something to be
 * skipped */
static int read_variant(sd_bus_message *m, Host *host, const ProfileKey *keys, const char *name) {
        const ProfileKey *key = find_key(keys, name);
        int r;

        if (!key)
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_enter_container(m, 'v', key->type);
        if (r < 0)
                return r;
        r = key->read(m, host, name);
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(m);
}

static int read_text(sd_bus_message *m, char **ret) {
        const char *text;
        int r;

        r = sd_bus_message_read(m, "s", &text);
        if (r < 0)
                return r;

        g_free(*ret);
        *ret = g_strdup(text);
        return 0;
}

static int read_name(sd_bus_message *m, Host *host, const char *key) {
        HostInfo *info = host_info_mutable(host);
        char **text = strcmp(key, "name") == 0 ? &info->name :
                strcmp(key, "kernel") == 0     ? &info->kernel :
                strcmp(key, "vendor") == 0     ? &info->vendor :
                strcmp(key, "microcode") == 0  ? &info->microcode :
                                                 &info->probed_at;

        return read_text(m, text);
}

static int read_count(sd_bus_message *m, Host *host, const char *key) {
        HostInfo *info = host_info_mutable(host);
        uint32_t *number = strcmp(key, "family") == 0 ? &info->family :
                strcmp(key, "model") == 0             ? &info->model :
                strcmp(key, "stepping") == 0          ? &info->stepping :
                                                        &info->cpus;

        return sd_bus_message_read(m, "u", number);
}

static int read_tsc_khz(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return sd_bus_message_read(m, "t", &host_info_mutable(host)->tsc_khz);
}

static int read_modules(sd_bus_message *m, Host *host, const char *key) {
        HostInfo *info = host_info_mutable(host);
        char **modules = NULL;
        int r;

        (void) key;
        r = sd_bus_message_read_strv(m, &modules);
        if (r < 0)
                return r;

        g_strfreev(info->modules);
        info->modules = modules;
        return 0;
}

static int read_parameter(sd_bus_message *m, Host *host, const char *key) {
        const char *value;
        int r;

        r = sd_bus_message_read(m, "s", &value);
        if (r < 0)
                return r;

        host_set_parameter(host, key, value);
        return 0;
}

static int read_parameters(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return read_dict(m, host, "ss", read_parameter);
}

static const ProfileKey machine_keys[] = {
        { "kernel", "s", read_name },
        { "modules", "as", read_modules },
        { "module_parameters", "a{ss}", read_parameters },
        { "vendor", "s", read_name },
        { "family", "u", read_count },
        { "model", "u", read_count },
        { "stepping", "u", read_count },
        { "microcode", "s", read_name },
        { "probed_at", "s", read_name },
        { "cpus", "u", read_count },
        {},
};

static int read_machine_key(sd_bus_message *m, Host *host, const char *key) {
        return read_variant(m, host, machine_keys, key);
}

static int read_machine(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return read_dict(m, host, "sv", read_machine_key);
}

static int read_rows(sd_bus_message *m, LeafTable **ret) {
        const void *words;
        size_t size;
        int r;

        r = sd_bus_message_read_array(m, 'u', &words, &size);
        if (r < 0)
                return r;

        *ret = leaf_table_new_from_words(words, size / sizeof(uint32_t), NULL);
        return *ret ? 0 : -EBADMSG;
}

static int read_table(sd_bus_message *m, Host *host, const char *key) {
        static const char *const names[N_HOST_TABLES] = {
                [HOST_SUPPORTED] = "supported",
                [HOST_EMULATED] = "emulated",
                [HOST_HYPERV] = "hyperv",
                [HOST_HARDWARE] = "hardware",
        };
        LeafTable *table;
        int r;

        r = read_rows(m, &table);
        if (r < 0)
                return r;

        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                if (strcmp(names[i], key) == 0)
                        host_take_table(host, i, table);
        return 0;
}

static int read_view(sd_bus_message *m, Host *host, const char *key) {
        LeafTable *table;
        int r;

        r = read_rows(m, &table);
        if (r < 0)
                return r;

        host_take_view(host, key, table);
        return 0;
}

static int read_views(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return read_dict(m, host, "sau", read_view);
}

static int read_forced_bits(sd_bus_message *m, Forced *forced, const char *view, ForcedKind kind) {
        LeafTable *table;
        int r;

        r = read_rows(m, &table);
        if (r < 0)
                return r;

        forced_take_table(forced, view, kind, table);
        return 0;
}

static int read_dropped_rows(sd_bus_message *m, Forced *forced, const char *view) {
        g_auto(GStrv) texts = NULL;
        int r;

        r = sd_bus_message_read_strv(m, &texts);
        if (r < 0)
                return r;

        (void) forced_table_mutable(forced, view, FORCED_DROPPED);
        for (size_t i = 0; texts && texts[i]; i++)
                if (!forced_add_dropped(forced, view, texts[i]))
                        return -EBADMSG;

        return 0;
}

static int read_forced(sd_bus_message *m, Host *host, const char *key) {
        return read_forced_bits(m, host_forced_mutable(host), NULL,
                                strcmp(key, "forced_on") == 0 ? FORCED_ON : FORCED_OFF);
}

static int read_dropped(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return read_dropped_rows(m, host_forced_mutable(host), NULL);
}

/* The value of one entry of a view's: "on" au, "off" au, "dropped" as */
typedef struct ViewReader {
        Forced *forced;
        const char *view;
} ViewReader;

static int read_view_forced_key(sd_bus_message *m, const char *key, void *userdata) {
        const ViewReader *reader = userdata;
        bool is_on = strcmp(key, "on") == 0, is_dropped = strcmp(key, "dropped") == 0;
        int r;

        if (!is_on && !is_dropped && strcmp(key, "off") != 0)
                return sd_bus_message_skip(m, "v");

        r = sd_bus_message_enter_container(m, 'v', is_dropped ? "as" : "au");
        if (r < 0)
                return r;
        r = is_dropped ?
                read_dropped_rows(m, reader->forced, reader->view) :
                read_forced_bits(m, reader->forced, reader->view, is_on ? FORCED_ON : FORCED_OFF);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_view_forced(sd_bus_message *m, Host *host, const char *view) {
        ViewReader reader = { host_forced_mutable(host), view };

        return bus_read_dict(m, "sv", read_view_forced_key, &reader);
}

static int read_views_forced(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        return read_dict(m, host, "sa{sv}", read_view_forced);
}

static int read_kind(sd_bus_message *m, Kinds *kinds) {
        g_autoptr(LeafTable) rows = NULL;
        const char *cpus;
        int r;

        r = sd_bus_message_read(m, "s", &cpus);
        if (r < 0)
                return r;
        r = read_rows(m, &rows);
        if (r < 0)
                return r;
        if (!kinds_add(kinds, cpus, NULL))
                return -EBADMSG;

        for (size_t i = 0; i < leaf_table_size(rows); i++)
                if (!kinds_add_row(kinds, leaf_table_at(rows, i), NULL))
                        return -EBADMSG;

        return 0;
}

static int read_kinds(sd_bus_message *m, Host *host, const char *key) {
        int r;

        (void) key;
        r = sd_bus_message_enter_container(m, 'a', "(sau)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'r', "sau")) > 0) {
                r = read_kind(m, host_kinds_mutable(host));
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_varies(sd_bus_message *m, Host *host, const char *key) {
        g_auto(GStrv) texts = NULL;
        int r;

        (void) key;
        r = sd_bus_message_read_strv(m, &texts);
        if (r < 0)
                return r;

        for (size_t i = 0; texts && texts[i]; i++) {
                Place place;

                if (!place_parse(texts[i], &place, NULL))
                        return -EBADMSG;
                host_add_varying(host, &place);
        }

        return 0;
}

static int read_unknown(sd_bus_message *m, Host *host, const char *key) {
        g_autoptr(Unknown) unknown = unknown_new();
        g_auto(GStrv) texts = NULL;
        int r;

        (void) key;
        r = sd_bus_message_read_strv(m, &texts);
        if (r < 0)
                return r;

        for (size_t i = 0; texts && texts[i]; i++)
                if (!unknown_add_text(unknown, texts[i], NULL))
                        return -EBADMSG;

        host_take_unknown(host, g_steal_pointer(&unknown));
        return 0;
}

static int read_extension(sd_bus_message *m, Host *host, const char *key) {
        int64_t value;
        int r;

        r = sd_bus_message_read(m, "x", &value);
        if (r < 0)
                return r;

        host_set_extension(host, key, value);
        return 0;
}

static int read_extensions(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        host_set_extensions_recorded(host);
        return read_dict(m, host, "sx", read_extension);
}

static int read_attribute(sd_bus_message *m, Host *host, const char *key) {
        uint64_t value;
        int r;

        r = sd_bus_message_read(m, "t", &value);
        if (r < 0)
                return r;

        host_set_attribute(host, key, value);
        return 0;
}

static int read_attributes(sd_bus_message *m, Host *host, const char *key) {
        (void) key;
        host_set_attributes_recorded(host);
        return read_dict(m, host, "st", read_attribute);
}

static int read_msrs(sd_bus_message *m, Host *host, const char *key) {
        uint32_t index;
        uint64_t value;
        int r;

        (void) key;
        host_set_msrs_recorded(host);
        r = sd_bus_message_enter_container(m, 'a', "{ut}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(m, "{ut}", &index, &value)) > 0)
                host_set_msr(host, index, value);

        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static const ProfileKey profile_keys[] = {
        { "name", "s", read_name },
        { "host", "a{sv}", read_machine },
        { "supported", "au", read_table },
        { "views", "a{sau}", read_views },
        { "emulated", "au", read_table },
        { "hyperv", "au", read_table },
        { "hardware", "au", read_table },
        { "forced_on", "au", read_forced },
        { "forced_off", "au", read_forced },
        { "dropped", "as", read_dropped },
        { "view_forced", "a{sa{sv}}", read_views_forced },
        { "kinds", "a(sau)", read_kinds },
        { "varies", "as", read_varies },
        { "unknown", "as", read_unknown },
        { "extensions", "a{sx}", read_extensions },
        { "attributes", "a{st}", read_attributes },
        { "msrs", "a{ut}", read_msrs },
        { "tsc_khz", "t", read_tsc_khz },
        {},
};

static int read_profile_key(sd_bus_message *m, Host *host, const char *key) {
        return read_variant(m, host, profile_keys, key);
}

Host *bus_get_profile(Bus *bus, GError **error) {
        g_autoptr(sd_bus_message) reply = bus_ask(bus, "GetProfile", NULL, error);
        g_autoptr(Host) host = NULL;
        int r;

        if (!reply)
                return NULL;

        host = host_new();
        r = read_dict(reply, host, "sv", read_profile_key);
        if (r >= 0 && !host_seal(host, NULL))
                r = -EBADMSG;
        if (r < 0) {
                (void) bus_set_error_read(error, "GetProfile", r);
                return NULL;
        }

        return g_steal_pointer(&host);
}
