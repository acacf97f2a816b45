/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Firecracker's CPU configurations: what a guest was given (a dump, or the fingerprint that has one
 * in it), and custom CPU templates, which are a mask and bits for the host's own answer (facts,
 * formats 8). They look alike: it is a guest where every bit is decided, from leaf 0 on. Templates
 * for ARM are refused, and so are members that Firecracker refuses: a list whose name is misspelt
 * would be one that is not there. */

#include "client/formats/firecracker.h"

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/json.h"

/* Longer quotes of the input are cut off in messages */
#define QUOTE_MAX 80

typedef struct Bits {
        uint64_t mask; /* decided */
        uint64_t value;
} Bits;

static bool looks_like(const char *text, size_t n_text) {
        return json_has_member(text, n_text, "cpuid_modifiers") ||
                json_has_member(text, n_text, "msr_modifiers") ||
                json_has_member(text, n_text, "guest_cpu_config") ||
                json_has_member(text, n_text, "reg_modifiers") ||
                json_has_member(text, n_text, "vcpu_features") ||
                json_has_member(text, n_text, "kvm_capabilities");
}

static bool set_error_bitmap(const char *text, GError **error, const char *problem) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "bitmap '%.*s': %s", QUOTE_MAX, text,
                    problem);
        return false;
}

/* "0b", then 0, 1 and x from the highest bit on, with _ anywhere. Bits in front of the first one
 * are not decided. */
static bool parse_bitmap(const char *text, unsigned width, Bits *ret, GError **error) {
        const char *p = g_str_has_prefix(text, "0b") ? text + 2 : text;
        unsigned n = 0;
        Bits bits = {};

        for (; *p; p++) {
                if (*p == '_')
                        continue;
                if (!strchr("01x", *p)) {
                        g_autofree char *problem = g_strdup_printf(
                                "character %zu is none of 0, 1, x and _", (size_t) (p - text) + 1);

                        return set_error_bitmap(text, error, problem);
                }
                bits.mask = bits.mask << 1 | (*p != 'x');
                bits.value = bits.value << 1 | (*p == '1');
                if (++n > width) {
                        g_autofree char *problem = g_strdup_printf("more than %u bits", width);

                        return set_error_bitmap(text, error, problem);
                }
        }

        if (n == 0)
                return set_error_bitmap(text, error, "has no bit");

        *ret = bits;
        return true;
}

/* The member "bitmap", added to what is decided of the register already */
static bool add_bitmap(JsonObject *object, unsigned width, Bits *bits, GError **error) {
        g_autofree char *text = NULL;
        uint64_t differs;
        Bits added = {};

        if (!json_read_required_text(object, "bitmap", &text, error) ||
            !parse_bitmap(text, width, &added, error))
                return false;

        differs = bits->mask & added.mask & (bits->value ^ added.value);
        if (differs) {
                g_autofree char *problem =
                        g_strdup_printf("bit %d was %d before", __builtin_ctzll(differs),
                                        (bits->value >> __builtin_ctzll(differs)) & 1 ? 1 : 0);

                return set_error_bitmap(text, error, problem);
        }

        bits->mask |= added.mask;
        bits->value |= added.value;
        return true;
}

static bool read_register(JsonObject *modifier, TemplateRow *row, GError **error) {
        g_autofree char *name = NULL;

        if (!json_read_required_text(modifier, "register", &name, error))
                return false;

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                Bits bits = { row->masks[reg], row->values[reg] };

                if (!g_str_equal(name, register_to_string(reg)))
                        continue;
                if (!add_bitmap(modifier, 32, &bits, error)) {
                        g_prefix_error(error, "'%s': ", name);
                        return false;
                }
                row->masks[reg] = bits.mask;
                row->values[reg] = bits.value;
                return true;
        }

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "register '%.*s', expected eax, ebx, ecx or edx", QUOTE_MAX, name);
        return false;
}

static bool read_registers(JsonObject *object, TemplateRow *row, GError **error) {
        JsonArray *list = NULL;

        if (!json_read_list(object, "modifiers", &list, error))
                return false;
        if (!list) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'modifiers' is missing");
                return false;
        }

        for (unsigned i = 0; i < json_array_get_length(list); i++) {
                JsonObject *modifier = json_list_get_object(list, i, error);

                if (!modifier) {
                        g_prefix_error(error, "'modifiers': ");
                        return false;
                }
                if (!read_register(modifier, row, error))
                        return false;
        }

        return true;
}

/* Rows of one leaf and sub-leaf are one, as Firecracker applies one after the other. */
static bool read_leaf(JsonObject *object, Template *template, GError **error) {
        uint32_t leaf = 0, subleaf = 0, flags = 0;
        TemplateRow *row;

        if (!json_read_required_u32(object, "leaf", &leaf, error))
                return false;
        if (!json_read_required_u32(object, "subleaf", &subleaf, error) ||
            !json_read_required_u32(object, "flags", &flags, error)) {
                g_prefix_error(error, "leaf 0x%x: ", leaf);
                return false;
        }

        row = template_get_row(template, leaf, subleaf, subleaf);
        if (!row) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "more than %u leaves and sub-leaves", TEMPLATE_ROWS_MAX);
                return false;
        }

        row->flags = flags & LEAF_FLAG_INDEXED;
        if (!read_registers(object, row, error)) {
                g_prefix_error(error, "leaf 0x%x sub-leaf %u: ", leaf, subleaf);
                return false;
        }

        return true;
}

static bool read_msr(JsonObject *object, Template *template, GError **error) {
        uint32_t index = 0;
        TemplateMsr *msr;
        Bits bits;

        if (!json_read_required_u32(object, "addr", &index, error))
                return false;

        msr = template_get_msr(template, index);
        if (!msr) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "more than %u MSRs",
                            TEMPLATE_MSRS_MAX);
                return false;
        }

        bits = (Bits){ msr->mask, msr->value };
        if (!add_bitmap(object, 64, &bits, error)) {
                g_prefix_error(error, "msr 0x%x: ", index);
                return false;
        }

        msr->mask = bits.mask;
        msr->value = bits.value;
        return true;
}

typedef bool (*ReadFunc)(JsonObject *object, Template *template, GError **error);

static bool read_list(JsonObject *config, const char *name, ReadFunc read, Template *template,
                      GError **error) {
        JsonArray *list = NULL;

        if (!json_read_list(config, name, &list, error))
                return false;

        for (unsigned i = 0; list && i < json_array_get_length(list); i++) {
                JsonObject *object = json_list_get_object(list, i, error);

                if (!object) {
                        g_prefix_error(error, "'%s': ", name);
                        return false;
                }
                if (!read(object, template, error)) {
                        g_prefix_error(error, "'%s': row %u: ", name, i + 1);
                        return false;
                }
        }

        return true;
}

/* Numbers of what Firecracker looks for on the host, beside what it always does; nothing of it
 * makes it enable anything. */
static bool check_capabilities(JsonObject *config, GError **error) {
        g_auto(GStrv) texts = NULL;

        if (!json_read_texts(config, "kvm_capabilities", &texts, error))
                return false;

        for (size_t i = 0; texts && texts[i]; i++) {
                const char *digits = texts[i] + (texts[i][0] == '!');

                if (g_ascii_string_to_unsigned(digits, 10, 0, UINT32_MAX, NULL, NULL))
                        continue;
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'kvm_capabilities': '%.*s' is no number of a capability, expected "
                            "\"171\" or \"!171\"",
                            QUOTE_MAX, texts[i]);
                return false;
        }

        return true;
}

/* A guest's table begins with leaf 0: what decides only others is a template that decides much. */
static bool is_decided(const Template *template) {
        bool has_first = false;

        for (size_t i = 0; i < template->rows->len; i++) {
                const TemplateRow *row = &g_array_index(template->rows, TemplateRow, i);

                has_first |= row->leaf == 0;
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        if (row->masks[reg] != UINT32_MAX)
                                return false;
        }

        for (size_t i = 0; i < template->msrs->len; i++)
                if (g_array_index(template->msrs, TemplateMsr, i).mask != UINT64_MAX)
                        return false;

        return has_first;
}

static Dump *dump_new_from_template(const Template *template, GError **error) {
        g_autoptr(Dump) dump = dump_new();

        dump->missing = DUMP_MISSING_ZERO;
        for (size_t i = 0; i < template->rows->len; i++) {
                const TemplateRow *row = &g_array_index(template->rows, TemplateRow, i);
                Leaf leaf = { .leaf = row->leaf, .subleaf = row->subleaf };

                memcpy(leaf.registers, row->values, sizeof(leaf.registers));
                if (!dump_add_row(dump, &leaf, row->flags ? DUMP_INDEX_YES : DUMP_INDEX_NO, 0,
                                  error))
                        return NULL;
        }

        for (size_t i = 0; i < template->msrs->len; i++) {
                const TemplateMsr *msr = &g_array_index(template->msrs, TemplateMsr, i);

                dump_set_msr(dump, msr->index, msr->value);
        }

        return g_steal_pointer(&dump);
}

static bool check_kind(JsonObject *config, GError **error) {
        if (json_object_has_member(config, "cpuid_modifiers") ||
            json_object_has_member(config, "msr_modifiers"))
                return true;

        if (json_object_has_member(config, "reg_modifiers") ||
            json_object_has_member(config, "vcpu_features"))
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is a CPU template for ARM, expected one for x86 with "
                                    "'cpuid_modifiers' or 'msr_modifiers'");
        else
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "'cpuid_modifiers' and 'msr_modifiers' are missing, expected "
                                    "one of them");
        return false;
}

/* As Firecracker's own: its CustomCpuTemplate has serde's deny_unknown_fields. */
static bool check_members(JsonObject *config, GError **error) {
        static const char *const known[] = { "kvm_capabilities", "cpuid_modifiers", "msr_modifiers",
                                             NULL };
        g_autoptr(GList) members = json_object_get_members(config);

        for (GList *i = members; i; i = i->next) {
                if (g_strv_contains(known, i->data))
                        continue;
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'%.*s' is no member of a CPU configuration, expected "
                            "'kvm_capabilities', 'cpuid_modifiers' or 'msr_modifiers'",
                            QUOTE_MAX, (const char *) i->data);
                return false;
        }

        return true;
}

static bool read_firecracker(const char *text, size_t n_text, const FormatOptions *options,
                             FormatInput *ret, GError **error) {
        g_autoptr(JsonNode) root = json_parse_any(text, n_text, error);
        g_autoptr(Template) template = template_new();
        JsonObject *config;

        (void) options;
        if (!root)
                return false;
        if (!JSON_NODE_HOLDS_OBJECT(root)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is a JSON list, expected an object with 'cpuid_modifiers'");
                return false;
        }

        config = json_node_get_object(root);
        if (!json_read_object(config, "guest_cpu_config", &config, error) ||
            !check_kind(config, error) || !check_members(config, error) ||
            !check_capabilities(config, error) ||
            !read_list(config, "cpuid_modifiers", read_leaf, template, error) ||
            !read_list(config, "msr_modifiers", read_msr, template, error))
                return false;

        if (is_decided(template)) {
                ret->dump = dump_new_from_template(template, error);
                return ret->dump != NULL;
        }

        ret->template = g_steal_pointer(&template);
        return true;
}

const Format format_firecracker = {
        .name = "firecracker",
        .description = "Firecracker's guest CPU configuration, fingerprint or custom CPU template",
        .looks_like = looks_like,
        .read = read_firecracker,
        .write = firecracker_write,
        .is_json = true,
};
