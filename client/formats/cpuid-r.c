/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `cpuid -r`, as it comes and as it is pasted into mail: of one CPU or of all, with
 * or without its heading, folded before edx, with the sub-leaf left out (facts, formats 1). What a
 * shell shows around it is passed over with a warning. Nothing else is let through: a line that is
 * not understood may be a leaf that got lost. */

#include "client/formats/cpuid-r.h"

#include <string.h>

#include "client/formats/lines.h"
#include "policy/field.h"

/* As the program writes a register; fewer at the end of a file may be a part of it */
#define N_DIGITS 8

/* A row whose edx was folded to the next line is not whole yet. */
typedef struct Reading {
        Dump *dump;
        Lines lines;
        Leaf row;
        uint32_t untold[N_REGISTERS]; /* bits of it */
        Register n_registers;
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

/* A register as the program writes it, or as `cpuidctl show --raw` does: '?' for a digit of which
 * something is not told, among all eight */
static bool read_digits(const char **p, uint32_t *ret, uint32_t *ret_untold) {
        const char *digits = *p + strlen("0x");

        *ret = *ret_untold = 0;
        if (!g_str_has_prefix(*p, "0x") || strspn(digits, "0123456789abcdefABCDEF?") != N_DIGITS ||
            !memchr(digits, '?', N_DIGITS))
                return read_hex(p, ret);

        for (unsigned i = 0; i < N_DIGITS; i++) {
                *ret = *ret << 4 | (digits[i] == '?' ? 0 : g_ascii_xdigit_value(digits[i]));
                *ret_untold = *ret_untold << 4 | (digits[i] == '?' ? 0xf : 0);
        }

        *p = digits + N_DIGITS;
        return true;
}

/* "LEAF SUBLEAF:", "LEAF:"; @p: also where it is none */
static bool read_leaf(const char **p, Leaf *ret) {
        *p = skip_blanks(*p);
        if (!read_hex(p, &ret->leaf))
                return false;

        *p = skip_blanks(*p);
        if (**p != ':') {
                if (!read_hex(p, &ret->subleaf))
                        return false;
                *p = skip_blanks(*p);
        }

        if (**p != ':')
                return false;

        ++*p;
        return true;
}

/* "eax=..." */
static bool read_register(const char **p, Register reg, bool is_cut, uint32_t *ret,
                          uint32_t *ret_untold) {
        const char *name = register_to_string(reg), *digits = *p + strlen(name) + 1, *end = digits;

        if (!g_str_has_prefix(*p, name) || digits[-1] != '=')
                return false;
        if (!read_digits(&end, ret, ret_untold) || (*end && !g_ascii_isspace(*end)) ||
            (is_cut && !*end && end - digits < N_DIGITS + 2))
                return false;

        *p = end;
        return true;
}

/* "eax=... ebx=... ecx=... edx=..." up to the end of the line, from the register on that is next;
 * edx may be in another line. */
static bool read_registers(Reading *reading, const char **p, bool is_cut) {
        Register *n = &reading->n_registers;

        for (*p = skip_blanks(*p); **p && *n < N_REGISTERS; *p = skip_blanks(*p)) {
                if (!read_register(p, *n, is_cut, &reading->row.registers[*n],
                                   &reading->untold[*n]))
                        return false;
                ++*n;
        }

        return !**p && *n >= REGISTER_EDX;
}

/* "CPU:", "CPU 7:", and what stands over a table that KVM was given */
static bool read_heading(Reading *reading, const char *line, GError **error) {
        const char *p = skip_blanks(line), *digits = skip_blanks(p + 3);
        uint64_t cpu =
                g_ascii_isdigit(*digits) ? g_ascii_strtoull(digits, NULL, 10) : reading->n_headings;

        if (cpu > UINT32_MAX)
                return lines_set_error(&reading->lines, digits, "the number of a CPU", error);

        reading->n_headings++;
        return dump_begin_cpu(reading->dump, cpu, reading->lines.number, error);
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

static bool set_error_leaf(const Reading *reading, const char *at, GError **error) {
        return lines_set_error(&reading->lines, at,
                               "'0xLEAF 0xSUBLEAF: eax=0x... ebx=0x... ecx=0x... edx=0x...'",
                               error);
}

static bool set_error_register(const Reading *reading, const char *at, GError **error) {
        Register next = reading->n_registers;

        return lines_set_error_register(
                &reading->lines, at, next < N_REGISTERS ? register_to_string(next) : NULL, error);
}

static bool add_row(Reading *reading, GError **error) {
        const Leaf *row = &reading->row;

        if (!dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, reading->lines.number, error))
                return false;

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                if (reading->untold[reg])
                        unknown_add_bits(dump_cpu_unknown(reading->dump), row->leaf, row->subleaf,
                                         reg, reading->untold[reg]);
        return true;
}

static bool read_row(Reading *reading, const char *line, GError **error) {
        const char *p = line;

        if (reading->n_registers == 0) {
                reading->row = (Leaf){};
                if (!read_leaf(&p, &reading->row))
                        return set_error_leaf(reading, p, error);
        }

        if (!read_registers(reading, &p, reading->lines.is_cut))
                return set_error_register(reading, p, error);
        if (reading->n_registers < N_REGISTERS)
                return true;

        reading->n_registers = 0;
        return add_row(reading, error);
}

static bool read_line(Reading *reading, const char *line, GError **error) {
        if (!lines_check(&reading->lines, error))
                return false;
        if (reading->n_registers > 0)
                return read_row(reading, line, error);

        if (is_title(line))
                reading->is_kvm |= g_str_equal(skip_blanks(line), KVM_TITLE);
        else if (is_heading(line))
                return read_heading(reading, line, error);
        else if (line_is_prompt(line))
                lines_warn_passed(&reading->lines, reading->dump);
        else
                return read_row(reading, line, error);

        return true;
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

static void reading_done(Reading *reading) {
        lines_done(&reading->lines);
        g_clear_pointer(&reading->dump, dump_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool read_cpuid_r(const char *text, size_t n_text, const FormatOptions *options,
                         FormatInput *ret, GError **error) {
        g_auto(Reading) reading = { .dump = dump_new() };
        const char *line;

        (void) options;
        /* The program does not write where 0x8000001d's list ends, but where leaf 4's does. */
        reading.dump->ends_lists = true;
        lines_init(&reading.lines, text, n_text);
        while ((line = lines_next(&reading.lines)))
                if (!read_line(&reading, line, error))
                        return false;
        if (reading.n_registers > 0) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "ends early: expected 'edx=0x...' behind line %u",
                            reading.lines.number);
                return false;
        }
        if (reading.is_kvm)
                find_unknown(&reading);

        ret->dump = g_steal_pointer(&reading.dump);
        return true;
}

/* As `cpuid -r` writes a leaf; kcpuid's have capital letters */
static bool is_leaf(const char *line) {
        Leaf row;

        return read_leaf(&line, &row) && g_str_has_prefix(skip_blanks(line), "eax=0x");
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_leaf);
}

const Format format_cpuid_r = {
        .name = "cpuid",
        .description = "output of 'cpuid -r', of one CPU or of several",
        .looks_like = looks_like,
        .read = read_cpuid_r,
        .write = cpuid_r_write,
};
