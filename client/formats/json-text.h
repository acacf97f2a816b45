/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes JSON, in the order in which it is told: in one line, or pretty, indented by 2. Members have
 * a key; elements of arrays, and the root, have NULL for it. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/leaf.h"

typedef struct JsonText JsonText;
typedef void (*JsonTextFunc)(JsonText *json, const void *element);

JsonText *json_text_new(bool is_pretty);
JsonText *json_text_free(JsonText *json);

/* Containers */
void json_text_open_object(JsonText *json, const char *key);
void json_text_open_array(JsonText *json, const char *key);
void json_text_close(JsonText *json);

/* Values. A text that is NULL is left out; bytes that are not UTF-8 are replaced. */
void json_text_add_text(JsonText *json, const char *key, const char *text);
void json_text_add_number(JsonText *json, const char *key, uint64_t value);
void json_text_add_hex(JsonText *json, const char *key, uint64_t value);
void json_text_add_bool(JsonText *json, const char *key, bool value);
void json_text_add_null(JsonText *json, const char *key);
/* An empty list where @texts is NULL */
void json_text_add_texts(JsonText *json, const char *key, const char *const *texts);
/* Each element as @add adds it */
void json_text_add_list(JsonText *json, const char *key, const GPtrArray *elements,
                        JsonTextFunc add);
/* As ENTRY each */
void json_text_add_table(JsonText *json, const char *key, const LeafTable *table);
void json_text_add_row(JsonText *json, const Leaf *row);
/* "0x10a": "0x400000000c08e0eb" */
void json_text_add_msr(JsonText *json, uint32_t index, uint64_t value);

/* The text, without a newline at its end; frees @json */
char *json_text_finish(JsonText *json);

/* Several documents: one alone as itself, more as an array, or if not pretty one a line */
char *json_text_several(const GPtrArray *elements, bool is_pretty, JsonTextFunc add);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonText, json_text_free)
