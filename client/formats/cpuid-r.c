/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `cpuid -r`, as it comes and as it is pasted into mail: of one CPU or of all (the
 * first counts), with or without its heading, folded before edx, with the sub-leaf left out
 * (facts, formats 1). Nothing else is let through: a line that is not understood may be a leaf
 * that got lost. */

#include <string.h>

#include "client/formats/format.h"

typedef struct Dump {
        LeafTable *table;
        GArray *lines; /* unsigned: the line on which each row of the table stands */
        unsigned n_headings;
} Dump;

static void dump_done(Dump *dump) {
        g_clear_pointer(&dump->table, leaf_table_free);
        g_clear_pointer(&dump->lines, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Dump, dump_done)

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

/* "0x" and hex digits, in 32 bits */
static bool read_hex(const char **p, uint32_t *ret) {
        char *end;
        uint64_t value;

        if ((*p)[0] != '0' || (*p)[1] != 'x' || !g_ascii_isxdigit((*p)[2]))
                return false;

        value = g_ascii_strtoull(*p + 2, &end, 16);
        if (value > UINT32_MAX)
                return false;

        *p = end;
        *ret = value;
        return true;
}

/* "LEAF SUBLEAF:", "LEAF:" */
static bool read_leaf(const char **p, Leaf *ret) {
        const char *at = skip_blanks(*p);

        if (!read_hex(&at, &ret->leaf))
                return false;

        at = skip_blanks(at);
        if (*at != ':') {
                if (!read_hex(&at, &ret->subleaf))
                        return false;
                at = skip_blanks(at);
        }
        if (*at != ':')
                return false;

        *p = at + 1;
        return true;
}

/* How many of "eax=... ebx=... ecx=... edx=..." there are, from register @from on; -1 where
 * something else is */
static int read_registers(const char *p, int from, Leaf *ret) {
        int n = from;

        for (p = skip_blanks(p); *p && n < N_REGISTERS; p = skip_blanks(p)) {
                const char *name = register_to_string(n);
                size_t length = strlen(name);

                if (strncmp(p, name, length) != 0 || p[length] != '=')
                        return -1;
                p += length + 1;
                if (!read_hex(&p, &ret->registers[n]) || (*p && !g_ascii_isspace(*p)))
                        return -1;
                n++;
        }

        return *p ? -1 : n;
}

static bool is_heading(const char *line, unsigned *ret_n_headings) {
        const char *p = skip_blanks(line);

        if (g_str_equal(p, "KVM CPUID Entries:") || g_str_has_prefix(p, "Function "))
                return true;

        if (!g_str_has_prefix(p, "CPU"))
                return false;
        p = skip_blanks(p + 3);
        p += strspn(p, "0123456789");
        if (!g_str_equal(p, ":"))
                return false;

        (*ret_n_headings)++;
        return true;
}

static const Leaf *find_same(const Dump *dump, const Leaf *row, unsigned *ret_line) {
        for (size_t i = 0; i < leaf_table_size(dump->table); i++) {
                const Leaf *other = leaf_table_at(dump->table, i);

                if (other->leaf == row->leaf && other->subleaf == row->subleaf) {
                        *ret_line = g_array_index(dump->lines, unsigned, i);
                        return other;
                }
        }

        return NULL;
}

static bool dump_add(Dump *dump, Leaf *row, unsigned line, GError **error) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, row->leaf);
        unsigned first = 0;
        const Leaf *same;

        if (dump->n_headings > 1)
                return true;

        same = find_same(dump, row, &first);
        if (same && memcmp(same->registers, row->registers, sizeof(row->registers)) != 0) {
                g_set_error(
                        error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                        "line %u: leaf 0x%x sub-leaf %u again, with other values than in line %u",
                        line, row->leaf, row->subleaf, first);
                return false;
        }
        if (same)
                return true;

        if (leaf_table_size(dump->table) >= LEAF_TABLE_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: more than %u rows of one CPU, which no KVM takes", line,
                            LEAF_TABLE_MAX);
                return false;
        }

        /* One row says nothing of whether it answers for other sub-leaves: the field table does. */
        row->flags = row->subleaf > 0 || (leaf && leaf->indexed) ? LEAF_FLAG_INDEXED : 0;
        leaf_table_add(dump->table, row);
        g_array_append_val(dump->lines, line);
        return true;
}

static bool set_error_line(unsigned line, GError **error) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "line %u: expected '0xLEAF 0xSUBLEAF: eax=0x... ebx=0x... ecx=0x... edx=0x...'",
                    line);
        return false;
}

/* A row whose edx was folded to the next line is not whole yet: *n_registers says how far it is. */
static bool dump_read_line(Dump *dump, char *text, unsigned line, Leaf *row, int *n_registers,
                           GError **error) {
        const char *p = text;

        g_strchomp(text);
        if (*n_registers == 0) {
                if (!*skip_blanks(p) || is_heading(p, &dump->n_headings))
                        return true;
                *row = (Leaf){};
                if (!read_leaf(&p, row))
                        return set_error_line(line, error);
        }

        *n_registers = read_registers(p, *n_registers, row);
        if (*n_registers < 3)
                return set_error_line(line, error);
        if (*n_registers < N_REGISTERS)
                return true;

        *n_registers = 0;
        return dump_add(dump, row, line, error);
}

static bool dump_read(Dump *dump, const char *text, size_t n_text, GError **error) {
        const char *end = text + n_text;
        int n_registers = 0;
        unsigned line = 0;
        Leaf row;

        while (text < end) {
                const char *stop = memchr(text, '\n', end - text);
                g_autofree char *copy = g_strndup(text, (stop ? stop : end) - text);

                if (!dump_read_line(dump, copy, ++line, &row, &n_registers, error))
                        return false;
                text = stop ? stop + 1 : end;
        }

        return n_registers == 0 || set_error_line(line, error);
}

static bool read_cpuid_r(const char *text, size_t n_text, FormatInput *ret, GError **error) {
        g_auto(Dump) dump = {
                .table = leaf_table_new(),
                .lines = g_array_new(FALSE, FALSE, sizeof(unsigned)),
        };

        if (!dump_read(&dump, text, n_text, error))
                return false;

        if (leaf_table_size(dump.table) == 0) {
                g_set_error_literal(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                                    "has no leaf of the first CPU");
                return false;
        }

        ret->guest = guest_new(g_steal_pointer(&dump.table));
        return true;
}

/* Some line is a leaf as `cpuid -r` writes it; kcpuid's have capital letters */
static bool looks_like(const char *text, size_t n_text) {
        const char *end = text + n_text;

        while (text < end) {
                const char *stop = memchr(text, '\n', end - text);
                g_autofree char *line = g_strndup(text, MIN((stop ? stop : end) - text, 80));
                const char *p = line;
                Leaf row;

                if (read_leaf(&p, &row) && g_str_has_prefix(skip_blanks(p), "eax=0x"))
                        return true;
                text = stop ? stop + 1 : end;
        }

        return false;
}

const Format format_cpuid_r = {
        .name = "cpuid-r",
        .description = "output of 'cpuid -r', of one CPU or of several",
        .looks_like = looks_like,
        .read = read_cpuid_r,
};
