/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads index.xml and the files that it includes for x86, all of them from one directory: names of
 * files with a directory are refused, and so are a map or a file without bounds. What libvirt's
 * newer versions may add beside features is passed over. */

#include "client/formats/cpu-map.h"

#include <string.h>

#include "client/formats/file.h"
#include "client/formats/format.h"
#include "client/formats/libvirt-xml.h"
#include "client/formats/xml.h"

#define INDEX "index.xml"

/* Far more than there are */
#define FILES_MAX 1024
#define ENTRIES_MAX 65536

struct CpuMap {
        GHashTable *models;   /* name -> CpuMapModel */
        GPtrArray *order;     /* CpuMapModel, as they were read */
        GHashTable *features; /* name -> GArray of CpuMapBits */
        GHashTable *vendors;  /* name -> string */
        unsigned n_entries;
};

/* One file; an element's own things hang on the one around it */
typedef struct Reading {
        CpuMap *map;
        GPtrArray *includes; /* names of files; NULL in what is included */
        bool is_other;       /* inside another architecture */
        CpuMapModel *model;  /* inside it; the map's */
        GArray *feature;     /* the same */
        unsigned depth;      /* of the model or feature that is open */
        unsigned arch_depth; /* of the other architecture */
} Reading;

static void model_free(void *p) {
        CpuMapModel *model = p;

        g_free(model->name);
        g_free(model->ancestor);
        g_ptr_array_unref(model->features);
        g_ptr_array_unref(model->undecided);
        g_free(model);
}

static void bits_free(void *p) {
        g_array_unref(p);
}

CpuMap *cpu_map_free(CpuMap *map) {
        if (!map)
                return NULL;

        g_hash_table_unref(map->models);
        g_ptr_array_unref(map->order);
        g_hash_table_unref(map->features);
        g_hash_table_unref(map->vendors);
        g_free(map);
        return NULL;
}

static bool count_entry(Xml *xml, GError **error) {
        Reading *reading = xml->userdata;

        return ++reading->map->n_entries <= ENTRIES_MAX ||
                xml_set_error(xml, error, "more than %u entries, expected a map of CPUs",
                              ENTRIES_MAX);
}

static const char *require(Xml *xml, const XmlTag *tag, const char *name, GError **error) {
        const char *value = xml_attribute(tag, name);

        if (!value || !*value)
                xml_set_error(xml, error, "<%s> has no '%s', expected one", tag->name, name);
        return value && *value ? value : NULL;
}

static bool read_include(Xml *xml, const XmlTag *tag, GError **error) {
        const char *filename = require(xml, tag, "filename", error);
        Reading *reading = xml->userdata;

        if (!filename)
                return false;
        if (strchr(filename, '/') || filename[0] == '.')
                return xml_set_error(xml, error,
                                     "includes '%s', expected a file of the same "
                                     "directory",
                                     filename);
        if (!reading->includes)
                return xml_set_error(xml, error, "includes '%s', expected in " INDEX " only",
                                     filename);
        if (reading->includes->len >= FILES_MAX)
                return xml_set_error(xml, error, "includes more than %u files, expected no more",
                                     FILES_MAX);

        g_ptr_array_add(reading->includes, g_strdup(filename));
        return true;
}

static bool read_vendor(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = require(xml, tag, "name", error);
        const char *string = name ? require(xml, tag, "string", error) : NULL;
        Reading *reading = xml->userdata;

        if (!string)
                return false;
        if (strlen(string) != 12)
                return xml_set_error(xml, error, "the vendor is '%s', expected 12 characters",
                                     string);

        g_hash_table_insert(reading->map->vendors, g_strdup(name), g_strdup(string));
        return true;
}

static bool open_feature(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = require(xml, tag, "name", error);
        Reading *reading = xml->userdata;

        if (!name)
                return false;

        reading->feature = g_array_new(FALSE, FALSE, sizeof(CpuMapBits));
        reading->depth = xml->depth;
        g_hash_table_insert(reading->map->features, g_strdup(name), reading->feature);
        return true;
}

static bool open_model(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = require(xml, tag, "name", error);
        Reading *reading = xml->userdata;

        if (!name)
                return false;
        if (g_hash_table_contains(reading->map->models, name))
                return xml_set_error(xml, error, "the model '%s' is there twice", name);

        reading->model = g_new0(CpuMapModel, 1);
        reading->model->name = g_strdup(name);
        reading->model->features = g_ptr_array_new_with_free_func(g_free);
        reading->model->undecided = g_ptr_array_new_with_free_func(g_free);
        reading->depth = xml->depth;
        g_hash_table_insert(reading->map->models, reading->model->name, reading->model);
        g_ptr_array_add(reading->map->order, reading->model);
        return true;
}

static bool read_bits(Xml *xml, const XmlTag *tag, GError **error) {
        Reading *reading = xml->userdata;
        CpuMapBits bits = { .is_msr = g_str_equal(tag->name, "msr") };
        uint64_t value;

        if (!bits.is_msr && !libvirt_read_cpuid(xml, tag, &bits.row, error))
                return false;
        if (bits.is_msr) {
                if (!libvirt_read_msr(xml, tag, &bits.row.leaf, &value, error))
                        return false;
                bits.row.registers[REGISTER_EAX] = value;
                bits.row.registers[REGISTER_EDX] = value >> 32;
        }

        g_array_append_val(reading->feature, bits);
        return true;
}

static bool is_yes(const XmlTag *tag, const char *name) {
        const char *value = xml_attribute(tag, name);

        return value && g_str_equal(value, "yes");
}

/* What QEMU has taken out of a model, or put in, some guests of it have and some have not. */
static bool read_model_feature(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = require(xml, tag, "name", error);
        Reading *reading = xml->userdata;
        bool is_undecided = is_yes(tag, "removed") || is_yes(tag, "added");

        if (!name)
                return false;

        g_ptr_array_add(is_undecided ? reading->model->undecided : reading->model->features,
                        g_strdup(name));
        return true;
}

static bool read_ancestor(Xml *xml, const XmlTag *tag, GError **error) {
        const char *name = require(xml, tag, "name", error);
        Reading *reading = xml->userdata;

        if (!name)
                return false;
        if (reading->model->ancestor)
                return xml_set_error(xml, error, "the model '%s' has two ancestors",
                                     reading->model->name);

        reading->model->ancestor = g_strdup(name);
        return true;
}

static bool start_inside(Xml *xml, const XmlTag *tag, GError **error) {
        const Reading *reading = xml->userdata;

        if (xml->depth != reading->depth + 1)
                return true;
        if (reading->feature)
                return !(g_str_equal(tag->name, "cpuid") || g_str_equal(tag->name, "msr")) ||
                        read_bits(xml, tag, error);
        if (g_str_equal(tag->name, "feature"))
                return read_model_feature(xml, tag, error);
        return !g_str_equal(tag->name, "model") || read_ancestor(xml, tag, error);
}

static bool start(Xml *xml, const XmlTag *tag, GError **error) {
        Reading *reading = xml->userdata;

        if (!count_entry(xml, error))
                return false;
        if (xml->depth == 1)
                return g_str_equal(tag->name, "cpus") ||
                        xml_set_error(xml, error, "<%s>, expected <cpus>", tag->name);
        if (reading->is_other)
                return true;
        if (reading->model || reading->feature)
                return start_inside(xml, tag, error);

        if (g_str_equal(tag->name, "arch")) {
                const char *name = require(xml, tag, "name", error);

                reading->is_other = name && !g_str_equal(name, "x86");
                reading->arch_depth = xml->depth;
                return name != NULL;
        }
        if (g_str_equal(tag->name, "include"))
                return read_include(xml, tag, error);
        if (g_str_equal(tag->name, "vendor"))
                return read_vendor(xml, tag, error);
        if (g_str_equal(tag->name, "feature"))
                return open_feature(xml, tag, error);
        return !g_str_equal(tag->name, "model") || open_model(xml, tag, error);
}

static bool end(Xml *xml, const char *name, GError **error) {
        Reading *reading = xml->userdata;

        (void) name;
        (void) error;
        if (reading->is_other)
                reading->is_other = xml->depth != reading->arch_depth;
        else if (xml->depth == reading->depth) {
                reading->model = NULL;
                reading->feature = NULL;
        }
        return true;
}

/* @includes: NULL in what is included */
static bool read_file(CpuMap *map, const char *directory, const char *name, GPtrArray *includes,
                      GError **error) {
        static const XmlHandlers handlers = { .start = start, .end = end };
        g_autofree char *path = g_build_filename(directory, name, NULL);
        Reading reading = { .map = map, .includes = includes };
        g_autofree char *text = NULL;
        size_t n_text;

        if (file_read(path, &text, &n_text, error) &&
            xml_parse(text, n_text, &handlers, &reading, error))
                return true;

        g_prefix_error(error, "%s: ", path);
        return false;
}

CpuMap *cpu_map_new(const char *directory, GError **error) {
        g_autoptr(GPtrArray) includes = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(CpuMap) map = g_new0(CpuMap, 1);

        map->models = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, model_free);
        map->order = g_ptr_array_new();
        map->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, bits_free);
        map->vendors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        if (!read_file(map, directory, INDEX, includes, error))
                return NULL;
        for (size_t i = 0; i < includes->len; i++)
                if (!read_file(map, directory, includes->pdata[i], NULL, error))
                        return NULL;

        return g_steal_pointer(&map);
}

const CpuMapModel *cpu_map_find_model(const CpuMap *map, const char *name) {
        return g_hash_table_lookup(map->models, name);
}

size_t cpu_map_n_models(const CpuMap *map) {
        return map->order->len;
}

static size_t count_same(const char *one, const char *other) {
        size_t n = 0;

        while (one[n] && g_ascii_tolower(one[n]) == g_ascii_tolower(other[n]))
                n++;
        return n;
}

char *cpu_map_list_like(const CpuMap *map, const char *name) {
        g_autoptr(GString) names = g_string_new(NULL);
        size_t most = 3;

        for (size_t i = 0; i < map->order->len; i++) {
                const CpuMapModel *model = map->order->pdata[i];
                size_t n = count_same(model->name, name);

                if (n < most)
                        continue;
                if (n > most)
                        g_string_truncate(names, 0);
                most = n;
                g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", model->name);
        }

        return g_string_free(g_steal_pointer(&names), FALSE);
}

const GArray *cpu_map_find_feature(const CpuMap *map, const char *name) {
        return g_hash_table_lookup(map->features, name);
}

GHashTable *cpu_map_features(const CpuMap *map) {
        return map->features;
}

const char *cpu_map_find_vendor(const CpuMap *map, const char *name) {
        return g_hash_table_lookup(map->vendors, name);
}
