/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host's profile as `cpuidd.host/1`. What was not recorded is left out, never written as zero. */

#include "client/formats/json-write.h"

#include "client/formats/json-text.h"
#include "policy/place.h"

static void add_parameters(JsonText *json, const Host *host) {
        g_autofree const char **names = host_list_parameters(host);

        if (!names[0])
                return;

        json_text_open_object(json, "module_parameters");
        for (size_t i = 0; names[i]; i++)
                json_text_add_text(json, names[i], host_get_parameter(host, names[i]));
        json_text_close(json);
}

static void add_machine(JsonText *json, const Host *host) {
        const HostInfo *info = host_info(host);

        json_text_open_object(json, "host");
        json_text_add_text(json, "kernel", info->kernel);
        if (info->modules)
                json_text_add_texts(json, "modules", (const char *const *) info->modules);
        add_parameters(json, host);
        json_text_add_text(json, "vendor", info->vendor);
        json_text_add_number(json, "family", info->family);
        json_text_add_number(json, "model", info->model);
        json_text_add_number(json, "stepping", info->stepping);
        json_text_add_text(json, "microcode", info->microcode);
        json_text_add_text(json, "probed_at", info->probed_at);
        if (info->cpus > 0)
                json_text_add_number(json, "cpus", info->cpus);
        json_text_close(json);
}

static void add_views(JsonText *json, const Host *host) {
        g_autofree const char **names = host_list_views(host);

        if (!names[0])
                return;

        json_text_open_object(json, "views");
        for (size_t i = 0; names[i]; i++)
                json_text_add_table(json, names[i], host_view(host, names[i]));
        json_text_close(json);
}

/* The first one is mostly that of which everything else was recorded: it has no rows */
static void add_kinds(JsonText *json, const Host *host) {
        const Kinds *kinds = host_kinds(host);

        if (kinds_size(kinds) == 0)
                return;

        json_text_open_array(json, "kinds");
        for (size_t i = 0; i < kinds_size(kinds); i++) {
                json_text_open_object(json, NULL);
                json_text_add_text(json, "cpus", kinds_at(kinds, i)->cpus);
                json_text_add_table(json, "supported", kinds_at(kinds, i)->rows);
                json_text_close(json);
        }
        json_text_close(json);
}

static void add_table(JsonText *json, const char *key, const Host *host, HostTable which) {
        if (host_table(host, which))
                json_text_add_table(json, key, host_table(host, which));
}

static void add_dropped(JsonText *json, const Forced *forced, const char *view) {
        g_auto(GStrv) places = forced_dropped(forced, view);

        if (places)
                json_text_add_texts(json, "dropped", (const char *const *) places);
}

static void add_measured(JsonText *json, const char *key, const Forced *forced, const char *view,
                         ForcedKind kind) {
        if (forced_table(forced, view, kind))
                json_text_add_table(json, key, forced_table(forced, view, kind));
}

static void add_forced(JsonText *json, const Host *host) {
        const Forced *forced = host_forced(host);
        g_autofree const char **views = forced_list_views(forced);

        add_measured(json, "forced_on", forced, NULL, FORCED_ON);
        add_measured(json, "forced_off", forced, NULL, FORCED_OFF);
        add_dropped(json, forced, NULL);
        if (!views[0])
                return;

        json_text_open_object(json, "view_forced");
        for (size_t i = 0; views[i]; i++) {
                json_text_open_object(json, views[i]);
                add_measured(json, "on", forced, views[i], FORCED_ON);
                add_measured(json, "off", forced, views[i], FORCED_OFF);
                add_dropped(json, forced, views[i]);
                json_text_close(json);
        }
        json_text_close(json);
}

static void add_varies(JsonText *json, const Host *host) {
        size_t n;
        const Place *places = host_varying(host, &n);

        json_text_open_array(json, "varies");
        for (size_t i = 0; i < n; i++) {
                const Place *place = &places[i];
                g_autofree char *text = place_format(place->leaf, place->subleaf, place->reg,
                                                     place->high, place->low);

                json_text_add_text(json, NULL, text);
        }
        json_text_close(json);
}

static void add_unknown(JsonText *json, const Host *host) {
        g_auto(GStrv) texts = unknown_to_texts(host_unknown(host));

        if (host_unknown(host))
                json_text_add_texts(json, "unknown", (const char *const *) texts);
}

static void add_extensions(JsonText *json, const Host *host) {
        g_autofree const char **names = host_list_extensions(host);
        int64_t value;

        if (!host_get_extension(host, "", &value))
                return;

        json_text_open_object(json, "extensions");
        for (size_t i = 0; names[i]; i++)
                if (host_get_extension(host, names[i], &value) && value != 0)
                        json_text_add_number(json, names[i], value);
        json_text_close(json);
}

static void add_attributes(JsonText *json, const Host *host) {
        g_autofree const char **names = host_list_attributes(host);
        uint64_t value;

        if (!host_get_attribute(host, "", &value))
                return;

        json_text_open_object(json, "attributes");
        for (size_t i = 0; names[i]; i++)
                if (host_get_attribute(host, names[i], &value))
                        json_text_add_hex(json, names[i], value);
        json_text_close(json);
}

static void add_msrs(JsonText *json, const Host *host) {
        g_autoptr(GArray) indexes = host_list_msrs(host);

        if (indexes->len == 0)
                return;

        json_text_open_object(json, "msrs");
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) host_get_msr(host, index, &value);
                json_text_add_msr(json, index, value);
        }
        json_text_close(json);
}

char *json_write_host(const Host *host, const char *name, bool is_pretty) {
        JsonText *json = json_text_new(is_pretty);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.host/1");
        json_text_add_text(json, "name", host_info(host)->name ?: name);
        add_machine(json, host);
        add_table(json, "supported", host, HOST_SUPPORTED);
        add_views(json, host);
        add_kinds(json, host);
        add_table(json, "emulated", host, HOST_EMULATED);
        add_table(json, "hyperv", host, HOST_HYPERV);
        add_table(json, "hardware", host, HOST_HARDWARE);
        add_forced(json, host);
        add_varies(json, host);
        add_unknown(json, host);
        add_extensions(json, host);
        add_attributes(json, host);
        add_msrs(json, host);
        if (host_info(host)->tsc_khz > 0)
                json_text_add_number(json, "tsc_khz", host_info(host)->tsc_khz);
        json_text_add_text(json, "fingerprint", host_fingerprint(host));
        json_text_close(json);
        return json_text_finish(json);
}
