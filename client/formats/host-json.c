/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Host profiles as `cpuidd.host/1`. What is missing was not recorded; the fingerprint is worked
 * out anew, never believed. */

#include "client/formats/format.h"
#include "client/formats/json.h"
#include "policy/place.h"

#define SCHEMA "cpuidd.host"
#define SCHEMA_VERSION 1

static bool looks_like(const char *text, size_t n_text) {
        return json_has_schema(text, n_text, SCHEMA "/");
}

static bool read_parameters(JsonObject *object, Host *host, GError **error) {
        JsonObject *parameters = NULL;
        g_autoptr(GList) names = NULL;

        if (!json_read_object(object, "module_parameters", &parameters, error))
                return false;
        if (!parameters)
                return true;

        names = json_object_get_members(parameters);
        for (GList *l = names; l; l = l->next) {
                g_autofree char *value = NULL;

                if (!json_read_text(parameters, l->data, &value, error)) {
                        g_prefix_error(error, "'module_parameters': ");
                        return false;
                }
                if (value)
                        host_set_parameter(host, l->data, value);
        }

        return true;
}

static bool read_machine(JsonObject *object, Host *host, GError **error) {
        HostInfo *info = host_info_mutable(host);
        JsonObject *machine = NULL;

        if (!json_read_text(object, "name", &info->name, error) ||
            !json_read_number(object, "tsc_khz", UINT64_MAX, &info->tsc_khz, error) ||
            !json_read_object(object, "host", &machine, error))
                return false;
        if (!machine)
                return true;

        if (!json_read_text(machine, "kernel", &info->kernel, error) ||
            !json_read_texts(machine, "modules", &info->modules, error) ||
            !json_read_text(machine, "vendor", &info->vendor, error) ||
            !json_read_u32(machine, "family", &info->family, error) ||
            !json_read_u32(machine, "model", &info->model, error) ||
            !json_read_u32(machine, "stepping", &info->stepping, error) ||
            !json_read_text(machine, "microcode", &info->microcode, error) ||
            !json_read_text(machine, "probed_at", &info->probed_at, error) ||
            !json_read_u32(machine, "cpus", &info->cpus, error) ||
            !read_parameters(machine, host, error)) {
                g_prefix_error(error, "'host': ");
                return false;
        }

        return true;
}

/* Rows do not know of which table they are. */
static bool read_table(JsonObject *object, const char *name, Host *host, HostTable which,
                       GError **error) {
        g_autoptr(LeafTable) table = NULL;

        if (!json_read_table(object, name, &table, error)) {
                if (JSON_NODE_HOLDS_ARRAY(json_object_get_member(object, name)))
                        g_prefix_error(error, "'%s': ", name);
                return false;
        }

        if (table)
                host_take_table(host, which, g_steal_pointer(&table));
        return true;
}

static bool read_tables(JsonObject *object, Host *host, GError **error) {
        static const char *const names[N_HOST_TABLES] = {
                [HOST_SUPPORTED] = "supported",
                [HOST_EMULATED] = "emulated",
                [HOST_HYPERV] = "hyperv",
                [HOST_HARDWARE] = "hardware",
        };

        if (!json_object_has_member(object, "supported")) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'supported' is missing");
                return false;
        }

        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                if (!read_table(object, names[i], host, i, error))
                        return false;

        return true;
}

static bool read_views(JsonObject *object, Host *host, GError **error) {
        JsonObject *views = NULL;
        g_autoptr(GList) names = NULL;

        if (!json_read_object(object, "views", &views, error))
                return false;
        if (!views)
                return true;

        names = json_object_get_members(views);
        for (GList *l = names; l; l = l->next) {
                LeafTable *table = NULL;

                if (!json_read_table(views, l->data, &table, error)) {
                        g_prefix_error(error, "'views': '%s': ", (const char *) l->data);
                        return false;
                }
                if (table)
                        host_take_view(host, l->data, table);
        }

        return true;
}

static bool read_dropped(JsonObject *object, const char *key, Forced *forced, const char *view,
                         GError **error) {
        g_auto(GStrv) texts = NULL;

        if (!json_read_texts(object, key, &texts, error))
                return false;
        if (texts)
                (void) forced_table_mutable(forced, view, FORCED_DROPPED);

        for (size_t i = 0; texts && texts[i]; i++)
                if (!forced_add_dropped(forced, view, texts[i])) {
                        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'%s': expected a row such as 0x1d.0, not '%s', and at most %d "
                                    "of them",
                                    key, texts[i], LEAF_TABLE_MAX);
                        return false;
                }

        return true;
}

/* @keys by kind; @view: NULL for what was measured with nothing enabled */
static bool read_measured(JsonObject *object, const char *const keys[N_FORCED_KINDS],
                          Forced *forced, const char *view, GError **error) {
        for (ForcedKind i = FORCED_ON; i <= FORCED_OFF; i++) {
                g_autoptr(LeafTable) table = NULL;

                if (!json_read_table(object, keys[i], &table, error)) {
                        if (JSON_NODE_HOLDS_ARRAY(json_object_get_member(object, keys[i])))
                                g_prefix_error(error, "'%s': ", keys[i]);
                        return false;
                }
                if (table)
                        forced_take_table(forced, view, i, g_steal_pointer(&table));
        }

        return read_dropped(object, keys[FORCED_DROPPED], forced, view, error);
}

static bool read_forced(JsonObject *object, Host *host, GError **error) {
        static const char *const keys[N_FORCED_KINDS] = { "forced_on", "forced_off", "dropped" },
                                 *const view_keys[N_FORCED_KINDS] = { "on", "off", "dropped" };
        Forced *forced = host_forced_mutable(host);
        JsonObject *views = NULL;
        g_autoptr(GList) names = NULL;

        if (!read_measured(object, keys, forced, NULL, error) ||
            !json_read_object(object, "view_forced", &views, error))
                return false;
        if (!views)
                return true;

        names = json_object_get_members(views);
        for (GList *l = names; l; l = l->next) {
                JsonObject *view = NULL;

                if (!json_read_object(views, l->data, &view, error)) {
                        g_prefix_error(error, "'view_forced': ");
                        return false;
                }
                if (view && !read_measured(view, view_keys, forced, l->data, error)) {
                        g_prefix_error(error, "'view_forced': '%s': ", (const char *) l->data);
                        return false;
                }
        }

        return true;
}

static bool read_varies(JsonObject *object, Host *host, GError **error) {
        g_auto(GStrv) texts = NULL;

        if (!json_read_texts(object, "varies", &texts, error))
                return false;

        for (size_t i = 0; texts && texts[i]; i++) {
                Place place;

                if (!place_parse(texts[i], &place, error)) {
                        g_prefix_error(error, "'varies': ");
                        return false;
                }
                host_add_varying(host, &place);
        }

        return true;
}

static bool read_unknown(JsonObject *object, Host *host, GError **error) {
        Unknown *unknown = NULL;

        if (!json_read_unknown(object, &unknown, error))
                return false;

        host_take_unknown(host, unknown);
        return true;
}

static bool read_kind(JsonNode *node, Kinds *kinds, GError **error) {
        g_autoptr(LeafTable) rows = NULL;
        g_autofree char *cpus = NULL;
        JsonObject *object;

        if (!JSON_NODE_HOLDS_OBJECT(node)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is not a list of objects");
                return false;
        }

        object = json_node_get_object(node);
        if (!json_read_text(object, "cpus", &cpus, error) || !kinds_add(kinds, cpus ?: "", error) ||
            !json_read_table(object, "supported", &rows, error))
                return false;

        for (size_t i = 0; rows && i < leaf_table_size(rows); i++)
                if (!kinds_add_row(kinds, leaf_table_at(rows, i), error))
                        return false;

        return true;
}

static bool read_kinds(JsonObject *object, Host *host, GError **error) {
        JsonNode *node = json_object_get_member(object, "kinds");
        JsonArray *array;

        if (!node || JSON_NODE_HOLDS_NULL(node))
                return true;
        if (!JSON_NODE_HOLDS_ARRAY(node)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'kinds' is not a list");
                return false;
        }

        array = json_node_get_array(node);
        for (unsigned i = 0; i < json_array_get_length(array); i++)
                if (!read_kind(json_array_get_element(array, i), host_kinds_mutable(host), error)) {
                        g_prefix_error(error, "'kinds': ");
                        return false;
                }

        return true;
}

static bool add_extension(void *userdata, const char *key, uint64_t value, GError **error) {
        if (value > INT64_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'%s' is more than an extension can be", key);
                return false;
        }

        host_set_extension(userdata, key, value);
        return true;
}

static bool add_attribute(void *userdata, const char *key, uint64_t value, GError **error) {
        (void) error;
        host_set_attribute(userdata, key, value);
        return true;
}

static bool add_msr(void *userdata, const char *key, uint64_t value, GError **error) {
        uint32_t index;

        if (!json_parse_index(key, &index, error))
                return false;

        host_set_msr(userdata, index, value);
        return true;
}

static bool read_numbers(JsonObject *object, Host *host, GError **error) {
        if (json_object_has_member(object, "extensions"))
                host_set_extensions_recorded(host);
        if (json_object_has_member(object, "attributes"))
                host_set_attributes_recorded(host);
        if (json_object_has_member(object, "msrs"))
                host_set_msrs_recorded(host);

        return json_read_numbers(object, "extensions", add_extension, host, error) &&
                json_read_numbers(object, "attributes", add_attribute, host, error) &&
                json_read_numbers(object, "msrs", add_msr, host, error);
}

static bool read_host(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        g_autoptr(JsonParser) parser = json_parse(text, n_text, SCHEMA, SCHEMA_VERSION, error);
        g_autoptr(Host) host = NULL;
        JsonObject *object;

        (void) options;
        if (!parser)
                return false;

        object = json_node_get_object(json_parser_get_root(parser));
        host = host_new();
        if (!read_machine(object, host, error) || !read_tables(object, host, error) ||
            !read_forced(object, host, error) || !read_views(object, host, error) ||
            !read_kinds(object, host, error) || !read_varies(object, host, error) ||
            !read_unknown(object, host, error) || !read_numbers(object, host, error) ||
            !host_seal(host, error))
                return false;

        ret->host = g_steal_pointer(&host);
        return true;
}

const Format format_host_json = {
        .name = "host",
        .description = "a host profile as JSON, cpuidd.host/1",
        .looks_like = looks_like,
        .read = read_host,
};
