/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From text to json-glib's objects. The text is looked through first, because json-glib reads
 * more than JSON, calls itself for each level of nesting, and gives 64-bit numbers no error when
 * they do not fit. A document is an object or a list: what else JSON has is no form of ours. */

#include "client/formats/json.h"

#include <stdio.h>
#include <string.h>

#include "client/formats/format.h"

/* The deepest form that we know has about ten */
#define DEPTH_MAX 64

/* In one text: libvirt's tests keep sessions of some hundred */
#define DOCUMENTS_MAX 4096

/* Longer quotes of the input are cut off in messages */
#define MESSAGE_MAX 160

/* No 64-bit number has more digits */
#define N_DIGITS_MAX 20

typedef struct Scan {
        const char *text;
        const char *end;
        const char *p;
        unsigned depth;
        uint64_t max; /* of numbers */
} Scan;

/* Line and column of a place in the text, from 1 on */
static void scan_locate(const Scan *scan, const char *place, unsigned *ret_line,
                        unsigned *ret_column) {
        const char *line = scan->text;
        unsigned n_lines = 1;

        for (const char *p = scan->text; p < place; p++)
                if (*p == '\n') {
                        n_lines++;
                        line = p + 1;
                }

        *ret_line = n_lines;
        *ret_column = place - line + 1;
}

static bool set_error_at(const Scan *scan, const char *message, GError **error) {
        unsigned line, column;

        scan_locate(scan, scan->p, &line, &column);
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u, column %u: %s", line,
                    column, message);
        return false;
}

static bool scan_string(Scan *scan, GError **error) {
        for (const char *p = scan->p + 1; p < scan->end; p++) {
                if (*p == '\\')
                        p++;
                else if (*p == '"') {
                        scan->p = p + 1;
                        return true;
                } else if ((unsigned char) *p < 0x20)
                        break;
        }

        return set_error_at(scan, "a text that does not end in its line", error);
}

static bool scan_number(Scan *scan, GError **error) {
        const char *digits = scan->p + (*scan->p == '-'), *p = digits;
        char copy[N_DIGITS_MAX + 1] = {};

        while (p < scan->end && g_ascii_isdigit(*p))
                p++;

        /* json-glib takes 010 for octal, hence for 8. */
        if (p - digits > 1 && *digits == '0')
                return set_error_at(scan, "a number that begins with 0", error);

        memcpy(copy, digits, MIN(p - digits, N_DIGITS_MAX));
        if (p - digits > N_DIGITS_MAX ||
            !g_ascii_string_to_unsigned(p > digits ? copy : "0", 10, 0, scan->max, NULL, NULL))
                return set_error_at(
                        scan, "a number that is too large, expected it as text: \"0x...\"", error);

        scan->p = MAX(p, scan->p + 1);
        return true;
}

static bool scan_word(Scan *scan, GError **error) {
        const char *p = scan->p;

        while (p < scan->end && *p && (g_ascii_isalnum(*p) || strchr("+-._", *p)))
                p++;
        if (p == scan->p)
                return set_error_at(scan, "a character that JSON does not have here", error);

        scan->p = p;
        return true;
}

static bool scan_open(Scan *scan, GError **error) {
        if (++scan->depth > DEPTH_MAX)
                return set_error_at(scan, "nested too deep", error);

        scan->p++;
        return true;
}

static bool scan_token(Scan *scan, GError **error) {
        switch (*scan->p) {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case ',':
        case ':':
                scan->p++;
                return true;
        case '{':
        case '[':
                return scan_open(scan, error);
        case '}':
        case ']':
                scan->depth--;
                scan->p++;
                return true;
        case '"':
                return scan_string(scan, error);
        default:
                return *scan->p == '-' || g_ascii_isdigit(*scan->p) ? scan_number(scan, error) :
                                                                      scan_word(scan, error);
        }
}

/* Whether there is another document */
static bool scan_blanks(Scan *scan) {
        while (scan->p < scan->end && *scan->p && strchr(" \t\r\n", *scan->p))
                scan->p++;

        return scan->p < scan->end;
}

/* Over one object or list, to behind its end */
static bool scan_document(Scan *scan, GError **error) {
        if (!scan_blanks(scan) || (*scan->p != '{' && *scan->p != '['))
                return set_error_at(scan, "expected a JSON object or list", error);

        do {
                if (scan->p == scan->end)
                        return set_error_at(scan, "the text ends inside a JSON object or list",
                                            error);
                if (!scan_token(scan, error))
                        return false;
        } while (scan->depth > 0);

        return true;
}

bool json_has_member(const char *text, size_t n_text, const char *name) {
        g_autofree char *key = g_strdup_printf("\"%s\"", name);
        Scan scan = { .text = text, .end = text + n_text, .p = text };

        if (!scan_blanks(&scan) || (*scan.p != '{' && *scan.p != '['))
                return false;

        while ((scan.p = memmem(scan.p, scan.end - scan.p, key, strlen(key)))) {
                scan.p += strlen(key);
                if (scan_blanks(&scan) && *scan.p == ':')
                        return true;
        }

        return false;
}

bool json_has_schema(const char *text, size_t n_text, const char *prefix) {
        static const char key[] = "\"schema\"";
        const char *end = text + n_text, *p = text;

        while ((p = memmem(p, end - p, key, strlen(key)))) {
                p += strlen(key);
                while (p < end && (g_ascii_isspace(*p) || *p == ':'))
                        p++;
                if (end - p > (ssize_t) strlen(prefix) && *p == '"' &&
                    memcmp(p + 1, prefix, strlen(prefix)) == 0)
                        return true;
        }

        return false;
}

/* json-glib's "<data>:LINE:COLUMN: Parse error: TEXT" in our words, in one line. Its lines are
 * counted from where the document begins. */
static void set_error_parse(const Scan *scan, const char *document, const GError *cause,
                            GError **error) {
        unsigned line = 0, column = 0, first_line, first_column;
        int n = 0;
        const char *text = cause->message;
        g_autofree char *shown = NULL;

        if (sscanf(text, "<data>:%u:%u: Parse error: %n", &line, &column, &n) == 2 && n > 0)
                text += n;

        shown = g_utf8_make_valid(text, MIN(strlen(text), MESSAGE_MAX));
        g_strdelimit(shown, "\n\r\t", ' ');
        scan_locate(scan, document, &first_line, &first_column);
        if (line > 0)
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u, column %u: %s",
                            first_line + line - 1, line > 1 ? column : first_column + column - 1,
                            shown);
        else
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "is not JSON: %s", shown);
}

/* The document at the scan's place, NULL if it is not one */
static JsonParser *parse_document(Scan *scan, GError **error) {
        g_autoptr(JsonParser) parser = NULL;
        g_autoptr(GError) local_error = NULL;
        const char *document;

        (void) scan_blanks(scan);
        document = scan->p;
        if (!scan_document(scan, error))
                return NULL;

        parser = json_parser_new_immutable();
        if (!json_parser_load_from_data(parser, document, scan->p - document, &local_error)) {
                set_error_parse(scan, document, local_error, error);
                return NULL;
        }

        return g_steal_pointer(&parser);
}

static bool check_text(const char *text, size_t n_text, GError **error) {
        if (g_utf8_validate(text, n_text, NULL))
                return true;

        g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "is not UTF-8, expected JSON");
        return false;
}

/* The parser of the only document that there is */
static JsonParser *parse_one(const char *text, size_t n_text, GError **error) {
        Scan scan = { .text = text, .end = text + n_text, .p = text, .max = INT64_MAX };
        g_autoptr(JsonParser) parser = NULL;

        if (!check_text(text, n_text, error))
                return NULL;

        parser = parse_document(&scan, error);
        if (!parser)
                return NULL;
        if (scan_blanks(&scan)) {
                (void) set_error_at(&scan, "more text after the end of the JSON document", error);
                return NULL;
        }

        return g_steal_pointer(&parser);
}

JsonNode *json_parse_any(const char *text, size_t n_text, GError **error) {
        g_autoptr(JsonParser) parser = parse_one(text, n_text, error);

        return parser ? json_parser_steal_root(parser) : NULL;
}

GPtrArray *json_parse_many(const char *text, size_t n_text, GError **error) {
        Scan scan = { .text = text, .end = text + n_text, .p = text, .max = UINT64_MAX };
        g_autoptr(GPtrArray) roots =
                g_ptr_array_new_with_free_func((GDestroyNotify) json_node_unref);

        if (!check_text(text, n_text, error))
                return NULL;

        do {
                g_autoptr(JsonParser) parser = parse_document(&scan, error);

                if (!parser)
                        return NULL;
                if (roots->len == DOCUMENTS_MAX) {
                        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "more than %u JSON documents, expected no more", DOCUMENTS_MAX);
                        return NULL;
                }
                g_ptr_array_add(roots, json_parser_steal_root(parser));
        } while (scan_blanks(&scan));

        return g_steal_pointer(&roots);
}

static bool check_schema(JsonObject *object, const char *kind, unsigned version, GError **error) {
        g_autofree char *schema = NULL;
        const char *number;
        char *end;
        uint64_t value;

        if (!json_read_text(object, "schema", &schema, error))
                return false;
        if (!schema || !g_str_has_prefix(schema, kind) || schema[strlen(kind)] != '/') {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'schema' is %s%s%s, expected %s/%u", schema ? "'" : "",
                            schema ?: "missing", schema ? "'" : "", kind, version);
                return false;
        }

        number = schema + strlen(kind) + 1;
        value = g_ascii_strtoull(number, &end, 10);
        if (!g_ascii_isdigit(*number) || *end || value == 0) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "'schema' is '%s', expected %s/%u", schema, kind, version);
                return false;
        }
        if (value > version) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "schema '%s' is newer than this program, which knows %s/%u", schema,
                            kind, version);
                return false;
        }

        return true;
}

JsonParser *json_parse(const char *text, size_t n_text, const char *kind, unsigned version,
                       GError **error) {
        g_autoptr(JsonParser) parser = parse_one(text, n_text, error);
        JsonNode *root;

        if (!parser)
                return NULL;

        root = json_parser_get_root(parser);
        if (!JSON_NODE_HOLDS_OBJECT(root)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is not a JSON object");
                return NULL;
        }

        if (!check_schema(json_node_get_object(root), kind, version, error))
                return NULL;

        return g_steal_pointer(&parser);
}
