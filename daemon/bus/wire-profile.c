/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetProfile: a host as a{sv}, one entry a key of cpuidd.host/1. What was not recorded is left out:
 * on the wire too it is not the same as empty. */

#include "daemon/bus/wire.h"

#include "policy/place.h"

static int close_containers(sd_bus_message *m, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                int r = sd_bus_message_close_container(m);

                if (r < 0)
                        return r;
        }

        return 0;
}

/* An entry of an a{sv}; two containers to be closed */
static int open_entry(sd_bus_message *m, const char *key, const char *type) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', key);
        if (r < 0)
                return r;
        return sd_bus_message_open_container(m, 'v', type);
}

/* An entry that is an array or a dictionary itself: @type "a..."; three containers to be closed */
static int open_array_entry(sd_bus_message *m, const char *key, const char *type) {
        int r;

        r = open_entry(m, key, type);
        return r < 0 ? r : sd_bus_message_open_container(m, 'a', type + 1);
}

static int append_text(sd_bus_message *m, const char *key, const char *text) {
        return text ? sd_bus_message_append(m, "{sv}", key, "s", text) : 0;
}

static int append_count(sd_bus_message *m, const char *key, uint32_t count) {
        return sd_bus_message_append(m, "{sv}", key, "u", count);
}

static int append_table(sd_bus_message *m, const char *key, const LeafTable *table) {
        int r;

        if (!table)
                return 0;

        r = open_entry(m, key, "au");
        if (r < 0)
                return r;
        r = wire_append_table(m, table);
        return r < 0 ? r : close_containers(m, 2);
}

static int append_strv(sd_bus_message *m, const char *key, char **strv) {
        int r;

        if (!strv)
                return 0;

        r = open_entry(m, key, "as");
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, strv);
        return r < 0 ? r : close_containers(m, 2);
}

static int append_parameters(sd_bus_message *m, const Host *host) {
        g_autofree const char **names = host_list_parameters(host);
        int r;

        r = open_array_entry(m, "module_parameters", "a{ss}");
        if (r < 0)
                return r;

        for (size_t i = 0; names[i]; i++) {
                r = sd_bus_message_append(m, "{ss}", names[i], host_get_parameter(host, names[i]));
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_numbers(sd_bus_message *m, const HostInfo *info) {
        const struct {
                const char *key;
                uint32_t value;
        } numbers[] = {
                { "family", info->family },
                { "model", info->model },
                { "stepping", info->stepping },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
                int r = append_count(m, numbers[i].key, numbers[i].value);

                if (r < 0)
                        return r;
        }

        return info->cpus > 0 ? append_count(m, "cpus", info->cpus) : 0;
}

static int append_machine(sd_bus_message *m, const Host *host) {
        const HostInfo *info = host_info(host);
        int r;

        r = open_array_entry(m, "host", "a{sv}");
        if (r < 0)
                return r;
        r = append_text(m, "kernel", info->kernel);
        if (r < 0)
                return r;
        r = append_strv(m, "modules", info->modules);
        if (r < 0)
                return r;
        r = append_parameters(m, host);
        if (r < 0)
                return r;
        r = append_text(m, "vendor", info->vendor);
        if (r < 0)
                return r;
        r = append_text(m, "microcode", info->microcode);
        if (r < 0)
                return r;
        r = append_text(m, "probed_at", info->probed_at);
        if (r < 0)
                return r;
        r = append_numbers(m, info);
        return r < 0 ? r : close_containers(m, 3);
}

static int append_tables(sd_bus_message *m, const Host *host) {
        static const char *const keys[N_HOST_TABLES] = {
                [HOST_SUPPORTED] = "supported",
                [HOST_EMULATED] = "emulated",
                [HOST_HYPERV] = "hyperv",
                [HOST_HARDWARE] = "hardware",
        };

        for (HostTable i = 0; i < N_HOST_TABLES; i++) {
                int r = append_table(m, keys[i], host_table(host, i));

                if (r < 0)
                        return r;
        }

        return 0;
}

/* @container: 'e' or 'r' */
static int append_named_table(sd_bus_message *m, char container, const char *name,
                              const LeafTable *table) {
        int r;

        r = sd_bus_message_open_container(m, container, "sau");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', name);
        if (r < 0)
                return r;
        r = wire_append_table(m, table);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_views(sd_bus_message *m, const Host *host) {
        g_autofree const char **names = host_list_views(host);
        int r;

        if (!names[0])
                return 0;

        r = open_array_entry(m, "views", "a{sau}");
        if (r < 0)
                return r;

        for (size_t i = 0; names[i]; i++) {
                r = append_named_table(m, 'e', names[i], host_view(host, names[i]));
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_dropped(sd_bus_message *m, const Forced *forced, const char *view) {
        g_auto(GStrv) places = forced_dropped(forced, view);

        return append_strv(m, "dropped", places);
}

static int append_measured(sd_bus_message *m, const Forced *forced, const char *view) {
        int r;

        r = append_table(m, view ? "on" : "forced_on", forced_table(forced, view, FORCED_ON));
        if (r < 0)
                return r;
        r = append_table(m, view ? "off" : "forced_off", forced_table(forced, view, FORCED_OFF));
        return r < 0 ? r : append_dropped(m, forced, view);
}

static int append_view_forced(sd_bus_message *m, const Forced *forced, const char *view) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sa{sv}");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', view);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        r = append_measured(m, forced, view);
        return r < 0 ? r : close_containers(m, 2);
}

static int append_forced(sd_bus_message *m, const Host *host) {
        const Forced *forced = host_forced(host);
        g_autofree const char **views = forced_list_views(forced);
        int r;

        r = append_measured(m, forced, NULL);
        if (r < 0 || !views[0])
                return r;

        r = open_array_entry(m, "view_forced", "a{sa{sv}}");
        if (r < 0)
                return r;

        for (size_t i = 0; views[i]; i++) {
                r = append_view_forced(m, forced, views[i]);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_kinds(sd_bus_message *m, const Host *host) {
        const Kinds *kinds = host_kinds(host);
        int r;

        if (kinds_size(kinds) == 0)
                return 0;

        r = open_array_entry(m, "kinds", "a(sau)");
        if (r < 0)
                return r;

        for (size_t i = 0; i < kinds_size(kinds); i++) {
                const Kind *kind = kinds_at(kinds, i);

                r = append_named_table(m, 'r', kind->cpus, kind->rows);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_varies(sd_bus_message *m, const Host *host) {
        g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
        const Place *varies;
        size_t n;

        varies = host_varying(host, &n);
        for (size_t i = 0; i < n; i++)
                g_ptr_array_add(places,
                                place_format(varies[i].leaf, varies[i].subleaf, varies[i].reg,
                                             varies[i].high, varies[i].low));

        g_ptr_array_add(places, NULL);
        return n > 0 ? append_strv(m, "varies", (char **) places->pdata) : 0;
}

static int append_unknown(sd_bus_message *m, const Host *host) {
        g_auto(GStrv) texts = unknown_to_texts(host_unknown(host));

        return host_unknown(host) ? append_strv(m, "unknown", texts) : 0;
}

static int append_extensions(sd_bus_message *m, const Host *host) {
        g_autofree const char **names = host_list_extensions(host);
        int64_t value;
        int r;

        if (!host_get_extension(host, "", &value))
                return 0;

        r = open_array_entry(m, "extensions", "a{sx}");
        if (r < 0)
                return r;

        for (size_t i = 0; names[i]; i++) {
                (void) host_get_extension(host, names[i], &value);
                r = sd_bus_message_append(m, "{sx}", names[i], value);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_attributes(sd_bus_message *m, const Host *host) {
        g_autofree const char **names = host_list_attributes(host);
        uint64_t value;
        int r;

        if (!host_get_attribute(host, "", &value))
                return 0;

        r = open_array_entry(m, "attributes", "a{st}");
        if (r < 0)
                return r;

        for (size_t i = 0; names[i]; i++) {
                (void) host_get_attribute(host, names[i], &value);
                r = sd_bus_message_append(m, "{st}", names[i], value);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_msrs(sd_bus_message *m, const Host *host) {
        g_autoptr(GArray) indexes = host_list_msrs(host);
        uint64_t value;
        int r;

        if (!host_has_msrs(host))
                return 0;

        r = open_array_entry(m, "msrs", "a{ut}");
        if (r < 0)
                return r;

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);

                (void) host_get_msr(host, index, &value);
                r = sd_bus_message_append(m, "{ut}", index, value);
                if (r < 0)
                        return r;
        }

        return close_containers(m, 3);
}

static int append_tsc(sd_bus_message *m, const Host *host) {
        uint64_t tsc_khz = host_info(host)->tsc_khz;

        return tsc_khz > 0 ? sd_bus_message_append(m, "{sv}", "tsc_khz", "t", tsc_khz) : 0;
}

int wire_append_profile(sd_bus_message *m, const Host *host, const char *name) {
        static int (*const parts[])(sd_bus_message * m, const Host *host) = {
                append_machine,    append_tables, append_forced,  append_views,
                append_kinds,      append_varies, append_unknown, append_extensions,
                append_attributes, append_msrs,   append_tsc,
        };
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        r = append_text(m, "schema", "cpuidd.host/1");
        if (r < 0)
                return r;
        r = append_text(m, "name", host_info(host)->name ?: name);
        if (r < 0)
                return r;

        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
                r = parts[i](m, host);
                if (r < 0)
                        return r;
        }

        r = append_text(m, "fingerprint", host_fingerprint(host));
        return r < 0 ? r : sd_bus_message_close_container(m);
}
