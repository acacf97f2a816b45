/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The changes in a CPU profile of Cloud Hypervisor: each is of a register of the host's answer, or
 * of a MSR, and what no change is about is cleared. Refuses a change that does not say both what is
 * kept and what is set. */

#include "client/formats/cloud-hypervisor-profile.h"

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/json.h"
#include "policy/field.h"

#define REGISTER_LENGTH 3

bool cloud_hypervisor_is_adjustments(JsonNode *node) {
        JsonArray *list, *pair;
        JsonNode *first, *second;

        if (!JSON_NODE_HOLDS_ARRAY(node))
                return false;

        list = json_node_get_array(node);
        if (json_array_get_length(list) == 0)
                return false;

        first = json_array_get_element(list, 0);
        if (!JSON_NODE_HOLDS_ARRAY(first))
                return false;

        pair = json_node_get_array(first);
        if (json_array_get_length(pair) != 2)
                return false;

        second = json_array_get_element(pair, 1);
        return JSON_NODE_HOLDS_OBJECT(second) &&
                json_object_has_member(json_node_get_object(second), "replacements");
}

/* What is kept of the host, and what is or-ed to it */
static bool read_change(JsonObject *change, uint64_t max, uint64_t *ret_mask,
                        uint64_t *ret_replacements, GError **error) {
        if (!json_object_has_member(change, "mask") ||
            !json_object_has_member(change, "replacements")) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "expected 'replacements' and 'mask'");
                return false;
        }

        return json_read_number(change, "mask", max, ret_mask, error) &&
                json_read_number(change, "replacements", max, ret_replacements, error);
}

static bool read_register_name(JsonObject *where, Register *ret, GError **error) {
        g_autofree char *name = NULL;

        if (!json_read_required_text(where, "register", &name, error))
                return false;

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (g_ascii_strcasecmp(name, register_to_string(reg)) == 0) {
                        *ret = reg;
                        return true;
                }

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "register '%.*s', expected EAX, EBX, ECX or EDX", REGISTER_LENGTH, name);
        return false;
}

static bool read_subleaves(JsonObject *where, uint32_t *ret_first, uint32_t *ret_last,
                           GError **error) {
        JsonObject *range = NULL;

        if (!json_read_object(where, "sub_leaf", &range, error))
                return false;
        if (!range) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'sub_leaf' is missing");
                return false;
        }
        if (!json_read_required_u32(range, "start", ret_first, error) ||
            !json_read_required_u32(range, "end", ret_last, error)) {
                g_prefix_error(error, "'sub_leaf': ");
                return false;
        }
        if (*ret_first <= *ret_last)
                return true;

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "'sub_leaf' ends with %u, before it begins with %u", *ret_last, *ret_first);
        return false;
}

static bool set_error_many(const char *what, unsigned max, GError **error) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "more than %u %s", max, what);
        return false;
}

/* Registers that the profile does not name are decided, too: they become 0. */
static TemplateRow *get_row(Template *template, uint32_t leaf, uint32_t first, uint32_t last) {
        size_t n_rows = template->rows->len;
        TemplateRow *row = template_get_row(template, leaf, first, last);
        const FieldLeaf *known = field_leaf_find(FIELD_INTERFACE_CPU, leaf);

        if (template->rows->len > n_rows) {
                memset(row->masks, 0xff, sizeof(row->masks));
                row->flags = first > 0 || (known && known->indexed) ? LEAF_FLAG_INDEXED : 0;
        }
        return row;
}

static bool read_adjustment(JsonObject *where, JsonObject *change, Template *template,
                            GError **error) {
        uint32_t leaf = 0, first = 0, last = 0;
        uint64_t mask = 0, replacements = 0;
        Register reg = 0;
        TemplateRow *row;

        if (!json_read_required_u32(where, "leaf", &leaf, error))
                return false;
        if (!read_subleaves(where, &first, &last, error) ||
            !read_register_name(where, &reg, error) ||
            !read_change(change, UINT32_MAX, &mask, &replacements, error)) {
                g_prefix_error(error, "leaf 0x%x: ", leaf);
                return false;
        }

        row = get_row(template, leaf, first, last);
        if (!row)
                return set_error_many("leaves and sub-leaves", TEMPLATE_ROWS_MAX, error);

        /* A bit that is replaced by 1 is 1, kept or not. */
        row->masks[reg] = ~mask | replacements;
        row->values[reg] = replacements;
        return true;
}

static bool read_msr(JsonNode *address, JsonObject *change, Template *template, GError **error) {
        uint64_t mask = 0, replacements = 0;
        uint32_t index;
        TemplateMsr *msr;

        if (!json_parse_index(json_node_get_string(address), &index, error))
                return false;
        if (!read_change(change, UINT64_MAX, &mask, &replacements, error)) {
                g_prefix_error(error, "msr 0x%x: ", index);
                return false;
        }

        msr = template_get_msr(template, index);
        if (!msr)
                return set_error_many("MSRs", TEMPLATE_MSRS_MAX, error);

        msr->mask = ~mask | replacements;
        msr->value = replacements;
        return true;
}

static bool read_pair(JsonNode *node, Template *template, GError **error) {
        JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        JsonNode *where, *change;

        if (pair && json_array_get_length(pair) == 2) {
                where = json_array_get_element(pair, 0);
                change = json_array_get_element(pair, 1);

                if (JSON_NODE_HOLDS_OBJECT(where) && JSON_NODE_HOLDS_OBJECT(change)) {
                        template->others_are_zero = true;
                        return read_adjustment(json_node_get_object(where),
                                               json_node_get_object(change), template, error);
                }
                if (json_node_get_value_type(where) == G_TYPE_STRING &&
                    JSON_NODE_HOLDS_OBJECT(change))
                        return read_msr(where, json_node_get_object(change), template, error);
        }

        g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "expected a pair of a register and its change");
        return false;
}

bool cloud_hypervisor_read_adjustments(JsonArray *list, Template *template, GError **error) {
        for (unsigned i = 0; i < json_array_get_length(list); i++)
                if (!read_pair(json_array_get_element(list, i), template, error)) {
                        g_prefix_error(error, "row %u: ", i + 1);
                        return false;
                }

        return true;
}
