/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From text to json-glib's objects. The text is looked through first, because json-glib reads
 * more than JSON, calls itself for each level of nesting, and gives 64-bit numbers no error when
 * they do not fit. */

#include "client/formats/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/formats/format.h"

/* Our deepest form has five */
#define DEPTH_MAX 64

/* Longer quotes of the input are cut off in messages */
#define MESSAGE_MAX 160

typedef struct Scan {
        const char *text;
        const char *end;
        const char *p;
        unsigned depth;
        bool is_over; /* the root has ended */
} Scan;

static bool set_error_at(const Scan *scan, const char *message, GError **error) {
        const char *line = scan->text;
        unsigned n_lines = 1;

        for (const char *p = scan->text; p < scan->p; p++)
                if (*p == '\n') {
                        n_lines++;
                        line = p + 1;
                }

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u, column %u: %s", n_lines,
                    (unsigned) (scan->p - line) + 1, message);
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
        const char *digits = scan->p + (*scan->p == '-');
        char *end;

        /* json-glib takes 010 for octal, hence for 8. */
        if (digits[0] == '0' && g_ascii_isdigit(digits[1]))
                return set_error_at(scan, "a number that begins with 0", error);

        errno = 0;
        if (g_ascii_strtoull(digits, &end, 10) > INT64_MAX || errno == ERANGE)
                return set_error_at(
                        scan, "a number that is too large, expected it as text: \"0x...\"", error);

        scan->p = MAX((const char *) end, scan->p + 1);
        return true;
}

static bool scan_word(Scan *scan, GError **error) {
        const char *p = scan->p;

        while (p < scan->end && (g_ascii_isalnum(*p) || strchr("+-._", *p)))
                p++;
        if (p == scan->p)
                return set_error_at(scan, "a character that JSON does not have here", error);

        scan->p = p;
        return true;
}

static bool scan_bracket(Scan *scan, GError **error) {
        bool is_open = *scan->p == '{' || *scan->p == '[';

        if (is_open && ++scan->depth > DEPTH_MAX)
                return set_error_at(scan, "nested too deep", error);
        if (!is_open && scan->depth == 0)
                return set_error_at(scan, "a bracket that was not opened", error);
        if (!is_open && --scan->depth == 0)
                scan->is_over = true;

        scan->p++;
        return true;
}

static bool scan(const char *text, size_t n_text, GError **error) {
        Scan scan = { .text = text, .end = text + n_text, .p = text };

        while (scan.p < scan.end) {
                char c = *scan.p;
                bool ok = true;

                if (strchr(" \t\r\n,:", c) && c != '\0')
                        scan.p++;
                else if (scan.is_over)
                        ok = set_error_at(&scan, "more text after the end of the JSON object",
                                          error);
                else if (strchr("{}[]", c) && c != '\0')
                        ok = scan_bracket(&scan, error);
                else if (c == '"')
                        ok = scan_string(&scan, error);
                else if (c == '-' || g_ascii_isdigit(c))
                        ok = scan_number(&scan, error);
                else
                        ok = scan_word(&scan, error);
                if (!ok)
                        return false;
        }

        return true;
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

/* json-glib's "<data>:LINE:COLUMN: Parse error: TEXT" in our words, in one line */
static void set_error_parse(const GError *cause, GError **error) {
        unsigned line = 0, column = 0;
        int n = 0;
        const char *text = cause->message;
        g_autofree char *shown = NULL;

        if (sscanf(text, "<data>:%u:%u: Parse error: %n", &line, &column, &n) == 2 && n > 0)
                text += n;

        shown = g_utf8_make_valid(text, MIN(strlen(text), MESSAGE_MAX));
        g_strdelimit(shown, "\n\r\t", ' ');
        if (line > 0)
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u, column %u: %s",
                            line, column, shown);
        else
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "is not JSON: %s", shown);
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
        g_autoptr(JsonParser) parser = NULL;
        g_autoptr(GError) local_error = NULL;
        JsonNode *root;

        if (!g_utf8_validate(text, n_text, NULL)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is not UTF-8, expected JSON");
                return NULL;
        }

        if (!scan(text, n_text, error))
                return NULL;

        parser = json_parser_new_immutable();
        if (!json_parser_load_from_data(parser, text, n_text, &local_error)) {
                set_error_parse(local_error, error);
                return NULL;
        }

        root = json_parser_get_root(parser);
        if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "is not a JSON object");
                return NULL;
        }

        if (!check_schema(json_node_get_object(root), kind, version, error))
                return NULL;

        return g_steal_pointer(&parser);
}
