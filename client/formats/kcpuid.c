/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `kcpuid -r`, from the kernel's tree (facts, formats 6): of one CPU, without what
 * is zero, and without sub-leaves of leaves that the version at hand does not know to have any.
 * Headings differ between versions, so lines that are no rows are headings; what begins like a
 * row has to be one. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/lines.h"
#include "policy/enumerate.h"

/* As the program writes a register; fewer at the end of a file may be a part of it */
#define N_DIGITS 8

#define EXTENDED_BASE 0x80000000

/* As far as some version goes that lists a leaf's sub-leaves, where that is not far enough for
 * every CPU: setup_cpuid_range() */
typedef struct Reach {
        uint32_t leaf;
        uint32_t first; /* that is not asked for */
} Reach;

static const Reach reaches[] = {
        { 0xb, 2 }, { 0xd, 32 }, { 0x1f, 6 }, { 0x23, 4 }, { 0x80000020, 4 }, { 0x80000026, 5 },
};

typedef struct Reading {
        Dump *dump;
        bool is_cut;          /* the line that is read */
        GHashTable *unlisted; /* leaves as pointers: those without a "subleafs:" line */
        uint32_t leaf;        /* whose sub-leaves the lines are */
        bool has_leaf;
        Leaf last;
        bool has_row;
} Reading;

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

/* "0x" and hex digits in 32 bits; @is_cut: all of them */
static bool read_hex(const char **p, bool is_cut, uint32_t *ret) {
        const char *digits = *p + 2;
        char *end;
        uint64_t value;

        if (!g_str_has_prefix(*p, "0x") || !g_ascii_isxdigit(*digits))
                return false;

        value = g_ascii_strtoull(digits, &end, 16);
        if (value > UINT32_MAX || (is_cut && end - digits < N_DIGITS))
                return false;

        *p = end;
        *ret = value;
        return true;
}

/* " EAX=0x..., EBX=0x..., ECX=0x..., EDX=0x..." and nothing behind it */
static bool read_registers(const char *p, bool is_cut, Leaf *ret) {
        static const char *const names[N_REGISTERS] = { "EAX=", "EBX=", "ECX=", "EDX=" };

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                if (reg > 0 && *p++ != ',')
                        return false;

                p = skip_blanks(p);
                if (!g_str_has_prefix(p, names[reg]))
                        return false;

                p += strlen(names[reg]);
                if (!read_hex(&p, is_cut && reg == N_REGISTERS - 1, &ret->registers[reg]))
                        return false;
        }

        return *p == '\0';
}

/* "12:", as lines of sub-leaves begin; a feature's name may begin with a digit, too */
static bool read_subleaf(const char **p, uint32_t *ret) {
        size_t n = strspn(*p, "0123456789");

        if (n == 0 || (*p)[n] != ':')
                return false;

        *ret = MIN(g_ascii_strtoull(*p, NULL, 10), UINT32_MAX);
        *p += n + 1;
        return true;
}

static bool set_error_row(unsigned line, GError **error) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "line %u: expected '0xLEAF: EAX=0x..., EBX=0x..., ECX=0x..., EDX=0x...' or "
                    "'0xLEAF: subleafs:'",
                    line);
        return false;
}

static bool add_row(Reading *reading, const Leaf *row, unsigned line, GError **error) {
        reading->last = *row;
        reading->has_row = true;
        return dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, line, error);
}

/* Once a later range has begun the earlier one is all there: its last leaf, if it is not, was
 * left out for being zero. */
static bool end_basic_range(Reading *reading, unsigned line, GError **error) {
        const LeafTable *table = reading->dump->cpu ? reading->dump->cpu->table : NULL;
        const Leaf *base = table ? leaf_table_find(table, 0, 0) : NULL;
        Leaf zero = {};

        if (!base || reading->last.leaf >= EXTENDED_BASE)
                return true;

        zero.leaf = base->registers[REGISTER_EAX];
        return zero.leaf == reading->last.leaf || zero.leaf >= EXTENDED_BASE ||
                leaf_table_find(table, zero.leaf, 0) ||
                dump_add_row(reading->dump, &zero, DUMP_INDEX_UNTOLD, line, error);
}

/* A line that begins with "0x" */
static bool read_leaf_line(Reading *reading, const char *p, unsigned line, GError **error) {
        Leaf row = {};
        bool is_list;

        if (!read_hex(&p, false, &row.leaf) || *p++ != ':')
                return set_error_row(line, error);

        is_list = g_str_equal(skip_blanks(p), "subleafs:");
        if (!is_list && !read_registers(p, reading->is_cut, &row))
                return set_error_row(line, error);
        if (row.leaf >= EXTENDED_BASE && !end_basic_range(reading, line, error))
                return false;

        reading->has_leaf = is_list;
        reading->leaf = row.leaf;
        if (is_list)
                return true;

        g_hash_table_add(reading->unlisted, GUINT_TO_POINTER(row.leaf));
        return add_row(reading, &row, line, error);
}

static bool read_subleaf_line(Reading *reading, const char *p, uint32_t subleaf, unsigned line,
                              GError **error) {
        Leaf row = { .leaf = reading->leaf, .subleaf = subleaf };

        if (!reading->has_leaf) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: sub-leaf %u of no leaf, expected a line '0xLEAF: subleafs:' "
                            "before it",
                            line, subleaf);
                return false;
        }

        if (!read_registers(p, reading->is_cut, &row))
                return set_error_row(line, error);

        return add_row(reading, &row, line, error);
}

static bool read_line(Reading *reading, const char *text, unsigned line, GError **error) {
        const char *p = skip_blanks(text);
        uint32_t subleaf;

        if (g_str_has_prefix(p, "0x"))
                return read_leaf_line(reading, p, line, error);
        if (read_subleaf(&p, &subleaf))
                return read_subleaf_line(reading, p, subleaf, line, error);

        return true;
}

/* A version that lists a leaf's sub-leaves leaves out those that are zero, as far as it asks for
 * them. Another one knows of sub-leaf 0 only. Behind the last row the file may have been cut. */
static void find_unknown(Reading *reading) {
        Unknown *unknown = reading->dump->unknown;
        const LeafTable *table;
        GHashTableIter iter;
        void *leaf;

        if (!reading->has_row)
                return;

        table = reading->dump->cpu->table;
        for (size_t i = 0; i < G_N_ELEMENTS(reaches); i++)
                enumerate_missing_subleaves(table, reaches[i].leaf, reaches[i].first, unknown);
        g_hash_table_iter_init(&iter, reading->unlisted);
        while (g_hash_table_iter_next(&iter, &leaf, NULL))
                enumerate_missing_subleaves(table, GPOINTER_TO_UINT(leaf), 1, unknown);

        if (reading->has_leaf && reading->leaf == reading->last.leaf &&
            reading->last.subleaf < UINT32_MAX)
                unknown_add_subleaves(unknown, reading->leaf, reading->last.subleaf + 1,
                                      UINT32_MAX);
}

static bool read_kcpuid(const char *text, size_t n_text, const FormatOptions *options,
                        FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();
        g_autoptr(GHashTable) unlisted = g_hash_table_new(NULL, NULL);
        Reading reading = { .dump = dump, .unlisted = unlisted };
        g_auto(Lines) lines = {};
        const char *line;

        (void) options;
        dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines))) {
                reading.is_cut = lines.is_cut;
                if (!read_line(&reading, line, lines.number, error))
                        return false;
        }

        find_unknown(&reading);
        ret->dump = g_steal_pointer(&dump);
        return true;
}

/* Some line is a leaf as `kcpuid -r` writes it; those of `cpuid -r` have small letters */
static bool looks_like(const char *text, size_t n_text) {
        g_auto(Lines) lines = {};
        const char *line;

        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines))) {
                const char *p = skip_blanks(line);
                uint32_t leaf;

                if (!read_hex(&p, false, &leaf) || *p++ != ':')
                        continue;

                p = skip_blanks(p);
                if (g_str_has_prefix(p, "EAX=0x") || g_str_equal(p, "subleafs:"))
                        return true;
        }

        return false;
}

const Format format_kcpuid = {
        .name = "kcpuid",
        .description = "output of 'kcpuid -r'",
        .looks_like = looks_like,
        .read = read_kcpuid,
};
