/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers of QEMU in files, as they came over QMP: one JSON document or several, one after the
 * other, with or without {"return": ...} around them. Lists of CPU models and whatever else a
 * session has are passed over; a file without any answer about one CPU is refused. */

#include "client/formats/qemu.h"

#include "client/formats/json.h"

/* The answers about one CPU that a file has; the first of each kind counts */
typedef struct Answers {
        JsonArray *words;
        JsonObject *properties;
        unsigned n_words;
        unsigned n_properties;
        bool has_models; /* query-cpu-definitions */
} Answers;

static JsonObject *member_object(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void add_words(Answers *answers, JsonArray *words) {
        if (!answers->words)
                answers->words = words;
        answers->n_words++;
}

static void add_properties(Answers *answers, JsonObject *properties) {
        if (!answers->properties)
                answers->properties = properties;
        answers->n_properties++;
}

static void find_in_list(Answers *answers, JsonArray *list) {
        JsonNode *first;

        if (json_array_get_length(list) == 0)
                return;

        first = json_array_get_element(list, 0);
        if (!JSON_NODE_HOLDS_OBJECT(first))
                return;
        if (json_object_has_member(json_node_get_object(first), "cpuid-register"))
                add_words(answers, list);
        if (json_object_has_member(json_node_get_object(first), "typename"))
                answers->has_models = true;
}

/* The answer itself: an expansion, or the properties of a CPU object. The words can be among
 * them. */
static void find_in_object(Answers *answers, JsonObject *object) {
        JsonNode *words = json_object_get_member(object, "feature-words");
        JsonObject *model = member_object(object, "model");
        JsonObject *properties = model ? member_object(model, "props") : NULL;

        if (words && JSON_NODE_HOLDS_ARRAY(words))
                find_in_list(answers, json_node_get_array(words));
        if (!properties)
                properties = member_object(object, "props");
        if (!properties && json_object_has_member(object, "family"))
                properties = object;
        if (properties)
                add_properties(answers, properties);
}

static bool find_answer(Answers *answers, JsonNode *node, GError **error) {
        JsonObject *failure = NULL;
        g_autofree char *why = NULL;

        if (JSON_NODE_HOLDS_OBJECT(node)) {
                JsonObject *object = json_node_get_object(node);

                failure = member_object(object, "error");
                if (json_object_has_member(object, "return"))
                        node = json_object_get_member(object, "return");
        }

        if (failure) {
                if (!json_read_text(failure, "desc", &why, error))
                        return false;
                g_strdelimit(why ?: (why = g_strdup("an error")), "\n\r\t", ' ');
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "QEMU refused to answer: %.160s", why);
                return false;
        }

        if (JSON_NODE_HOLDS_ARRAY(node))
                find_in_list(answers, json_node_get_array(node));
        else if (JSON_NODE_HOLDS_OBJECT(node))
                find_in_object(answers, json_node_get_object(node));
        return true;
}

static bool check_answers(const Answers *answers, Dump *dump, GError **error) {
        if (!answers->words && !answers->properties) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "%s, expected an answer to query-cpu-model-expansion or the "
                            "feature-words of a CPU",
                            answers->has_models ? "has nothing but QEMU's list of CPU models" :
                                                  "has no answer of QEMU about a CPU");
                return false;
        }

        if (answers->n_words > 1)
                dump_warn(dump, "of %u lists of feature words the first is taken",
                          answers->n_words);
        if (answers->n_properties > 1)
                dump_warn(dump, "of %u CPUs' properties the first are taken",
                          answers->n_properties);
        return true;
}

static bool read_qemu(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        g_autoptr(GPtrArray) roots = json_parse_many(text, n_text, error);
        g_autoptr(Dump) dump = dump_new();
        Answers answers = {};

        (void) options;
        if (!roots)
                return false;

        for (size_t i = 0; i < roots->len; i++)
                if (!find_answer(&answers, roots->pdata[i], error))
                        return false;

        if (!check_answers(&answers, dump, error) ||
            (answers.words && !qemu_add_feature_words(dump, answers.words, error)) ||
            (answers.properties && !qemu_add_properties(dump, answers.properties, error)))
                return false;

        qemu_finish(dump);
        ret->dump = g_steal_pointer(&dump);
        return true;
}

/* Lists of models, too: to say in a sentence why they do not do */
static bool looks_like(const char *text, size_t n_text) {
        return json_has_member(text, n_text, "cpuid-input-eax") ||
                json_has_member(text, n_text, "props") ||
                json_has_member(text, n_text, "min-xlevel") ||
                json_has_member(text, n_text, "unavailable-features");
}

const Format format_qemu = {
        .name = "qemu",
        .description = "what QEMU answers about a CPU over QMP; written: a -cpu option",
        .looks_like = looks_like,
        .read = read_qemu,
        .write = qemu_write_line,
        .has_model = true,
};
