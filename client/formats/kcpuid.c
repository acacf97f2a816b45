/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `kcpuid -r`, from the kernel's tree (facts, formats 6): of one CPU, without what
 * is zero, and without sub-leaves of leaves that the version at hand does not know to have any.
 * Headings differ between versions, so lines that are no rows are headings; what begins like a
 * row, or has registers, has to be one. */

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
        Lines lines;
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
static bool read_registers(const Lines *lines, const char *p, Leaf *ret, GError **error) {
        static const char *const names[N_REGISTERS] = { "EAX", "EBX", "ECX", "EDX" };

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                bool is_cut = lines->is_cut && reg == N_REGISTERS - 1;
                const char *digits;

                if (reg > 0 && *p != ',')
                        return lines_set_error(lines, p, "a comma", error);

                p = skip_blanks(reg > 0 ? p + 1 : p);
                digits = p + strlen(names[reg]) + 1;
                if (!g_str_has_prefix(p, names[reg]) || digits[-1] != '=' ||
                    !read_hex(&digits, is_cut, &ret->registers[reg]))
                        return lines_set_error_register(lines, p, names[reg], error);
                p = digits;
        }

        return *p == '\0' || lines_set_error_register(lines, p, NULL, error);
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

static bool set_error_leaf(const Reading *reading, const char *at, GError **error) {
        return lines_set_error(&reading->lines, at,
                               "'0xLEAF: EAX=0x..., EBX=0x..., ECX=0x..., EDX=0x...' or "
                               "'0xLEAF: subleafs:'",
                               error);
}

static bool add_row(Reading *reading, const Leaf *row, GError **error) {
        reading->last = *row;
        reading->has_row = true;
        return dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, reading->lines.number, error);
}

/* Once a later range has begun the earlier one is all there: its last leaf, if it is not, was
 * left out for being zero. */
static bool end_basic_range(Reading *reading, GError **error) {
        const LeafTable *table = reading->dump->cpu ? reading->dump->cpu->table : NULL;
        const Leaf *base = table ? leaf_table_find(table, 0, 0) : NULL;
        Leaf zero = {};

        if (!base || reading->last.leaf >= EXTENDED_BASE)
                return true;

        zero.leaf = base->registers[REGISTER_EAX];
        return zero.leaf == reading->last.leaf || zero.leaf >= EXTENDED_BASE ||
                leaf_table_find(table, zero.leaf, 0) ||
                dump_add_row(reading->dump, &zero, DUMP_INDEX_UNTOLD, reading->lines.number, error);
}

/* A line that begins with "0x" */
static bool read_leaf_line(Reading *reading, const char *p, GError **error) {
        Leaf row = {};
        bool is_list;

        if (!read_hex(&p, false, &row.leaf) || *p != ':')
                return set_error_leaf(reading, p, error);

        p++;
        is_list = g_str_equal(skip_blanks(p), "subleafs:");
        if (!is_list && !read_registers(&reading->lines, p, &row, error))
                return false;
        if (row.leaf >= EXTENDED_BASE && !end_basic_range(reading, error))
                return false;

        reading->has_leaf = is_list;
        reading->leaf = row.leaf;
        if (is_list)
                return true;

        g_hash_table_add(reading->unlisted, GUINT_TO_POINTER(row.leaf));
        return add_row(reading, &row, error);
}

static bool read_subleaf_line(Reading *reading, const char *p, uint32_t subleaf, GError **error) {
        Leaf row = { .leaf = reading->leaf, .subleaf = subleaf };

        if (!reading->has_leaf) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: sub-leaf %u of no leaf, expected a line '0xLEAF: subleafs:' "
                            "before it",
                            reading->lines.number, subleaf);
                return false;
        }

        return read_registers(&reading->lines, p, &row, error) && add_row(reading, &row, error);
}

static bool read_line(Reading *reading, const char *line, GError **error) {
        const char *p = skip_blanks(line), *registers = strstr(line, "EAX=0x");
        uint32_t subleaf;

        if (!lines_check(&reading->lines, error))
                return false;
        if (g_str_has_prefix(p, "0x"))
                return read_leaf_line(reading, p, error);
        if (read_subleaf(&p, &subleaf))
                return read_subleaf_line(reading, p, subleaf, error);

        return !registers || set_error_leaf(reading, line, error);
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

static void reading_done(Reading *reading) {
        lines_done(&reading->lines);
        g_clear_pointer(&reading->dump, dump_free);
        g_clear_pointer(&reading->unlisted, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool read_kcpuid(const char *text, size_t n_text, const FormatOptions *options,
                        FormatInput *ret, GError **error) {
        g_auto(Reading) reading = { .dump = dump_new(), .unlisted = g_hash_table_new(NULL, NULL) };
        const char *line;

        (void) options;
        reading.dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        lines_init(&reading.lines, text, n_text);
        while ((line = lines_next(&reading.lines)))
                if (!read_line(&reading, line, error))
                        return false;

        find_unknown(&reading);
        ret->dump = g_steal_pointer(&reading.dump);
        return true;
}

/* As `kcpuid -r` writes a leaf; those of `cpuid -r` have small letters */
static bool is_leaf(const char *line) {
        const char *p = skip_blanks(line);
        uint32_t leaf;

        if (!read_hex(&p, false, &leaf) || *p++ != ':')
                return false;

        p = skip_blanks(p);
        return g_str_has_prefix(p, "EAX=0x") || g_str_equal(p, "subleafs:");
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_leaf);
}

const Format format_kcpuid = {
        .name = "kcpuid",
        .description = "output of 'kcpuid -r'",
        .looks_like = looks_like,
        .read = read_kcpuid,
};
