/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What Cloud Hypervisor writes: the list of KVM's entries in migration and snapshot data, which is
 * looked for wherever it is nested, and CPU profiles, whose changes cloud-hypervisor-profile.c reads
 * (facts, formats 9). Several lists are of one CPU each. A snapshot (state.json) has the state of
 * each vCPU as JSON in a text; feature MSRs are taken from there, too, and what else changes while
 * the guest runs is not. A virtual machine's configuration alone has no CPUID, and is refused. */

#include <string.h>

#include "client/formats/cloud-hypervisor-profile.h"
#include "client/formats/format.h"
#include "client/formats/json.h"
#include "policy/field.h"

static bool looks_like(const char *text, size_t n_text) {
        return (json_has_member(text, n_text, "function") &&
                json_has_member(text, n_text, "eax")) ||
                (json_has_member(text, n_text, "replacements") &&
                 json_has_member(text, n_text, "mask")) ||
                json_has_member(text, n_text, "snapshot_data") ||
                json_has_member(text, n_text, "common_cpuid") ||
                json_has_member(text, n_text, "boot_vcpus");
}

/* A list, and the object that it is a member of, or NULL */
typedef struct Found {
        JsonArray *list;
        JsonObject *holder;
} Found;

typedef struct Finder {
        bool (*is_list)(JsonNode *);
        GArray *lists;    /* Found */
        GArray *common;   /* Found: what all vCPUs begin with, before each is made another */
        GPtrArray *texts; /* JsonNode: what was in texts, and is found in */
        bool is_in_text;
} Finder;

static void finder_init(Finder *finder, bool (*is_list)(JsonNode *)) {
        *finder = (Finder){
                .is_list = is_list,
                .lists = g_array_new(FALSE, FALSE, sizeof(Found)),
                .common = g_array_new(FALSE, FALSE, sizeof(Found)),
                .texts = g_ptr_array_new_with_free_func((GDestroyNotify) json_node_unref),
        };
}

static void finder_done(Finder *finder) {
        g_array_unref(finder->lists);
        g_array_unref(finder->common);
        g_ptr_array_unref(finder->texts);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Finder, finder_done)

/* A list of objects of which the first has a leaf's registers */
static bool is_entries(JsonNode *node) {
        JsonArray *list;
        JsonNode *first;

        if (!JSON_NODE_HOLDS_ARRAY(node))
                return false;

        list = json_node_get_array(node);
        if (json_array_get_length(list) == 0)
                return false;

        first = json_array_get_element(list, 0);
        return JSON_NODE_HOLDS_OBJECT(first) &&
                json_object_has_member(json_node_get_object(first), "function") &&
                json_object_has_member(json_node_get_object(first), "eax");
}

static bool find_lists(Finder *finder, JsonNode *node, JsonObject *holder, const char *name,
                       GError **error);

/* The states of a snapshot's parts are texts with JSON in them. */
static bool find_in_text(Finder *finder, JsonNode *node, GError **error) {
        const char *text = json_node_get_string(node);
        g_autoptr(GPtrArray) roots = NULL;

        if (finder->is_in_text || !text || (*text != '{' && *text != '['))
                return true;

        roots = json_parse_many(text, strlen(text), error);
        if (!roots) {
                g_prefix_error(error, "the text 'state': ");
                return false;
        }

        finder->is_in_text = true;
        for (size_t i = 0; i < roots->len; i++) {
                g_ptr_array_add(finder->texts, json_node_ref(roots->pdata[i]));
                if (!find_lists(finder, roots->pdata[i], NULL, NULL, error))
                        return false;
        }
        finder->is_in_text = false;
        return true;
}

static bool find_in_object(Finder *finder, JsonObject *object, GError **error) {
        JsonObjectIter iter;
        JsonNode *member;
        const char *name;

        json_object_iter_init_ordered(&iter, object);
        while (json_object_iter_next_ordered(&iter, &name, &member))
                if (!find_lists(finder, member, object, name, error))
                        return false;

        return true;
}

/* Every one, from the root down. The depth of what was parsed is bounded. */
static bool find_lists(Finder *finder, JsonNode *node, JsonObject *holder, const char *name,
                       GError **error) {
        bool is_value = JSON_NODE_HOLDS_VALUE(node);

        if (finder->is_list(node)) {
                const Found found = { json_node_get_array(node), holder };
                bool is_common = g_strcmp0(name, "common_cpuid") == 0;

                g_array_append_val(is_common ? finder->common : finder->lists, found);
        } else if (JSON_NODE_HOLDS_ARRAY(node)) {
                JsonArray *array = json_node_get_array(node);

                for (unsigned i = 0; i < json_array_get_length(array); i++)
                        if (!find_lists(finder, json_array_get_element(array, i), NULL, NULL,
                                        error))
                                return false;
        } else if (JSON_NODE_HOLDS_OBJECT(node)) {
                return find_in_object(finder, json_node_get_object(node), error);
        } else if (is_value && g_strcmp0(name, "state") == 0) {
                return find_in_text(finder, node, error);
        }

        return true;
}

static bool read_registers(JsonObject *entry, Leaf *row, GError **error) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (!json_read_required_u32(entry, register_to_string(reg), &row->registers[reg],
                                            error))
                        return false;

        return true;
}

static bool read_entry(JsonObject *entry, Dump *dump, GError **error) {
        bool has_flags = json_object_has_member(entry, "flags");
        uint32_t flags = 0;
        DumpIndex index = DUMP_INDEX_UNTOLD;
        Leaf row = {};

        if (!json_read_required_u32(entry, "function", &row.leaf, error))
                return false;
        if (!json_read_u32(entry, "flags", &flags, error) ||
            !(flags & LEAF_FLAG_INDEXED ?
                      json_read_required_u32(entry, "index", &row.subleaf, error) :
                      json_read_u32(entry, "index", &row.subleaf, error)) ||
            !read_registers(entry, &row, error)) {
                g_prefix_error(error, "leaf 0x%x: ", row.leaf);
                return false;
        }

        if (has_flags) {
                index = flags & LEAF_FLAG_INDEXED ? DUMP_INDEX_YES : DUMP_INDEX_NO;
                if (index == DUMP_INDEX_NO)
                        row.subleaf = 0;
        }
        return dump_add_row(dump, &row, index, 0, error);
}

/* A whole number of 64 bits, which may look negative: Cloud Hypervisor writes none that is */
static bool read_data(JsonObject *object, uint64_t *ret) {
        JsonNode *node = json_object_get_member(object, "data");

        if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
                return false;

        *ret = json_node_get_int(node);
        return true;
}

static bool read_state_msr(JsonObject *msr, Dump *dump, GError **error) {
        uint32_t index = 0;
        uint64_t value;

        if (!json_read_required_u32(msr, "index", &index, error)) {
                g_prefix_error(error, "a MSR: ");
                return false;
        }

        if (field_leaf_find(FIELD_INTERFACE_MSR, index) && read_data(msr, &value))
                dump_set_msr(dump, index, value);
        return true;
}

/* Beside the entries of a vCPU there is its state. Of its MSRs those count that tell what it is. */
static bool read_state(JsonObject *state, Dump *dump, GError **error) {
        JsonArray *msrs = NULL;

        if (!json_read_list(state, "msrs", &msrs, error) ||
            !json_read_number(state, "tsc_khz", UINT32_MAX, &dump->tsc_khz, error))
                return false;

        for (unsigned i = 0; msrs && i < json_array_get_length(msrs); i++) {
                JsonObject *msr = json_list_get_object(msrs, i, error);

                if (!msr || !read_state_msr(msr, dump, error)) {
                        g_prefix_error(error, "'msrs': ");
                        return false;
                }
        }

        return true;
}

static bool read_list(const Found *found, Dump *dump, GError **error) {
        for (unsigned i = 0; i < json_array_get_length(found->list); i++) {
                JsonObject *entry = json_list_get_object(found->list, i, error);

                if (!entry)
                        return false;
                if (!read_entry(entry, dump, error)) {
                        g_prefix_error(error, "row %u: ", i + 1);
                        return false;
                }
        }

        return !found->holder || read_state(found->holder, dump, error);
}

static bool read_entries(const GArray *lists, FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();

        dump->missing = DUMP_MISSING_ZERO;
        for (size_t i = 0; i < lists->len; i++)
                if (!dump_begin_cpu(dump, i, 0, error) ||
                    !read_list(&g_array_index(lists, Found, i), dump, error))
                        return false;

        ret->dump = g_steal_pointer(&dump);
        return true;
}

static bool read_profile(const GArray *lists, FormatInput *ret, GError **error) {
        g_autoptr(Template) template = template_new();

        for (size_t i = 0; i < lists->len; i++) {
                JsonArray *list = g_array_index(lists, Found, i).list;

                if (!cloud_hypervisor_read_adjustments(list, template, error))
                        return false;
        }

        ret->template = g_steal_pointer(&template);
        return true;
}

static bool set_error_nothing(const char *text, size_t n_text, GError **error) {
        if (json_has_member(text, n_text, "boot_vcpus"))
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is a virtual machine's configuration, which has no CPUID, "
                                    "expected the state.json of a snapshot");
        else
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "has no list of CPUID entries with 'function' and 'eax', and "
                                    "none of changes with 'replacements'");
        return false;
}

static bool read_found(JsonNode *root, bool (*is_list)(JsonNode *),
                       bool (*read)(const GArray *, FormatInput *, GError **), bool *ret_is_found,
                       FormatInput *ret, GError **error) {
        g_auto(Finder) finder = {};
        const GArray *lists;

        finder_init(&finder, is_list);
        if (!find_lists(&finder, root, NULL, NULL, error))
                return false;

        lists = finder.lists->len > 0 ? finder.lists : finder.common;
        *ret_is_found = lists->len > 0;
        return lists->len == 0 || read(lists, ret, error);
}

static bool read_cloud_hypervisor(const char *text, size_t n_text, const FormatOptions *options,
                                  FormatInput *ret, GError **error) {
        /* MSRs have all of 64 bits, which only this one takes. */
        g_autoptr(GPtrArray) roots = json_parse_many(text, n_text, error);
        bool is_found = false;

        (void) options;
        if (!roots)
                return false;
        if (roots->len > 1) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "has %u JSON documents, expected one", roots->len);
                return false;
        }

        if (!read_found(roots->pdata[0], is_entries, read_entries, &is_found, ret, error))
                return false;
        if (!is_found &&
            !read_found(roots->pdata[0], cloud_hypervisor_is_adjustments, read_profile, &is_found,
                        ret, error))
                return false;

        return is_found || set_error_nothing(text, n_text, error);
}

const Format format_cloud_hypervisor = {
        .name = "cloud-hypervisor",
        .description = "CPUID entries or a CPU profile of Cloud Hypervisor, as JSON",
        .looks_like = looks_like,
        .read = read_cloud_hypervisor,
};
