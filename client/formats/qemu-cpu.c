/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What QEMU tells of a CPU: whole registers in feature words, bits and numbers in properties. It
 * refuses values that no property of that name can have; a name that it does not know is warned
 * of. */

#include "client/formats/qemu.h"

#include <string.h>

#include "client/formats/dump-bits.h"
#include "client/formats/json.h"
#include "client/formats/names.h"

#define XSAVE (UINT32_C(1) << 26) /* of 0x1.0:ecx */
#define VENDOR_LENGTH 12
#define MODEL_ID_LENGTH 48

/* That many unknown names are listed, and so long */
#define N_LISTED_MAX 8
#define LISTED_LENGTH_MAX 40

/* Properties that are a number in CPUID */
typedef struct Number {
        const char *name;
        uint32_t leaf;
        uint32_t subleaf;
        Register reg;
        uint8_t low;
        uint8_t high;
        bool is_zero_untold; /* 0: decided elsewhere */
} Number;

static const Number numbers[] = {
        { "level", 0, 0, REGISTER_EAX, 0, 31, false },
        { "xlevel", 0x80000000, 0, REGISTER_EAX, 0, 31, false },
        { "xlevel2", 0xc0000000, 0, REGISTER_EAX, 0, 31, false },
        { "level-func7", 7, 0, REGISTER_EAX, 0, 31, false },
        { "phys-bits", 0x80000008, 0, REGISTER_EAX, 0, 7, true },
        { "guest-phys-bits", 0x80000008, 0, REGISTER_EAX, 16, 23, true },
        { "avx10-version", 0x24, 0, REGISTER_EBX, 0, 7, true },
};

/* Properties that this file reads beside those, in functions of their own */
static const char *const others[] = {
        "family", "model", "stepping", "vendor", "model-id", "tsc-frequency",
};

static bool set_error(GError **error, const char *message) {
        g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, message);
        return false;
}

static bool parse_register(const char *name, Register *ret) {
        for (Register reg = 0; name && reg < N_REGISTERS; reg++)
                if (g_ascii_strcasecmp(name, register_to_string(reg)) == 0) {
                        *ret = reg;
                        return true;
                }

        return false;
}

static bool add_word(Dump *dump, JsonObject *word, GError **error) {
        g_autofree char *name = NULL;
        uint32_t leaf = 0, subleaf = 0, features = 0, mask, value;
        Register reg;

        if (!json_object_has_member(word, "cpuid-input-eax") ||
            !json_object_has_member(word, "features"))
                return set_error(error,
                                 "expected 'cpuid-register', 'cpuid-input-eax' and 'features'");
        if (!json_read_u32(word, "cpuid-input-eax", &leaf, error) ||
            !json_read_u32(word, "cpuid-input-ecx", &subleaf, error) ||
            !json_read_u32(word, "features", &features, error) ||
            !json_read_text(word, "cpuid-register", &name, error))
                return false;
        if (!parse_register(name, &reg))
                return set_error(error,
                                 "'cpuid-register' is no register, expected EAX, EBX, ECX or EDX");

        mask = dump_get_bits(dump, leaf, subleaf, reg, &value);
        if ((value ^ features) & mask) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "leaf 0x%x sub-leaf %u %s is there twice, with other values", leaf,
                            subleaf, register_to_string(reg));
                return false;
        }

        return dump_set_bits(dump, leaf, subleaf, reg, UINT32_MAX, features, error);
}

bool qemu_add_feature_words(Dump *dump, JsonArray *words, GError **error) {
        for (unsigned i = 0; i < json_array_get_length(words); i++) {
                JsonNode *node = json_array_get_element(words, i);
                bool ok;

                ok = JSON_NODE_HOLDS_OBJECT(node) ?
                        add_word(dump, json_node_get_object(node), error) :
                        set_error(error, "is not an object");
                if (!ok) {
                        g_prefix_error(error, "feature word %u: ", i + 1);
                        return false;
                }
        }

        return true;
}

static bool add_number(Dump *dump, JsonObject *properties, const Number *number, GError **error) {
        uint32_t mask = UINT32_MAX >> (31 - number->high + number->low), value = UINT32_MAX;

        if (!json_read_u32(properties, number->name, &value, error))
                return false;
        /* Not there, or as it is before QEMU has decided it */
        if (value == UINT32_MAX || (value == 0 && number->is_zero_untold))
                return true;
        if (value > mask) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'%s' is %u, expected at most %u", number->name, value, mask);
                return false;
        }

        return dump_set_bits(dump, number->leaf, number->subleaf, number->reg, mask << number->low,
                             value << number->low, error);
}

/* One part of leaf 1 EAX; @ret: nothing where it is not told */
static bool read_version(JsonObject *properties, const char *name, uint32_t max, bool *ret_is_told,
                         uint32_t *ret, GError **error) {
        uint64_t value = UINT64_MAX;

        if (!json_read_number(properties, name, UINT64_MAX, &value, error))
                return false;

        *ret_is_told = value != UINT64_MAX;
        if (*ret_is_told && value > max) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'%s' is %" G_GUINT64_FORMAT ", expected at most %u", name, value, max);
                return false;
        }

        *ret = *ret_is_told ? value : 0;
        return true;
}

static bool add_versions(Dump *dump, JsonObject *properties, GError **error) {
        bool has_family, has_model, has_stepping;
        uint32_t family, model, stepping, value, mask;

        if (!read_version(properties, "family", 0xf + 0xff, &has_family, &family, error) ||
            !read_version(properties, "model", 0xff, &has_model, &model, error) ||
            !read_version(properties, "stepping", 0xf, &has_stepping, &stepping, error))
                return false;

        value = MIN(family, 0xf) << 8 | (family - MIN(family, 0xf)) << 20 | (model & 0xf) << 4 |
                model >> 4 << 16 | stepping;
        mask = (has_family ? 0x0ff00f00 : 0) | (has_model ? 0x000f00f0 : 0) |
                (has_stepping ? 0xf : 0);
        /* QEMU sets nothing else there. */
        if (has_family && has_model && has_stepping)
                mask = UINT32_MAX;
        return dump_set_bits(dump, 1, 0, REGISTER_EAX, mask, value, error);
}

static uint32_t letters_at(const char *text, size_t i) {
        const unsigned char *p = (const unsigned char *) text + i;

        return p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
}

static bool add_vendor(Dump *dump, JsonObject *properties, GError **error) {
        static const Register order[] = { REGISTER_EBX, REGISTER_EDX, REGISTER_ECX };
        g_autofree char *vendor = NULL;

        if (!json_read_text(properties, "vendor", &vendor, error))
                return false;
        if (!vendor || !*vendor)
                return true;
        if (strlen(vendor) != VENDOR_LENGTH) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'vendor' has %zu letters, expected %u", strlen(vendor), VENDOR_LENGTH);
                return false;
        }

        for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
                if (!dump_set_bits(dump, 0, 0, order[i], UINT32_MAX, letters_at(vendor, i * 4),
                                   error))
                        return false;

        return true;
}

static bool add_model_id(Dump *dump, JsonObject *properties, GError **error) {
        char padded[MODEL_ID_LENGTH] = {};
        g_autofree char *id = NULL;

        if (!json_read_text(properties, "model-id", &id, error))
                return false;
        if (!id)
                return true;
        if (strlen(id) > MODEL_ID_LENGTH) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'model-id' has %zu bytes, expected at most %u", strlen(id),
                            MODEL_ID_LENGTH);
                return false;
        }

        memcpy(padded, id, strlen(id));
        for (size_t i = 0; i < MODEL_ID_LENGTH / 4; i++)
                if (!dump_set_bits(dump, 0x80000002 + i / N_REGISTERS, 0, i % N_REGISTERS,
                                   UINT32_MAX, letters_at(padded, i * 4), error))
                        return false;

        return true;
}

static bool add_tsc(Dump *dump, JsonObject *properties, GError **error) {
        uint64_t hertz = 0;

        if (!json_read_number(properties, "tsc-frequency", UINT64_MAX, &hertz, error))
                return false;

        if (dump->tsc_khz == 0)
                dump->tsc_khz = hertz / 1000;
        return true;
}

/* All bits that a name means. One name of several bits is true where all of them are set, so false
 * does not tell which one is clear. */
static bool add_feature(Dump *dump, const FeatureName *name, bool is_set, GError **error) {
        if (name->is_shared && !is_set)
                return true;

        for (; name; name = feature_name_next(name, NAME_QEMU)) {
                uint32_t bit = UINT32_C(1) << (name->bit % 32);
                uint64_t mask, value;

                if (name->is_msr) {
                        feature_name_msr_bits(name->index, name->bit, is_set, &mask, &value);
                        dump_set_msr_bits(dump, name->index, mask, value);
                } else if (!dump_set_bits(dump, name->index, name->subleaf, name->reg, bit,
                                          is_set ? bit : 0, error))
                        return false;
        }

        return true;
}

static bool is_read_elsewhere(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
                if (g_str_equal(numbers[i].name, name))
                        return true;
        for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
                if (g_str_equal(others[i], name))
                        return true;

        return false;
}

static bool add_property(Dump *dump, const char *name, JsonNode *node, GPtrArray *unknown,
                         GError **error) {
        const FeatureName *feature = feature_name_find(name, NAME_QEMU);

        if (is_read_elsewhere(name) || feature_name_is_other(name))
                return true;

        if (!feature) {
                g_ptr_array_add(unknown, (char *) name);
                return true;
        }

        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "'%s' is not true or false",
                            name);
                return false;
        }

        return add_feature(dump, feature, json_node_get_boolean(node), error);
}

/* Names come from a file, and the sentence goes to a terminal. */
static void warn_unknown(Dump *dump, const GPtrArray *names) {
        g_autoptr(GString) list = g_string_new(NULL);

        for (size_t i = 0; i < MIN(names->len, N_LISTED_MAX); i++) {
                g_autofree char *name = g_strndup(names->pdata[i], LISTED_LENGTH_MAX);

                for (char *p = name; *p; p++)
                        if (!g_ascii_isgraph(*p))
                                *p = '?';
                g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", name);
        }

        if (names->len > N_LISTED_MAX)
                g_string_append_printf(list, " and %u more", names->len - N_LISTED_MAX);
        if (names->len > 0)
                dump_warn(dump, "properties of QEMU that this program does not know: %s",
                          list->str);
}

static bool add_named(Dump *dump, JsonObject *properties, GError **error) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new();
        g_autoptr(GList) members = json_object_get_members(properties);

        for (GList *i = members; i; i = i->next)
                if (!add_property(dump, i->data, json_object_get_member(properties, i->data),
                                  unknown, error))
                        return false;

        warn_unknown(dump, unknown);
        return true;
}

bool qemu_add_properties(Dump *dump, JsonObject *properties, GError **error) {
        for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
                if (!add_number(dump, properties, &numbers[i], error))
                        return false;

        return add_versions(dump, properties, error) && add_vendor(dump, properties, error) &&
                add_model_id(dump, properties, error) && add_tsc(dump, properties, error) &&
                add_named(dump, properties, error);
}

/* Without XSAVE a guest has nothing in leaf 0xd, whatever the words of features keep for it
 * (cpu_x86_cpuid() in QEMU's target/i386/cpu.c). */
static void clear_xsave(Dump *dump) {
        uint32_t value, known = dump_get_bits(dump, 1, 0, REGISTER_ECX, &value);

        if (known & ~value & XSAVE)
                dump_set_leaf_empty(dump, 0xd);
}

void qemu_finish(Dump *dump) {
        clear_xsave(dump);
        dump_finish_bits(dump);
}
