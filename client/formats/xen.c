/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The output of `xen-cpuid -p`: a domain's CPU policy, or the system's policies one after the
 * other (facts, formats 5). Policies are alternatives, the first one is the guest. Xen leaves out
 * what is zero, and what it does not serialise is unknown: leaves behind those that it knows, all
 * of its own hypervisor range but the maximum. A line that is not understood is refused: it may
 * be a leaf that got lost. */

#include "client/formats/xen.h"

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/lines.h"
#include "policy/enumerate.h"

/* "this leaf has no sub-leaf" */
#define NO_SUBLEAF UINT32_MAX

/* The last leaves that every version serialises, where the CPU has them */
#define BASIC_LAST 0xd
#define EXTENDED_BASE 0x80000000
#define EXTENDED_LAST 0x80000021
#define HYPERVISOR_BASE 0x40000000
#define HYPERVISOR_LAST 0x4fffffff

#define MSR_PLATFORM_INFO 0xce
#define PLATFORM_INFO_FAULTING (UINT64_C(1) << 31)

typedef enum Section {
        SECTION_NONE, /* before the first heading, or after a policy that Xen does not have */
        SECTION_HEADING,
        SECTION_CPUID,
        SECTION_MSRS,
} Section;

typedef struct Reading {
        Dump *dump;
        Lines *lines;
        Section section;
        unsigned n_policies;
        unsigned n_msrs; /* the heading's */
        unsigned n_msrs_read;
        Leaf last; /* row of this policy */
        bool is_subleaf;
        bool has_ended_early; /* some policy */
} Reading;

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

static bool is_title(const char *line) {
        static const char *const starts[] = { "Xen reports ", "leaf     subleaf ", "index    -> " };

        for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
                if (g_str_has_prefix(line, starts[i]))
                        return true;

        return !*line || g_str_has_suffix(line, " policy not supported by Xen");
}

/* Digits up to @end; no more than a file of this form can mean */
static bool read_count(const char *p, const char *end, unsigned *ret) {
        char *stop;
        uint64_t value;

        if (!g_ascii_isdigit(*p))
                return false;

        value = g_ascii_strtoull(p, &stop, 10);
        if (!g_str_has_prefix(stop, end) || value > G_MAXINT)
                return false;

        *ret = value;
        return true;
}

/* "NAME policy: N leaves, M MSRs"; the name's length, or 0 */
static size_t read_heading(const char *line, unsigned *ret_n_msrs) {
        const char *policy = strstr(line, " policy: "), *leaves;
        unsigned n_leaves;

        if (!policy || policy == line || !read_count(policy + 9, " leaves, ", &n_leaves))
                return 0;

        leaves = strstr(policy, " leaves, ") + 9;
        if (!read_count(leaves, " MSRs", ret_n_msrs) || !g_str_has_suffix(line, " MSRs"))
                return 0;

        return policy - line;
}

/* @n hex digits, neither more nor less: fewer at the end of a file are a part of a number */
static bool read_hex(const char **p, unsigned n, uint64_t *ret) {
        uint64_t value = 0;

        for (unsigned i = 0; i < n; i++) {
                int digit = g_ascii_xdigit_value((*p)[i]);

                if (digit < 0)
                        return false;
                value = value << 4 | digit;
        }

        *p += n;
        *ret = value;
        return true;
}

static bool skip_text(const char **p, const char *text) {
        if (!g_str_has_prefix(*p, text))
                return false;

        *p += strlen(text);
        return true;
}

/* "LEAF:SUBLEAF -> EAX:EBX:ECX:EDX" */
static bool read_row(const char *p, Leaf *ret, bool *ret_is_subleaf) {
        uint64_t values[2 + N_REGISTERS];

        for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
                if ((i > 0 && !skip_text(&p, i == 2 ? " -> " : ":")) ||
                    !read_hex(&p, 8, &values[i]))
                        return false;

        *ret_is_subleaf = values[1] != NO_SUBLEAF;
        *ret = (Leaf){
                .leaf = values[0],
                .subleaf = values[1] == NO_SUBLEAF ? 0 : values[1],
                .registers = { values[2], values[3], values[4], values[5] },
        };
        return *p == '\0';
}

/* "INDEX -> VALUE" */
static bool read_msr(const char *p, uint32_t *ret_index, uint64_t *ret_value) {
        uint64_t index;

        if (!read_hex(&p, 8, &index) || !skip_text(&p, " -> ") || !read_hex(&p, 16, ret_value))
                return false;

        *ret_index = index;
        return *p == '\0';
}

static const DumpCpu *policy(const Reading *reading) {
        return reading->dump->cpu;
}

/* A last leaf that is not there was left out for being zero: there are no rows to come. */
static bool add_last(Reading *reading, uint32_t base, uint32_t last, unsigned line,
                     GError **error) {
        const Leaf *row = leaf_table_find(policy(reading)->table, base, 0);
        Leaf zero = {};

        if (!row || row->registers[REGISTER_EAX] < base)
                return true;

        zero.leaf = MIN(row->registers[REGISTER_EAX], last);
        for (size_t i = 0; i < leaf_table_size(policy(reading)->table); i++)
                if (leaf_table_at(policy(reading)->table, i)->leaf == zero.leaf)
                        return true;

        return dump_add_row(reading->dump, &zero, DUMP_INDEX_UNTOLD, line, error);
}

static bool is_amd(const LeafTable *table) {
        const Leaf *row = leaf_table_find(table, 0, 0);

        return row &&
                (row->registers[REGISTER_EBX] == 0x68747541 || /* "Auth"enticAMD */
                 row->registers[REGISTER_EBX] == 0x6f677948);  /* "Hygo"nGenuine */
}

/* What Xen puts into a guest's answer as it asks, and no policy but the processor's own has */
static void add_dynamic(const LeafTable *table, Unknown *unknown) {
        const Leaf *zero = leaf_table_find(table, 0, 0);
        const Leaf *one = leaf_table_find(table, 0x80000001, 0);

        if (zero && zero->registers[REGISTER_EAX] >= 0xb && !leaf_table_find(table, 0xb, 0))
                unknown_add_leaves(unknown, 0xb, 0xb);
        if (one && is_amd(table) && !(one->registers[REGISTER_EDX] & XEN_COMMON_EDX))
                unknown_add_bits(unknown, 0x80000001, 0, REGISTER_EDX, XEN_COMMON_EDX);
}

static uint32_t last_subleaf(const LeafTable *table, uint32_t leaf) {
        uint32_t last = 0;

        for (size_t i = 0; i < leaf_table_size(table); i++)
                if (leaf_table_at(table, i)->leaf == leaf)
                        last = MAX(last, leaf_table_at(table, i)->subleaf);

        return last;
}

/* Once: a file is cut off in one place. */
static void warn_of_end(Reading *reading) {
        const char *name = policy(reading)->name;
        bool is_short = reading->n_msrs_read < reading->n_msrs;

        if (reading->has_ended_early || (reading->section == SECTION_MSRS && !is_short))
                return;

        reading->has_ended_early = true;
        if (reading->section != SECTION_MSRS)
                dump_warn(reading->dump,
                          "the policy '%s' ends early: expected 'MSRs:' behind its leaves", name);
        else
                dump_warn(reading->dump, "the policy '%s' ends early: expected %u MSRs, found %u",
                          name, reading->n_msrs, reading->n_msrs_read);
}

/* What is told of this policy is all that there is. */
static void end_policy(Reading *reading) {
        const LeafTable *table;
        Unknown *unknown;

        if (reading->n_policies == 0)
                return;

        table = policy(reading)->table;
        unknown = dump_cpu_unknown(reading->dump);

        /* Older versions have fewer sub-leaves of leaf 7 than the processor. */
        enumerate_missing_subleaves(table, 0x7, last_subleaf(table, 0x7) + 1, unknown);
        enumerate_missing_subleaves(table, 0xb, 2, unknown);
        enumerate_missing_subleaves(table, 0x8000001d, 1, unknown);
        enumerate_missing_subleaves(table, 0x80000020, 1, unknown);
        if (!g_str_equal(policy(reading)->name, "Raw"))
                add_dynamic(table, unknown);

        if (reading->section != SECTION_MSRS && reading->is_subleaf &&
            reading->last.subleaf < UINT32_MAX)
                unknown_add_subleaves(unknown, reading->last.leaf, reading->last.subleaf + 1,
                                      UINT32_MAX);
        warn_of_end(reading);
}

static bool begin_policy(Reading *reading, const char *line, size_t n_name, unsigned n_msrs,
                         unsigned number, GError **error) {
        g_autofree char *name = g_strndup(line, n_name);

        end_policy(reading);
        if (!dump_begin_cpu(reading->dump, reading->n_policies, number, error))
                return false;

        dump_set_cpu_name(reading->dump, name);
        *reading = (Reading){
                .dump = reading->dump,
                .lines = reading->lines,
                .section = SECTION_HEADING,
                .n_policies = reading->n_policies + 1,
                .n_msrs = n_msrs,
                .has_ended_early = reading->has_ended_early,
        };
        return true;
}

static bool add_row(Reading *reading, const Leaf *row, unsigned line, GError **error) {
        reading->last = *row;

        /* Only the maximum, and no row is the better answer: all of the range is unknown then. */
        if (row->leaf >= HYPERVISOR_BASE && row->leaf <= HYPERVISOR_LAST)
                return true;

        return dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, line, error);
}

static bool set_error_line(const Reading *reading, const char *line, GError **error) {
        static const char *const expected[] = {
                [SECTION_NONE] = "'NAME policy: N leaves, M MSRs'",
                [SECTION_HEADING] = "'CPUID:'",
                [SECTION_CPUID] = "'LEAF:SUBLEAF -> EAX:EBX:ECX:EDX' in 8 hex digits each",
                [SECTION_MSRS] = "'INDEX -> VALUE' in 8 and 16 hex digits",
        };

        return lines_set_error(reading->lines, line, expected[reading->section], error);
}

static bool read_other(Reading *reading, const char *line, GError **error) {
        if (!line_is_prompt(line))
                return set_error_line(reading, line, error);

        lines_warn_passed(reading->lines, reading->dump);
        return true;
}

static bool read_section(Reading *reading, Section section, unsigned number, GError **error) {
        reading->section = section;
        return section != SECTION_MSRS ||
                (add_last(reading, 0, BASIC_LAST, number, error) &&
                 add_last(reading, EXTENDED_BASE, EXTENDED_LAST, number, error));
}

static bool read_line(Reading *reading, const char *line, GError **error) {
        unsigned n_msrs;
        size_t n_name = read_heading(line, &n_msrs);
        unsigned number = reading->lines->number;
        uint32_t index;
        uint64_t value;
        Leaf row;

        if (!lines_check(reading->lines, error))
                return false;
        if (n_name > 0)
                return begin_policy(reading, line, n_name, n_msrs, number, error);
        if (is_title(line))
                return true;
        if (reading->section == SECTION_HEADING && g_str_equal(line, "CPUID:"))
                return read_section(reading, SECTION_CPUID, number, error);
        if (reading->section == SECTION_CPUID && g_str_equal(line, "MSRs:"))
                return read_section(reading, SECTION_MSRS, number, error);
        if (reading->section == SECTION_CPUID && read_row(line, &row, &reading->is_subleaf))
                return add_row(reading, &row, number, error);
        if (reading->section != SECTION_MSRS || !read_msr(line, &index, &value))
                return read_other(reading, line, error);

        reading->n_msrs_read++;
        dump_set_msr(reading->dump, index, value);
        /* Xen tells one bit of it, whatever the processor has. */
        if (index == MSR_PLATFORM_INFO)
                unknown_add_msr(dump_cpu_unknown(reading->dump), index, ~PLATFORM_INFO_FAULTING);
        return true;
}

static bool read_xen(const char *text, size_t n_text, const FormatOptions *options,
                     FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();
        g_auto(Lines) lines = {};
        Reading reading = { .dump = dump, .lines = &lines };
        const char *line;

        (void) options;
        dump->alternatives = "policy";
        dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines)))
                if (!read_line(&reading, skip_blanks(line), error))
                        return false;

        end_policy(&reading);
        ret->dump = g_steal_pointer(&dump);
        return true;
}

static bool is_heading(const char *line) {
        unsigned n_msrs;

        return read_heading(skip_blanks(line), &n_msrs) > 0;
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_heading);
}

const Format format_xen = {
        .name = "xen",
        .description = "output of 'xen-cpuid -p', a domain's policy or the system's",
        .looks_like = looks_like,
        .read = read_xen,
};
