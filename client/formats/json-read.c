/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From json-glib's objects to our values. Says for each value that is no good its name, what it
 * is, and what was expected. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/json.h"

/* Longer ones are cut off in messages */
#define QUOTE_MAX 60

static bool set_error(GError **error, const char *name, const char *problem) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "'%.*s' %s", QUOTE_MAX, name,
                    problem);
        return false;
}

static JsonNode *get_member(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

static bool holds(JsonNode *node, GType type) {
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static bool set_error_too_large(GError **error, const char *name, const char *value, uint64_t max) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "'%.*s' is %.*s, more than %u bits",
                    QUOTE_MAX, name, QUOTE_MAX, value, max > UINT32_MAX ? 64 : 32);
        return false;
}

static bool text_to_number(const char *name, const char *text, uint64_t max, uint64_t *ret,
                           GError **error) {
        bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        bool is_binary = text[0] == '0' && (text[1] == 'b' || text[1] == 'B');
        const char *digits = is_hex || is_binary ? text + 2 : text;
        size_t n = strspn(digits,
                          is_hex            ? "0123456789abcdefABCDEF" :
                                  is_binary ? "01" :
                                              "0123456789");

        if (n == 0 || digits[n])
                return set_error(error, name, "is not a number");
        if (!g_ascii_string_to_unsigned(digits,
                                        is_hex            ? 16 :
                                                is_binary ? 2 :
                                                            10,
                                        0, max, ret, NULL))
                return set_error_too_large(error, name, text, max);
        return true;
}

static bool node_to_number(const char *name, JsonNode *node, uint64_t max, uint64_t *ret,
                           GError **error) {
        int64_t value;

        if (holds(node, G_TYPE_STRING))
                return text_to_number(name, json_node_get_string(node), max, ret, error);
        if (!holds(node, G_TYPE_INT64))
                return set_error(error, name, "is not a number");

        value = json_node_get_int(node);
        if (value < 0)
                return set_error(error, name, "is negative, or has more than 63 bits");
        if ((uint64_t) value > max) {
                g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);

                return set_error_too_large(error, name, text, max);
        }

        *ret = value;
        return true;
}

bool json_read_number(JsonObject *object, const char *name, uint64_t max, uint64_t *ret,
                      GError **error) {
        JsonNode *node = get_member(object, name);

        return !node || node_to_number(name, node, max, ret, error);
}

bool json_read_u32(JsonObject *object, const char *name, uint32_t *ret, GError **error) {
        uint64_t value = *ret;

        if (!json_read_number(object, name, UINT32_MAX, &value, error))
                return false;

        *ret = value;
        return true;
}

bool json_read_text(JsonObject *object, const char *name, char **ret, GError **error) {
        JsonNode *node = get_member(object, name);

        if (!node)
                return true;
        if (!holds(node, G_TYPE_STRING))
                return set_error(error, name, "is not a text");

        g_free(*ret);
        *ret = json_node_dup_string(node);
        return true;
}

bool json_read_texts(JsonObject *object, const char *name, char ***ret, GError **error) {
        JsonNode *node = get_member(object, name);
        g_autoptr(GPtrArray) texts = NULL;
        JsonArray *array;

        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_ARRAY(node))
                return set_error(error, name, "is not a list");

        array = json_node_get_array(node);
        texts = g_ptr_array_new_with_free_func(g_free);
        for (unsigned i = 0; i < json_array_get_length(array); i++) {
                JsonNode *element = json_array_get_element(array, i);

                if (!holds(element, G_TYPE_STRING))
                        return set_error(error, name, "is not a list of texts");
                g_ptr_array_add(texts, json_node_dup_string(element));
        }

        g_ptr_array_add(texts, NULL);
        g_strfreev(*ret);
        *ret = (char **) g_ptr_array_free(g_steal_pointer(&texts), FALSE);
        return true;
}

bool json_read_object(JsonObject *object, const char *name, JsonObject **ret, GError **error) {
        JsonNode *node = get_member(object, name);

        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return set_error(error, name, "is not an object");

        *ret = json_node_get_object(node);
        return true;
}

bool json_read_list(JsonObject *object, const char *name, JsonArray **ret, GError **error) {
        JsonNode *node = get_member(object, name);

        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_ARRAY(node))
                return set_error(error, name, "is not a list");

        *ret = json_node_get_array(node);
        return true;
}

JsonObject *json_list_get_object(JsonArray *list, unsigned i, GError **error) {
        JsonNode *node = json_array_get_element(list, i);

        if (JSON_NODE_HOLDS_OBJECT(node))
                return json_node_get_object(node);

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "row %u: is not an object", i + 1);
        return NULL;
}

bool json_read_required_u32(JsonObject *object, const char *name, uint32_t *ret, GError **error) {
        if (!get_member(object, name))
                return set_error(error, name, "is missing");
        return json_read_u32(object, name, ret, error);
}

bool json_read_required_text(JsonObject *object, const char *name, char **ret, GError **error) {
        if (!get_member(object, name))
                return set_error(error, name, "is missing");
        return json_read_text(object, name, ret, error);
}

static bool read_indexed(JsonObject *entry, Leaf *row, GError **error) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);
        JsonNode *node = get_member(entry, "indexed");
        bool indexed = row->subleaf > 0 || (leaf && leaf->indexed);

        if (node) {
                if (!holds(node, G_TYPE_BOOLEAN))
                        return set_error(error, "indexed", "is not true or false");
                indexed = json_node_get_boolean(node);
        }

        row->flags = indexed ? LEAF_FLAG_INDEXED : 0;
        return true;
}

static bool read_entry_rest(JsonObject *entry, Leaf *row, GError **error) {
        if (!json_read_u32(entry, "subleaf", &row->subleaf, error) ||
            !read_indexed(entry, row, error)) {
                g_prefix_error(error, "leaf 0x%x: ", row->leaf);
                return false;
        }

        for (Register i = 0; i < N_REGISTERS; i++)
                if (!json_read_required_u32(entry, register_to_string(i), &row->registers[i],
                                            error)) {
                        g_prefix_error(error, "leaf 0x%x sub-leaf %u: ", row->leaf, row->subleaf);
                        return false;
                }

        return true;
}

static bool read_entry(JsonArray *list, unsigned i, Leaf *row, GError **error) {
        JsonObject *entry = json_list_get_object(list, i, error);

        if (!entry)
                return false;
        if (!json_read_required_u32(entry, "leaf", &row->leaf, error)) {
                g_prefix_error(error, "row %u: ", i + 1);
                return false;
        }

        return read_entry_rest(entry, row, error);
}

bool json_read_table(JsonObject *object, const char *name, LeafTable **ret, GError **error) {
        g_autoptr(LeafTable) table = NULL;
        JsonNode *node = get_member(object, name);
        JsonArray *array;

        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_ARRAY(node))
                return set_error(error, name, "is not a list of rows");

        array = json_node_get_array(node);
        if (json_array_get_length(array) > LEAF_TABLE_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "%u rows, and no KVM takes more than %u", json_array_get_length(array),
                            LEAF_TABLE_MAX);
                return false;
        }

        table = leaf_table_new();
        for (unsigned i = 0; i < json_array_get_length(array); i++) {
                Leaf row = {};

                if (!read_entry(array, i, &row, error))
                        return false;
                leaf_table_add(table, &row);
        }

        *ret = g_steal_pointer(&table);
        return true;
}

bool json_read_numbers(JsonObject *object, const char *name, JsonNumberFunc add, void *userdata,
                       GError **error) {
        JsonObject *numbers = NULL;
        JsonObjectIter iter;
        JsonNode *node;
        const char *key;

        if (!json_read_object(object, name, &numbers, error) || !numbers)
                return !get_member(object, name);

        json_object_iter_init(&iter, numbers);
        while (json_object_iter_next(&iter, &key, &node)) {
                uint64_t value;

                if (!node_to_number(key, node, UINT64_MAX, &value, error) ||
                    !add(userdata, key, value, error)) {
                        g_prefix_error(error, "'%s': ", name);
                        return false;
                }
        }

        return true;
}

bool json_parse_index(const char *key, uint32_t *ret, GError **error) {
        uint64_t value;

        if (!text_to_number(key, key, UINT32_MAX, &value, error))
                return false;

        *ret = value;
        return true;
}
