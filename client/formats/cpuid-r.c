/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `cpuid -r`, as it comes and as it is pasted into mail: of one CPU or of all, with
 * or without its heading, folded before edx, with the sub-leaf left out (facts, formats 1).
 * Nothing else is let through: a line that is not understood may be a leaf that got lost. */

#include "client/formats/cpuid-r.h"

#include <string.h>

#include "client/formats/lines.h"
#include "policy/field.h"

/* As the program writes a register; fewer at the end of a file may be a part of it */
#define N_DIGITS 8

/* A row whose edx was folded to the next line is not whole yet. */
typedef struct Reading {
        Dump *dump;
        Leaf row;
        int n_registers;
        unsigned n_headings;
        bool is_kvm; /* a table that KVM was given */
} Reading;

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
 * something else is. @is_cut: the last one has to have all its digits. */
static int read_registers(const char *p, int from, bool is_cut, Leaf *ret) {
        int n = from;

        for (p = skip_blanks(p); *p && n < N_REGISTERS; p = skip_blanks(p)) {
                const char *name = register_to_string(n), *digits;
                size_t length = strlen(name);

                if (strncmp(p, name, length) != 0 || p[length] != '=')
                        return -1;
                p += length + 1;
                digits = p;
                if (!read_hex(&p, &ret->registers[n]) || (*p && !g_ascii_isspace(*p)))
                        return -1;
                if (is_cut && !*p && p - digits < N_DIGITS + 2)
                        return -1;
                n++;
        }

        return *p ? -1 : n;
}

/* "CPU:", "CPU 7:", and what stands over a table that KVM was given */
static bool read_heading(Reading *reading, const char *line, unsigned number, GError **error) {
        const char *p = skip_blanks(line), *digits = skip_blanks(p + 3);
        uint64_t cpu = 0;
        char *end;

        if (!g_ascii_isdigit(*digits))
                return dump_begin_cpu(reading->dump, reading->n_headings++, number, error);

        cpu = g_ascii_strtoull(digits, &end, 10);
        if (cpu > UINT32_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: no number of a CPU", number);
                return false;
        }

        reading->n_headings++;
        return dump_begin_cpu(reading->dump, cpu, number, error);
}

#define KVM_TITLE "KVM CPUID Entries:"

static bool is_title(const char *line) {
        const char *p = skip_blanks(line);

        return !*p || g_str_equal(p, KVM_TITLE) || g_str_has_prefix(p, "Function ");
}

static bool is_heading(const char *line) {
        const char *p = skip_blanks(line);

        if (!g_str_has_prefix(p, "CPU"))
                return false;

        p = skip_blanks(p + 3);
        p += strspn(p, "0123456789");
        return g_str_equal(p, ":");
}

static bool set_error_line(unsigned line, GError **error) {
        g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                    "line %u: expected '0xLEAF 0xSUBLEAF: eax=0x... ebx=0x... ecx=0x... edx=0x...'",
                    line);
        return false;
}

static bool read_line(Reading *reading, const char *text, const Lines *lines, GError **error) {
        const char *p = text;

        if (reading->n_registers == 0) {
                if (is_title(text)) {
                        reading->is_kvm |= g_str_equal(skip_blanks(text), KVM_TITLE);
                        return true;
                }
                if (is_heading(text))
                        return read_heading(reading, text, lines->number, error);
                reading->row = (Leaf){};
                if (!read_leaf(&p, &reading->row))
                        return set_error_line(lines->number, error);
        }

        reading->n_registers =
                read_registers(p, reading->n_registers, lines->is_cut, &reading->row);
        if (reading->n_registers < 3)
                return set_error_line(lines->number, error);
        if (reading->n_registers < N_REGISTERS)
                return true;

        reading->n_registers = 0;
        return dump_add_row(reading->dump, &reading->row, DUMP_INDEX_UNTOLD, lines->number, error);
}

/* What KVM was given has no zero rows. Behind the last row the file may have been cut off. */
static void find_unknown(Reading *reading) {
        const Leaf *last = &reading->row;
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, last->leaf);

        reading->dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        if (reading->dump->cpu && last->subleaf < UINT32_MAX &&
            (last->subleaf > 0 || (leaf && leaf->indexed)))
                unknown_add_subleaves(dump_cpu_unknown(reading->dump), last->leaf,
                                      last->subleaf + 1, UINT32_MAX);
}

static bool read_cpuid_r(const char *text, size_t n_text, const FormatOptions *options,
                         FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();
        Reading reading = { .dump = dump };
        g_auto(Lines) lines = {};
        const char *line;

        (void) options;
        /* The program does not write where 0x8000001d's list ends, but where leaf 4's does. */
        dump->ends_lists = true;
        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines)))
                if (!read_line(&reading, line, &lines, error))
                        return false;
        if (reading.n_registers > 0)
                return set_error_line(lines.number, error);
        if (reading.is_kvm)
                find_unknown(&reading);

        ret->dump = g_steal_pointer(&dump);
        return true;
}

/* Some line is a leaf as `cpuid -r` writes it; kcpuid's have capital letters */
static bool looks_like(const char *text, size_t n_text) {
        g_auto(Lines) lines = {};
        const char *line;

        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines))) {
                Leaf row;

                if (read_leaf(&line, &row) && g_str_has_prefix(skip_blanks(line), "eax=0x"))
                        return true;
        }

        return false;
}

const Format format_cpuid_r = {
        .name = "cpuid",
        .description = "output of 'cpuid -r', of one CPU or of several",
        .looks_like = looks_like,
        .read = read_cpuid_r,
        .write = cpuid_r_write,
};
