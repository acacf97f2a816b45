/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* XML for the forms that are made of it: GLib's parser, with bounds and with the place in every
 * error */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* No form is nested like this */
#define XML_DEPTH_MAX 64

/* One start tag; both lists are ended by NULL */
typedef struct XmlTag {
        const char *name;
        const char **names;
        const char **values;
} XmlTag;

typedef struct Xml Xml;

/* Each may be NULL */
typedef struct XmlHandlers {
        bool (*start)(Xml *xml, const XmlTag *tag, GError **error);
        bool (*end)(Xml *xml, const char *name, GError **error);
} XmlHandlers;

struct Xml {
        void *userdata;
        unsigned depth; /* of the element that starts or ends: 1 is the root */
        bool has_root;
        GString *text; /* since the tag before, without blanks around it */

        const XmlHandlers *handlers;
        GMarkupParseContext *context;
        const char *document;
        size_t n_document;
};

/* One document. Refuses what is not well-formed, not whole, or nested deeper than XML_DEPTH_MAX.
 * Entities are XML's own five, and no document type is followed. */
bool xml_parse(const char *text, size_t n_text, const XmlHandlers *handlers, void *userdata,
               GError **error);

/* For handlers. "line 3, column 7: " and the message; returns false. */
bool xml_set_error(const Xml *xml, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
unsigned xml_line(const Xml *xml);

/* NULL where there is no such attribute */
const char *xml_attribute(const XmlTag *tag, const char *name);
/* As a C compiler reads it: 0x1f, 31, 037 */
bool xml_parse_u32(const char *text, uint32_t *ret);

/* Whether the text is XML and has the start tag of such an element somewhere, as far as can be
 * told without reading it */
bool xml_has_element(const char *text, size_t n_text, const char *name);
