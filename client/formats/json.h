/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the JSON forms share: reading strictly, with the place in every error */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "policy/leaf.h"
#include "policy/unknown.h"

/* Whether the text has a "schema" that begins like this ("cpuidd.guest/"), without reading it
 * all */
bool json_has_schema(const char *text, size_t n_text, const char *prefix);

/* Whether the text is an object or a list in which something has a member of this name, without
 * reading it all */
bool json_has_member(const char *text, size_t n_text, const char *name);

/* What reads a text refuses what json-glib lets through and JSON does not (comments, octal numbers,
 * several documents), numbers that it would cut off, what is nested too deep for it, and roots that
 * are no object and no list. Numbers that are whole have the type G_TYPE_INT64. */

/* The parser of a text whose root is an object with the schema @kind/N, N not above @version */
JsonParser *json_parse(const char *text, size_t n_text, const char *kind, unsigned version,
                       GError **error);
/* The root of any text: free with json_node_unref() */
JsonNode *json_parse_any(const char *text, size_t n_text, GError **error);
/* The roots of one document or of several with blanks between them: GPtrArray of JsonNode, never
 * empty. Those who write several (QEMU) write numbers of 64 bits as such: what does not fit into 63
 * is negative then. */
GPtrArray *json_parse_many(const char *text, size_t n_text, GError **error);

/* The members below are optional: one that is missing, or null, is a success that sets nothing */

/* A whole number up to @max, or text with one: "0x1f", "0b11111", "31" */
bool json_read_number(JsonObject *object, const char *name, uint64_t max, uint64_t *ret,
                      GError **error);
bool json_read_u32(JsonObject *object, const char *name, uint32_t *ret, GError **error);
bool json_read_text(JsonObject *object, const char *name, char **ret, GError **error);
bool json_read_texts(JsonObject *object, const char *name, char ***ret, GError **error);
bool json_read_object(JsonObject *object, const char *name, JsonObject **ret, GError **error);

bool json_read_list(JsonObject *object, const char *name, JsonArray **ret, GError **error);

/* These are not */
bool json_read_required_u32(JsonObject *object, const char *name, uint32_t *ret, GError **error);
bool json_read_required_text(JsonObject *object, const char *name, char **ret, GError **error);

/* An element of a list; NULL where it is no object */
JsonObject *json_list_get_object(JsonArray *list, unsigned i, GError **error);

/* An array of ENTRY; errors name the leaf */
bool json_read_table(JsonObject *object, const char *name, LeafTable **ret, GError **error);

/* "unknown", runs of places; an empty one where it is missing */
bool json_read_unknown(JsonObject *object, Unknown **ret, GError **error);

/* An object whose members are numbers: calls @add for each. @name is its own name, for messages. */
typedef bool (*JsonNumberFunc)(void *userdata, const char *key, uint64_t value, GError **error);
bool json_read_numbers(JsonObject *object, const char *name, JsonNumberFunc add, void *userdata,
                       GError **error);

/* "0x10a" or "266" in 32 bits: the names of MSRs */
bool json_parse_index(const char *key, uint32_t *ret, GError **error);
