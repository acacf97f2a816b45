/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers of QEMU in files, as they came over QMP: one JSON document or several, one after the
 * other, with or without {"return": ...} around them. Lists of CPU models and whatever else a
 * session has are passed over, its commands and what qmp-shell says between them, too; a file
 * without any answer about one CPU is refused. */

#include "client/formats/qemu.h"

#include <string.h>

#include "client/formats/json.h"

/* The answers about one CPU that a file has; the first of each kind counts */
typedef struct Answers {
        JsonArray *words;
        JsonObject *properties;
        unsigned n_words;
        unsigned n_properties;
        bool has_models;    /* query-cpu-definitions */
        JsonObject *single; /* properties that were asked for one by one, or NULL */
        const char *asked;  /* the property that the command before the answer asks for, or NULL */
        char *failure;      /* the first thing that QEMU refused, or NULL */
} Answers;

static void answers_done(Answers *answers) {
        g_clear_pointer(&answers->single, json_object_unref);
        g_free(answers->failure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answers, answers_done)

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

/* A session may have been refused something before it was answered. */
static bool note_failure(Answers *answers, JsonObject *failure, GError **error) {
        g_autofree char *why = NULL;

        if (!json_read_text(failure, "desc", &why, error))
                return false;
        if (!answers->failure)
                answers->failure = g_strdup(why ?: "an error");
        return true;
}

static const char *member_text(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* qom-get tells of any object; these are properties of no other than a CPU. */
static void add_single(Answers *answers, const char *name, JsonNode *value) {
        static const char *const names[] = { "family", "model", "stepping", "model-id", NULL };

        if (!name || !g_strv_contains(names, name))
                return;
        if (!answers->single)
                answers->single = json_object_new();
        if (!json_object_has_member(answers->single, name))
                json_object_set_member(answers->single, name, json_node_copy(value));
}

/* @name: of the property that it is, or NULL. What was filtered looks like what a guest has. */
static void find_in_node(Answers *answers, const char *name, JsonNode *node) {
        if (g_strcmp0(name, "filtered-features") == 0)
                return;

        if (JSON_NODE_HOLDS_ARRAY(node))
                find_in_list(answers, json_node_get_array(node));
        else if (JSON_NODE_HOLDS_OBJECT(node))
                find_in_object(answers, json_node_get_object(node));
        else if (JSON_NODE_HOLDS_VALUE(node))
                add_single(answers, name, node);
}

/* Answers do not tell what was asked for, but commands before them do, and the names that people
 * give to both. */
static bool find_answer(Answers *answers, JsonNode *node, GError **error) {
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        JsonObject *failure = object ? member_object(object, "error") : NULL;
        const char *asked = answers->asked;

        if (object && json_object_has_member(object, "execute")) {
                JsonObject *arguments = member_object(object, "arguments");

                answers->asked = arguments ? member_text(arguments, "property") : NULL;
                return true;
        }

        if (failure) {
                answers->asked = NULL;
                return note_failure(answers, failure, error);
        }
        if (object && json_object_has_member(object, "return")) {
                answers->asked = NULL;
                find_in_node(answers, asked ?: member_text(object, "id"),
                             json_object_get_member(object, "return"));
                return true;
        }

        find_in_node(answers, NULL, node);
        return true;
}

static bool check_answers(const Answers *answers, Dump *dump, GError **error) {
        if (!answers->words && !answers->properties && answers->failure) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "QEMU refused to answer: %.160s", answers->failure);
                return false;
        }
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

static bool begins_with(const char *text, const char *end, const char *what) {
        return (size_t) (end - text) >= strlen(what) && memcmp(text, what, strlen(what)) == 0;
}

/* A line that qmp-shell writes beside the answers. No line within a JSON document begins like
 * one. */
static bool is_talk(const char *line, const char *end) {
        return begins_with(line, end, "(QEMU)") || begins_with(line, end, "Welcome to the QMP") ||
                begins_with(line, end, "Connected to QEMU");
}

/* The text with blanks for such lines, so that places in it stay what they are; NULL: it has
 * none at its beginning, and is no session of qmp-shell */
static char *blank_talk(const char *text, size_t n_text) {
        const char *start = text, *end = text + n_text;
        char *copy;

        while (start < end && g_ascii_isspace(*start))
                start++;
        if (!is_talk(start, end))
                return NULL;

        copy = g_memdup2(text, n_text);
        for (char *line = copy, *copy_end = copy + n_text; line && line < copy_end;) {
                char *newline = memchr(line, '\n', copy_end - line);

                if (is_talk(line, copy_end))
                        memset(line, ' ', (newline ? newline : copy_end) - line);
                line = newline ? newline + 1 : NULL;
        }

        return copy;
}

static bool read_qemu(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        g_autofree char *copy = blank_talk(text, n_text);
        g_autoptr(GPtrArray) roots = json_parse_many(copy ?: text, n_text, error);
        g_autoptr(Dump) dump = dump_new();
        g_auto(Answers) answers = {};

        (void) options;
        if (!roots)
                return false;

        for (size_t i = 0; i < roots->len; i++)
                if (!find_answer(&answers, roots->pdata[i], error))
                        return false;

        if (!check_answers(&answers, dump, error) ||
            (answers.words && !qemu_add_feature_words(dump, answers.words, error)) ||
            (answers.properties && !qemu_add_properties(dump, answers.properties, error)) ||
            (!answers.properties && answers.single &&
             !qemu_add_properties(dump, answers.single, error)))
                return false;

        qemu_finish(dump);
        ret->dump = g_steal_pointer(&dump);
        return true;
}

/* Lists of models and sessions without an answer, too: to say in a sentence why they do not do */
static bool looks_like(const char *all, size_t n_text) {
        static const char *const members[] = { "cpuid-input-eax",      "props", "min-xlevel",
                                               "unavailable-features", "QMP",   NULL };
        g_autofree char *copy = blank_talk(all, n_text);
        const char *text = copy ?: all;

        for (size_t i = 0; members[i]; i++)
                if (json_has_member(text, n_text, members[i]))
                        return true;

        return json_has_member(text, n_text, "error") && json_has_member(text, n_text, "desc");
}

const Format format_qemu = {
        .name = "qemu",
        .description = "what QEMU answers about a CPU over QMP; written: a -cpu option",
        .looks_like = looks_like,
        .read = read_qemu,
        .write = qemu_write_line,
        .has_model = true,
};
