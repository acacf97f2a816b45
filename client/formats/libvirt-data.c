/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libvirt's <cpudata>: registers and MSRs, as its tests keep them of whole machines, and as masks
 * of features (facts, formats 2). One register may be told in parts, which are put together. What
 * is not understood is refused: it may be a register that would be missing. The comment that most
 * of them begin with names the processor, which is no name for a guest. */

#include "client/formats/libvirt-data.h"

#include <string.h>

#include "client/formats/libvirt-xml.h"
#include "client/formats/mask.h"
#include "client/formats/xml.h"

/* More values that are there twice are not told of */
#define CONFLICTS_MAX 8

#define VMX_MSR_FIRST 0x480
#define VMX_MSR_LAST 0x491

#define RANGE_EXTENDED 0x80000000
#define RANGE_BASIC_LAST 0x7fffffff /* the hypervisor's with it */
#define RANGE_EXTENDED_LAST 0xbfffffff

typedef struct Reading {
        GArray *rows;     /* Leaf: one of each (leaf, sub-leaf) */
        GArray *lines;    /* unsigned: where each row stood first */
        GHashTable *msrs; /* index as pointer -> uint64_t */
        Dump *dump;
        GPtrArray *conflicts; /* sentences about registers that are there twice */
} Reading;

static void reading_done(Reading *reading) {
        g_clear_pointer(&reading->rows, g_array_unref);
        g_clear_pointer(&reading->lines, g_array_unref);
        g_clear_pointer(&reading->msrs, g_hash_table_unref);
        g_clear_pointer(&reading->dump, dump_free);
        g_clear_pointer(&reading->conflicts, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool read_root(Xml *xml, const XmlTag *tag, GError **error) {
        const char *arch = xml_attribute(tag, "arch");

        if (!g_str_equal(tag->name, "cpudata"))
                return xml_set_error(xml, error, "<%s>, expected <cpudata arch='x86'>", tag->name);
        if (arch && !g_str_equal(arch, "x86"))
                return xml_set_error(xml, error, "is of the architecture '%s', expected 'x86'",
                                     arch);
        return true;
}

/* A mask of features may be in parts; where one value is told twice it is worth a word. */
static void add_part(Reading *reading, size_t i, const Leaf *part, unsigned line) {
        Leaf *row = &g_array_index(reading->rows, Leaf, i);

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                if (row->registers[reg] && part->registers[reg] &&
                    row->registers[reg] != part->registers[reg] &&
                    reading->conflicts->len < CONFLICTS_MAX)
                        g_ptr_array_add(
                                reading->conflicts,
                                g_strdup_printf("line %u: another %s of leaf 0x%x sub-leaf %u than "
                                                "in line %u; the bits of both are taken, as "
                                                "libvirt does",
                                                line, register_to_string(reg), row->leaf,
                                                row->subleaf,
                                                g_array_index(reading->lines, unsigned, i)));
                row->registers[reg] |= part->registers[reg];
        }
}

static bool add_row(Xml *xml, const Leaf *row, GError **error) {
        Reading *reading = xml->userdata;
        unsigned line = xml_line(xml);

        for (size_t i = 0; i < reading->rows->len; i++) {
                const Leaf *other = &g_array_index(reading->rows, Leaf, i);

                if (other->leaf == row->leaf && other->subleaf == row->subleaf) {
                        add_part(reading, i, row, line);
                        return true;
                }
        }

        if (reading->rows->len >= LEAF_TABLE_MAX)
                return xml_set_error(xml, error, "more than %u rows, which no KVM takes",
                                     LEAF_TABLE_MAX);

        g_array_append_val(reading->rows, *row);
        g_array_append_val(reading->lines, line);
        return true;
}

static void add_msr(Xml *xml, uint32_t index, uint64_t value) {
        Reading *reading = xml->userdata;
        uint64_t *other = g_hash_table_lookup(reading->msrs, GUINT_TO_POINTER(index));

        if (other)
                *other |= value;
        else
                g_hash_table_insert(reading->msrs, GUINT_TO_POINTER(index),
                                    g_memdup2(&value, sizeof(value)));
}

static bool read_cpuid(Xml *xml, const XmlTag *tag, GError **error) {
        Leaf row;

        return libvirt_read_cpuid(xml, tag, &row, error) && add_row(xml, &row, error);
}

static bool read_msr(Xml *xml, const XmlTag *tag, GError **error) {
        uint64_t value;
        uint32_t index;

        if (!libvirt_read_msr(xml, tag, &index, &value, error))
                return false;

        add_msr(xml, index, value);
        return true;
}

static bool check_no_text(const Xml *xml, GError **error) {
        return !*xml->text->str ||
                xml_set_error(xml, error, "text '%s', expected <cpuid> and <msr> only",
                              xml->text->str);
}

static bool start(Xml *xml, const XmlTag *tag, GError **error) {
        if (!check_no_text(xml, error))
                return false;
        if (xml->depth == 1)
                return read_root(xml, tag, error);
        if (xml->depth == 2 && g_str_equal(tag->name, "cpuid"))
                return read_cpuid(xml, tag, error);
        if (xml->depth == 2 && g_str_equal(tag->name, "msr"))
                return read_msr(xml, tag, error);

        return xml_set_error(xml, error, "<%s>, expected <cpuid> and <msr> only", tag->name);
}

static bool end(Xml *xml, const char *name, GError **error) {
        (void) name;
        return check_no_text(xml, error);
}

/* A range without the leaf that has its maximum is a mask of features: whatever it does not give
 * is not told, be it sizes, other sub-leaves or other leaves. @sorted: in order. */
static void add_unknown_mask(Unknown *unknown, const LeafTable *sorted, uint32_t first,
                             uint32_t last) {
        for (size_t i = 0; i < leaf_table_size(sorted); i++) {
                const Leaf *row = leaf_table_at(sorted, i);

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        if (row->leaf >= first && row->leaf <= last && row->registers[reg] == 0)
                                unknown_add_bits(unknown, row->leaf, row->subleaf, reg, UINT32_MAX);
        }

        mask_add_gaps(unknown, sorted, first, last);
}

static LeafTable *list_rows(const Reading *reading) {
        LeafTable *sorted = leaf_table_new();

        for (size_t i = 0; i < reading->rows->len; i++)
                leaf_table_add(sorted, &g_array_index(reading->rows, Leaf, i));
        leaf_table_sort(sorted);
        return sorted;
}

/* The sub-leaf behind the last of caches or of levels, and what else is zero, is left out of whole
 * machines. */
static void settle_missing(Reading *reading) {
        g_autoptr(LeafTable) sorted = list_rows(reading);
        bool has_basic = leaf_table_find(sorted, 0, 0);
        bool has_extended = leaf_table_find(sorted, RANGE_EXTENDED, 0);
        Unknown *unknown = reading->dump->unknown;

        reading->dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        if (!has_basic)
                add_unknown_mask(unknown, sorted, 0, RANGE_BASIC_LAST);
        if (!has_extended)
                add_unknown_mask(unknown, sorted, RANGE_EXTENDED, RANGE_EXTENDED_LAST);

        /* Then it is all told, and more exactly than by looking at what a whole table would have. */
        if (!has_basic && !has_extended)
                reading->dump->missing = DUMP_MISSING_ZERO;
}

/* In a mask there are the bits of MSRs that have names. VMX has numbers and what has to be set
 * beside them, so that those bits alone are no value of its MSRs. */
static void add_msrs(Reading *reading, bool is_machine) {
        bool has_vmx = false;
        GHashTableIter iter;
        void *key, *value;

        g_hash_table_iter_init(&iter, reading->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                uint32_t index = GPOINTER_TO_UINT(key);

                if (!is_machine && index >= VMX_MSR_FIRST && index <= VMX_MSR_LAST)
                        has_vmx = true;
                else
                        dump_set_msr(reading->dump, index, *(const uint64_t *) value);
        }

        if (has_vmx)
                dump_warn(reading->dump,
                          "the features of VMX are not judged: a mask of features has its MSRs in "
                          "part only");
}

static bool make_dump(Reading *reading, GError **error) {
        bool is_machine = false;

        for (size_t i = 0; i < reading->rows->len; i++) {
                const Leaf *row = &g_array_index(reading->rows, Leaf, i);

                is_machine = is_machine || row->leaf == 0;
                if (!dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD,
                                  g_array_index(reading->lines, unsigned, i), error))
                        return false;
        }

        add_msrs(reading, is_machine);
        for (size_t i = 0; is_machine && i < reading->conflicts->len; i++)
                dump_warn(reading->dump, "%s", (const char *) reading->conflicts->pdata[i]);
        settle_missing(reading);
        return true;
}

static bool read_data(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        static const XmlHandlers handlers = { .start = start, .end = end };
        g_auto(Reading) reading = {
                .rows = g_array_new(FALSE, FALSE, sizeof(Leaf)),
                .lines = g_array_new(FALSE, FALSE, sizeof(unsigned)),
                .msrs = g_hash_table_new_full(NULL, NULL, NULL, g_free),
                .dump = dump_new(),
                .conflicts = g_ptr_array_new_with_free_func(g_free),
        };

        (void) options;
        if (!xml_parse(text, n_text, &handlers, &reading, error) || !make_dump(&reading, error))
                return false;

        ret->dump = g_steal_pointer(&reading.dump);
        return true;
}

static bool looks_like(const char *text, size_t n_text) {
        return xml_has_element(text, n_text, "cpudata");
}

const Format format_libvirt = {
        .name = "libvirt",
        .description = "libvirt's <cpudata>: registers, of a machine or as a mask",
        .looks_like = looks_like,
        .read = read_data,
        .write = libvirt_data_write,
};
