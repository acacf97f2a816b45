/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Guests as `cpuidd.guest/1` */

#include "client/formats/format.h"
#include "client/formats/json.h"

#define SCHEMA "cpuidd.guest"
#define SCHEMA_VERSION 1

static bool looks_like(const char *text, size_t n_text) {
        return json_has_schema(text, n_text, SCHEMA "/");
}

static bool add_msr(void *userdata, const char *key, uint64_t value, GError **error) {
        Guest *guest = userdata;
        uint32_t index;

        if (!json_parse_index(key, &index, error))
                return false;

        guest_set_msr(guest, index, value);
        return true;
}

static bool read_capabilities(JsonObject *object, Guest *guest, GError **error) {
        g_auto(GStrv) names = NULL;
        CapabilitySet set = 0;

        if (!json_read_texts(object, "capabilities", &names, error))
                return false;
        if (!names)
                return true;

        for (size_t i = 0; names[i]; i++)
                if (!capability_set_add(&set, names[i], error)) {
                        g_prefix_error(error, "'capabilities': ");
                        return false;
                }

        guest->capabilities = set;
        return true;
}

static bool read_guest(const char *text, size_t n_text, const FormatOptions *options,
                       FormatInput *ret, GError **error) {
        g_autoptr(JsonParser) parser = json_parse(text, n_text, SCHEMA, SCHEMA_VERSION, error);
        g_autoptr(LeafTable) table = NULL;
        g_autoptr(Guest) guest = NULL;
        Unknown *unknown = NULL;
        JsonObject *object;

        (void) options;
        if (!parser)
                return false;

        object = json_node_get_object(json_parser_get_root(parser));
        if (!json_read_table(object, "cpuid", &table, error))
                return false;
        if (!table) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'cpuid' is missing");
                return false;
        }

        guest = guest_new(g_steal_pointer(&table));
        if (!json_read_text(object, "name", &guest->name, error) ||
            !read_capabilities(object, guest, error) ||
            !json_read_numbers(object, "msrs", add_msr, guest, error) ||
            !json_read_number(object, "tsc_khz", UINT64_MAX, &guest->tsc_khz, error) ||
            !json_read_unknown(object, &unknown, error))
                return false;

        guest_take_unknown(guest, unknown);

        ret->guest = g_steal_pointer(&guest);
        return true;
}

const Format format_guest_json = {
        .name = "guest",
        .description = "a guest as JSON, cpuidd.guest/1",
        .looks_like = looks_like,
        .read = read_guest,
};
