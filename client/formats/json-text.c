/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The forms that our documents share, on json-glib's builder and generator */

#include "client/formats/json-text.h"

#include <json-glib/json-glib.h>

struct JsonText {
        JsonBuilder *builder;
        bool is_pretty;
        GArray *closers; /* JsonCloser: what each open container ends with */
};

typedef JsonBuilder *(*JsonCloser)(JsonBuilder *builder);

JsonText *json_text_new(bool is_pretty) {
        JsonText *json = g_new0(JsonText, 1);

        json->builder = json_builder_new();
        json->is_pretty = is_pretty;
        json->closers = g_array_new(FALSE, FALSE, sizeof(JsonCloser));
        return json;
}

JsonText *json_text_free(JsonText *json) {
        if (!json)
                return NULL;

        g_object_unref(json->builder);
        g_array_unref(json->closers);
        g_free(json);
        return NULL;
}

static JsonBuilder *start_value(JsonText *json, const char *key) {
        return key ? json_builder_set_member_name(json->builder, key) : json->builder;
}

void json_text_open_object(JsonText *json, const char *key) {
        JsonCloser closer = json_builder_end_object;

        (void) json_builder_begin_object(start_value(json, key));
        g_array_append_val(json->closers, closer);
}

void json_text_open_array(JsonText *json, const char *key) {
        JsonCloser closer = json_builder_end_array;

        (void) json_builder_begin_array(start_value(json, key));
        g_array_append_val(json->closers, closer);
}

void json_text_close(JsonText *json) {
        JsonCloser closer;

        g_assert(json->closers->len > 0);

        closer = g_array_index(json->closers, JsonCloser, json->closers->len - 1);
        g_array_set_size(json->closers, json->closers->len - 1);
        (void) closer(json->builder);
}

void json_text_add_text(JsonText *json, const char *key, const char *text) {
        g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

        if (valid)
                (void) json_builder_add_string_value(start_value(json, key), valid);
}

void json_text_add_number(JsonText *json, const char *key, uint64_t value) {
        (void) json_builder_add_int_value(start_value(json, key), value);
}

void json_text_add_hex(JsonText *json, const char *key, uint64_t value) {
        g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);

        json_text_add_text(json, key, text);
}

void json_text_add_bool(JsonText *json, const char *key, bool value) {
        (void) json_builder_add_boolean_value(start_value(json, key), value);
}

void json_text_add_null(JsonText *json, const char *key) {
        (void) json_builder_add_null_value(start_value(json, key));
}

void json_text_add_texts(JsonText *json, const char *key, const char *const *texts) {
        json_text_open_array(json, key);
        for (size_t i = 0; texts && texts[i]; i++)
                json_text_add_text(json, NULL, texts[i]);
        json_text_close(json);
}

void json_text_add_list(JsonText *json, const char *key, const GPtrArray *elements,
                        JsonTextFunc add) {
        json_text_open_array(json, key);
        for (size_t i = 0; i < elements->len; i++)
                add(json, elements->pdata[i]);
        json_text_close(json);
}

void json_text_add_row(JsonText *json, const Leaf *row) {
        json_text_open_object(json, NULL);
        json_text_add_hex(json, "leaf", row->leaf);
        json_text_add_number(json, "subleaf", row->subleaf);
        json_text_add_bool(json, "indexed", row->flags & LEAF_FLAG_INDEXED);
        for (Register i = 0; i < N_REGISTERS; i++) {
                g_autofree char *text = g_strdup_printf("0x%08x", row->registers[i]);

                json_text_add_text(json, register_to_string(i), text);
        }
        json_text_close(json);
}

void json_text_add_table(JsonText *json, const char *key, const LeafTable *table) {
        json_text_open_array(json, key);
        for (size_t i = 0; i < leaf_table_size(table); i++)
                json_text_add_row(json, leaf_table_at(table, i));
        json_text_close(json);
}

void json_text_add_msr(JsonText *json, uint32_t index, uint64_t value) {
        g_autofree char *key = g_strdup_printf("0x%x", index);

        json_text_add_hex(json, key, value);
}

char *json_text_finish(JsonText *json) {
        g_autoptr(JsonGenerator) generator = json_generator_new();
        g_autoptr(JsonNode) root = json_builder_get_root(json->builder);
        char *text;

        g_assert(json->closers->len == 0);

        json_generator_set_root(generator, root);
        json_generator_set_pretty(generator, json->is_pretty);
        text = json_generator_to_data(generator, NULL);
        json_text_free(json);
        return text;
}

static char *one_a_line(const GPtrArray *elements, JsonTextFunc add) {
        g_autoptr(GString) lines = g_string_new(NULL);

        for (size_t i = 0; i < elements->len; i++) {
                JsonText *json = json_text_new(false);
                g_autofree char *line = NULL;

                add(json, elements->pdata[i]);
                line = json_text_finish(json);
                g_string_append_printf(lines, "%s%s", i == 0 ? "" : "\n", line);
        }

        return g_string_free(g_steal_pointer(&lines), FALSE);
}

char *json_text_several(const GPtrArray *elements, bool is_pretty, JsonTextFunc add) {
        JsonText *json;

        if (!is_pretty)
                return one_a_line(elements, add);

        json = json_text_new(true);
        if (elements->len == 1)
                add(json, elements->pdata[0]);
        else
                json_text_add_list(json, NULL, elements, add);

        return json_text_finish(json);
}
