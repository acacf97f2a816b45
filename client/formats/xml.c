/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all XML forms settle in one way: the text is UTF-8 and one well-formed document, its depth
 * is bounded, an attribute is there once, and errors are sentences of ours with line and column. */

#include "client/formats/xml.h"

#include <errno.h>
#include <string.h>

#include "client/formats/format.h"

#define BOM "\xef\xbb\xbf"

/* More of one element are noise, and looked through one by one */
#define ATTRIBUTES_MAX 64

/* Longer messages are cut off */
#define MESSAGE_MAX 300

/* GLib's messages, and ours, quote the text, which may be anything and of any length. */
static char *make_sentence(const char *message) {
        g_autoptr(GString) sentence = g_string_new(message);

        g_string_replace(sentence, "\xe2\x80\x9c", "'", 0);
        g_string_replace(sentence, "\xe2\x80\x9d", "'", 0);
        for (size_t i = 0; i < sentence->len; i++)
                if (g_ascii_iscntrl(sentence->str[i]))
                        sentence->str[i] = ' ';

        if (sentence->len > MESSAGE_MAX) {
                const char *end = sentence->str + MESSAGE_MAX;

                g_string_truncate(sentence,
                                  g_utf8_find_prev_char(sentence->str, end) - sentence->str);
                g_string_append(sentence, "...");
        }

        return g_string_free(g_steal_pointer(&sentence), FALSE);
}

static bool set_error_at(unsigned line, unsigned column, const char *message, GError **error) {
        g_autofree char *sentence = make_sentence(message);

        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "line %u, column %u: %s", line,
                    column, sentence);
        return false;
}

/* GLib has gone past the tag, and past the newline behind it. */
static void get_position(const Xml *xml, int *ret_line, int *ret_column) {
        g_markup_parse_context_get_position(xml->context, ret_line, ret_column);
        if (*ret_column > 1 || *ret_line == 1)
                return;

        *ret_line -= 1;
        *ret_column = 0;
}

/* How many characters a line has */
static int measure_line(const Xml *xml, int number) {
        const char *start = xml->document, *end = xml->document + xml->n_document, *newline;

        while (--number > 0 && (newline = memchr(start, '\n', end - start)))
                start = newline + 1;

        newline = memchr(start, '\n', end - start);
        return g_utf8_strlen(start, (newline ? newline : end) - start);
}

bool xml_set_error(const Xml *xml, GError **error, const char *format, ...) {
        g_autofree char *message = NULL;
        int line, column;
        va_list arguments;

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        get_position(xml, &line, &column);
        return set_error_at(line, column > 0 ? column : measure_line(xml, line), message, error);
}

unsigned xml_line(const Xml *xml) {
        int line, column;

        get_position(xml, &line, &column);
        return line;
}

const char *xml_attribute(const XmlTag *tag, const char *name) {
        for (size_t i = 0; tag->names[i]; i++)
                if (g_str_equal(tag->names[i], name))
                        return tag->values[i];

        return NULL;
}

bool xml_parse_u32(const char *text, uint32_t *ret) {
        uint64_t value;
        char *end;

        /* Neither blanks nor a sign */
        if (!g_ascii_isdigit(text[0]))
                return false;

        errno = 0;
        value = g_ascii_strtoull(text, &end, 0);
        if (errno != 0 || *end || value > UINT32_MAX)
                return false;

        *ret = value;
        return true;
}

static bool check_attributes(const Xml *xml, const XmlTag *tag, GError **error) {
        for (size_t i = 0; tag->names[i]; i++) {
                if (i >= ATTRIBUTES_MAX)
                        return xml_set_error(xml, error,
                                             "<%s> has more than %u attributes, expected no more",
                                             tag->name, ATTRIBUTES_MAX);

                for (size_t j = 0; j < i; j++)
                        if (g_str_equal(tag->names[i], tag->names[j]))
                                return xml_set_error(xml, error, "<%s> has '%s' twice", tag->name,
                                                     tag->names[i]);
        }

        return true;
}

static void start_element(GMarkupParseContext *context, const char *name, const char **names,
                          const char **values, void *userdata, GError **error) {
        const XmlTag tag = { name, names, values };
        Xml *xml = userdata;

        (void) context;
        g_strstrip(xml->text->str);
        if (xml->depth == 0 && xml->has_root) {
                xml_set_error(xml, error, "<%s> after the end, expected one document", name);
                return;
        }
        if (xml->depth >= XML_DEPTH_MAX) {
                xml_set_error(xml, error, "nested deeper than %u elements, expected no more",
                              XML_DEPTH_MAX);
                return;
        }
        if (!check_attributes(xml, &tag, error))
                return;

        xml->has_root = true;
        xml->depth++;
        if (xml->handlers->start && !xml->handlers->start(xml, &tag, error))
                return;
        g_string_truncate(xml->text, 0);
}

static void end_element(GMarkupParseContext *context, const char *name, void *userdata,
                        GError **error) {
        Xml *xml = userdata;

        (void) context;
        g_strstrip(xml->text->str);
        if (xml->handlers->end && !xml->handlers->end(xml, name, error))
                return;

        xml->depth--;
        g_string_truncate(xml->text, 0);
}

static void add_text(GMarkupParseContext *context, const char *text, gsize n_text, void *userdata,
                     GError **error) {
        Xml *xml = userdata;

        (void) context;
        (void) error;
        g_string_append_len(xml->text, text, n_text);
}

static bool check_utf8(const char *text, size_t n_text, GError **error) {
        const char *end, *start = text;
        unsigned line = 1;

        if (g_utf8_validate(text, n_text, &end))
                return true;

        for (const char *p = text; p < end; p++)
                if (*p == '\n') {
                        line++;
                        start = p + 1;
                }

        return set_error_at(line, end - start + 1, "a byte that is not text, expected UTF-8",
                            error);
}

static bool set_error_empty(GError **error) {
        g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT, "is empty, expected XML");
        return false;
}

/* GLib says the place in a way of its own, and maybe in another language. */
static bool set_error_of_parser(const Xml *xml, const GError *cause, GError **error) {
        const char *message = cause->message, *place = strstr(message, ": ");
        g_autofree char *sentence = NULL, *lower = NULL;
        int line, column;

        if (cause->code == G_MARKUP_ERROR_EMPTY)
                return set_error_empty(error);

        if (place && place > message && g_ascii_isdigit(place[-1]))
                message = place + 2;
        lower = g_strdup(message);
        lower[0] = g_ascii_tolower(lower[0]);
        sentence = g_strdup_printf("is not well-formed XML, or cut off: %s", lower);
        g_markup_parse_context_get_position(xml->context, &line, &column);
        return set_error_at(line, column, sentence, error);
}

static bool parse(Xml *xml, const char *text, size_t n_text, GError **error) {
        g_autoptr(GError) cause = NULL;

        if (g_markup_parse_context_parse(xml->context, text, n_text, &cause) &&
            g_markup_parse_context_end_parse(xml->context, &cause))
                /* Comments alone are well-formed to GLib. */
                return xml->has_root || set_error_empty(error);

        if (cause->domain == G_MARKUP_ERROR)
                return set_error_of_parser(xml, cause, error);

        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
}

bool xml_parse(const char *text, size_t n_text, const XmlHandlers *handlers, void *userdata,
               GError **error) {
        static const GMarkupParser parser = {
                .start_element = start_element,
                .end_element = end_element,
                .text = add_text,
        };
        g_autoptr(GMarkupParseContext) context = NULL;
        Xml xml = { .userdata = userdata, .handlers = handlers };
        bool is_read;

        if (n_text >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0) {
                text += strlen(BOM);
                n_text -= strlen(BOM);
        }
        if (!check_utf8(text, n_text, error))
                return false;

        context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &xml, NULL);
        xml.context = context;
        xml.document = text;
        xml.n_document = n_text;
        xml.text = g_string_new(NULL);
        is_read = parse(&xml, text, n_text, error);
        g_string_free(xml.text, TRUE);
        return is_read;
}

static bool ends_name(char c) {
        return g_ascii_isspace(c) || c == '>' || c == '/';
}

bool xml_has_element(const char *text, size_t n_text, const char *name) {
        const char *end = text + n_text;
        size_t n_name = strlen(name);

        if (n_text >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0)
                text += strlen(BOM);
        while (text < end && g_ascii_isspace(*text))
                text++;
        if (text == end || *text != '<')
                return false;

        for (; text; text = memchr(text, '<', end - text)) {
                text++;
                if ((size_t) (end - text) > n_name && memcmp(text, name, n_name) == 0 &&
                    ends_name(text[n_name]))
                        return true;
        }

        return false;
}
