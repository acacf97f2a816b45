/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The text that AIDA64 and its forerunner write, as InstLatx64 collects it, and the upper part of
 * libcpuid's tests that were made of it (facts, formats 4). Between leaves and MSRs stand tables
 * and sentences for people, so that a line that is neither is passed over; one that begins as a
 * leaf or as an MSR, or has registers, and is none is refused. Lines without a sub-leaf are numbered as
 * they come, by what stands before them alone: a file that was cut off has the same numbers. */

#include <string.h>

#include "client/formats/aida64-number.h"
#include "client/formats/format.h"
#include "client/formats/lines.h"
#include "policy/enumerate.h"
#include "policy/field.h"
#include "policy/words.h"

#define LINE_OF_LEAF "'CPUID LEAF: EAX-EBX-ECX-EDX', each of 8 hex digits"
#define LINE_OF_MSR "'MSR INDEX: HHHH-HHHH-HHHH-HHHH' or '< FAILED >'"
#define N_MSR_GROUPS 4

typedef struct Reading {
        Dump *dump;
        Lines lines;
        GHashTable *lineups; /* leaf as pointer -> Lineup, of this block */
        unsigned n_blocks;   /* that began without a heading */
        bool has_headings;
        /* The line before is a row, and more of its leaf may follow */
        bool has_last;
        Leaf last;
        /* An MSR of which another sample may follow */
        bool has_msr;
        uint32_t msr_index;
        uint64_t msr_value;
} Reading;

/* Leaves whose sub-leaves go on up to one that says that it is the last */
static const uint32_t lists[] = { 0x4, 0xb, 0x12, 0x1b, 0x1f, 0x8000001d, 0x80000026 };

static const char *skip_blanks(const char *p) {
        return p + strspn(p, " \t");
}

/* Exactly so many, and no more follow */
static bool read_digits(const char **p, unsigned n_digits, uint32_t *ret) {
        uint32_t value = 0;

        for (unsigned i = 0; i < n_digits; i++) {
                int digit = g_ascii_xdigit_value((*p)[i]);

                if (digit < 0)
                        return false;
                value = value << 4 | digit;
        }

        if (g_ascii_isalnum((*p)[n_digits]))
                return false;

        *p += n_digits;
        *ret = value;
        return true;
}

/* "CPUID 00000001" and what parts it from its registers */
static bool read_leaf(const char **p, uint32_t *ret) {
        const char *at = skip_blanks(*p);

        if (!g_str_has_prefix(at, "CPUID"))
                return false;
        at += strlen("CPUID");
        if (*at != ' ' && *at != '\t')
                return false;

        at = skip_blanks(at);
        if (!read_digits(&at, 8, ret) || !strchr(" \t:", *at))
                return false;

        *p = at + strspn(at, " \t:");
        return true;
}

static bool is_leaf(const char *line) {
        uint32_t leaf;

        return read_leaf(&line, &leaf);
}

/* Behind the values is nothing, or a note. */
static bool is_note(const char **p) {
        *p = skip_blanks(*p);
        return !**p || **p == '[';
}

/* Parted by a dash or, in a few old files, by blanks */
static bool read_registers(const char **p, Leaf *row) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                if (reg > 0) {
                        const char *at = skip_blanks(*p);

                        if (*at == '-')
                                at = skip_blanks(at + 1);
                        else if (at == *p)
                                return false;
                        *p = at;
                }
                if (!read_digits(p, 8, &row->registers[reg]))
                        return false;
        }

        return is_note(p);
}

/* Two rows of which the line's end between them got lost */
static const char *find_joined(const char *notes) {
        const char *at = notes;

        while ((at = strstr(at, "CPUID"))) {
                if (is_leaf(at))
                        return at;
                at++;
        }

        return NULL;
}

/* "[SL 0A]", wherever it stands among the notes. False where it is not whole. */
static bool read_subleaf(const char **p, bool *ret_has, uint32_t *ret) {
        const char *at = strstr(*p, "[SL ");
        uint64_t value;
        char *end;

        *ret_has = at != NULL;
        if (!at)
                return true;

        *p = at;
        at += strlen("[SL ");
        value = g_ascii_strtoull(at, &end, 16);
        if (!g_ascii_isxdigit(*at) || *end != ']' || value > UINT32_MAX)
                return false;

        *ret = value;
        return true;
}

static Lineup *find_lineup(Reading *reading, uint32_t leaf) {
        Lineup *lineup = g_hash_table_lookup(reading->lineups, GUINT_TO_POINTER(leaf));

        if (!lineup) {
                lineup = g_new0(Lineup, 1);
                g_hash_table_insert(reading->lineups, GUINT_TO_POINTER(leaf), lineup);
        }

        return lineup;
}

/* Most are the processor's own business: counters, voltages, none that a guest was given. */
static void commit_msr(Reading *reading) {
        if (reading->has_msr && field_leaf_find(FIELD_INTERFACE_MSR, reading->msr_index))
                dump_set_msr(reading->dump, reading->msr_index, reading->msr_value);
        reading->has_msr = false;
}

/* Some line got lost where the leaf names more sub-leaves than it has lines and the file went on
 * with another leaf: which one is open. */
static void forgo_lost(Reading *reading, uint32_t leaf, const Lineup *lineup) {
        unsigned first = leaf == 0xd ? 2 : 1;
        const Leaf *avx;

        if (lineup->has_told || !lineup->left || lineup->n <= first ||
            (reading->has_last && reading->last.leaf == leaf))
                return;

        /* Old versions ask for no more of leaf 0xd than AVX, whose place never moves. */
        avx = leaf_table_find(reading->dump->cpu->table, 0xd, 2);
        if (leaf == 0xd && avx && avx->registers[REGISTER_EBX] == 0x240)
                first = 3;

        unknown_add_subleaves(dump_cpu_unknown(reading->dump), leaf, first, UINT32_MAX);
}

/* Lists are told up to their end, which is left out. One line without a sub-leaf may be all that
 * was asked for: of leaf 0x1b no version asks for more. */
static void end_block(Reading *reading) {
        const DumpCpu *cpu = reading->dump->cpu;
        GHashTableIter iter;
        void *leaf, *lineup;

        for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
                const Lineup *list =
                        g_hash_table_lookup(reading->lineups, GUINT_TO_POINTER(lists[i]));

                if (list && list->n == 1 && !list->has_told &&
                    !leaf_table_find(cpu->table, lists[i], 1))
                        enumerate_missing_subleaves(cpu->table, lists[i], 1,
                                                    dump_cpu_unknown(reading->dump));
        }

        g_hash_table_iter_init(&iter, reading->lineups);
        while (g_hash_table_iter_next(&iter, &leaf, &lineup))
                forgo_lost(reading, GPOINTER_TO_UINT(leaf), lineup);

        g_hash_table_remove_all(reading->lineups);
}

static bool begin_cpu(Reading *reading, unsigned number, GError **error) {
        end_block(reading);
        return dump_begin_cpu(reading->dump, number, reading->lines.number, error);
}

/* Where nothing stands above the blocks, each begins with leaf 0; only the first may have lost it. */
static bool begin_block(Reading *reading, uint32_t leaf, GError **error) {
        if (reading->has_headings || (leaf != 0 && reading->n_blocks > 0))
                return true;

        return begin_cpu(reading, reading->n_blocks++, error);
}

/* More lines than the leaf names sub-leaves: which is which is open then. */
static void forgo_subleaves(Reading *reading, uint32_t leaf) {
        unsigned first = leaf == 0xd ? 2 : 1;

        if (unknown_mask(reading->dump->unknown, leaf, first, REGISTER_EAX))
                return;

        dump_warn(reading->dump,
                  "line %u: leaf 0x%x has more lines than it names sub-leaves, so its sub-leaves "
                  "from %u on are unknown",
                  reading->lines.number, leaf, first);
        unknown_add_subleaves(reading->dump->unknown, leaf, first, UINT32_MAX);
}

static bool is_zero(const Leaf *row) {
        static const uint32_t zeros[N_REGISTERS];

        return memcmp(row->registers, zeros, sizeof(zeros)) == 0;
}

static bool add_row(Reading *reading, Leaf *row, bool has_subleaf, GError **error) {
        Lineup *lineup;

        if (!begin_block(reading, row->leaf, error))
                return false;

        /* Old processors want leaf 2 read several times; any of the answers will do. */
        lineup = find_lineup(reading, row->leaf);
        if (row->leaf == 0x2 && lineup->n++ > 0)
                return true;

        if (has_subleaf)
                lineup->has_told = true;
        else if (!lineup_number(lineup, row)) {
                if (!is_zero(row))
                        forgo_subleaves(reading, row->leaf);
                return true;
        }

        reading->has_last = true;
        reading->last = *row;
        return dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, reading->lines.number, error);
}

/* What was cut off from the last line may be a sub-leaf: then it is no row at all. */
static bool read_row(Reading *reading, const char *line, GError **error) {
        bool is_cut = reading->lines.is_cut, has_subleaf;
        const char *p = line, *joined;
        Leaf row = {};

        (void) read_leaf(&p, &row.leaf);
        if (!read_registers(&p, &row))
                return is_cut || lines_set_error(&reading->lines, p, LINE_OF_LEAF, error);
        joined = find_joined(p);
        if (joined)
                return lines_set_error(&reading->lines, joined, "the end of the line", error);
        if (!read_subleaf(&p, &has_subleaf, &row.subleaf))
                return is_cut ||
                        lines_set_error(&reading->lines, p, "'[SL HH]', a sub-leaf in hex", error);
        if (is_cut && !has_subleaf && lineup_has_subleaves(row.leaf))
                return true;

        return add_row(reading, &row, has_subleaf, error);
}

/* "MSR 0000010A:" */
static bool read_index(const char **p, uint32_t *ret) {
        const char *at = skip_blanks(*p);

        if (!g_str_has_prefix(at, "MSR "))
                return false;

        at = skip_blanks(at + strlen("MSR "));
        if (!read_digits(&at, 8, ret) || *at != ':')
                return false;

        *p = skip_blanks(at + 1);
        return true;
}

static bool read_msr_value(const char **p, uint64_t *ret) {
        uint64_t value = 0;

        for (unsigned i = 0; i < N_MSR_GROUPS; i++) {
                uint32_t group;

                if (i > 0 && *(*p)++ != '-') {
                        (*p)--;
                        return false;
                }
                if (!read_digits(p, 4, &group))
                        return false;
                value = value << 16 | group;
        }

        *ret = value;
        return is_note(p);
}

/* Some are read several times in a row, of which the last counts. */
static bool read_msr(Reading *reading, const char *line, GError **error) {
        const char *p = line;
        uint32_t index = 0;
        uint64_t value;

        (void) read_index(&p, &index);
        if (reading->has_msr && reading->msr_index != index)
                commit_msr(reading);
        if (g_str_has_prefix(p, "< FAILED >"))
                return true;
        if (!read_msr_value(&p, &value))
                return reading->lines.is_cut ||
                        lines_set_error(&reading->lines, p, LINE_OF_MSR, error);

        reading->has_msr = true;
        reading->msr_index = index;
        reading->msr_value = value;
        return true;
}

/* What stands for the number in a heading of a CPU's block; NULL: it is no heading, or one of other
 * things. Numbers are the file's own: some begin with 1. */
static const char *find_number(const char *line) {
        const char *at;

        if (g_str_has_prefix(line, "CPU#"))
                return line + strlen("CPU#");
        if (g_str_has_prefix(line, "------[")) {
                at = strstr(line, "Logical CPU #");
                return at ? at + strlen("Logical CPU #") : NULL;
        }
        if (g_str_has_prefix(line, "CPUID Registers (CPU #"))
                return line + strlen("CPUID Registers (CPU #");
        return NULL;
}

static bool read_heading(Reading *reading, const char *number, GError **error) {
        uint64_t value =
                g_ascii_isdigit(*number) ? g_ascii_strtoull(number, NULL, 10) : G_MAXUINT64;

        if (value > UINT32_MAX)
                return lines_set_error(&reading->lines, number, "the number of a CPU", error);

        reading->has_headings = true;
        return begin_cpu(reading, value, error);
}

/* In older files MSRs stand behind all CPUs without a number. */
static bool read_other(Reading *reading, const char *line, GError **error) {
        const GPtrArray *cpus = reading->dump->cpus;

        if (line_has_registers(line))
                return lines_set_error(&reading->lines, line, LINE_OF_LEAF, error);
        if (cpus->len == 0 || !g_str_has_prefix(line, "------[ MSR Registers ]"))
                return true;

        return begin_cpu(reading, ((const DumpCpu *) cpus->pdata[0])->number, error);
}

static bool read_line(Reading *reading, const char *line, GError **error) {
        const char *p = line, *number;
        uint32_t index;

        if (!lines_check(&reading->lines, error))
                return false;
        if (is_leaf(line)) {
                commit_msr(reading);
                return read_row(reading, line, error);
        }
        /* Anything may be missing from it, the number's last digit, too. */
        if (reading->lines.is_cut && !read_index(&p, &index))
                return true;

        reading->has_last = false;
        p = line;
        if (read_index(&p, &index))
                return read_msr(reading, line, error);

        commit_msr(reading);
        number = find_number(line);
        return number ? read_heading(reading, number, error) : read_other(reading, line, error);
}

/* Nobody knows what would have come if the file goes on: further sub-leaves of the last line's
 * leaf. A feature MSR has but one value, and no other sample. */
static void read_end(Reading *reading) {
        const DumpCpu *cpu = reading->dump->cpu;
        const Leaf *last = &reading->last;

        end_block(reading);
        commit_msr(reading);
        if (reading->has_last && lineup_has_subleaves(last->leaf) && last->subleaf < UINT32_MAX &&
            !words_is_above(cpu->table, last->leaf))
                unknown_add_subleaves(reading->dump->unknown, last->leaf, last->subleaf + 1,
                                      UINT32_MAX);
}

static void reading_done(Reading *reading) {
        lines_done(&reading->lines);
        g_clear_pointer(&reading->dump, dump_free);
        g_clear_pointer(&reading->lineups, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool read_aida64(const char *text, size_t n_text, const FormatOptions *options,
                        FormatInput *ret, GError **error) {
        g_auto(Reading) reading = {};
        const char *line;

        (void) options;
        lines_init(&reading.lines, text, n_text);
        reading.dump = dump_new();
        reading.dump->ends_lists = true;
        reading.lineups = g_hash_table_new_full(NULL, NULL, NULL, g_free);

        while ((line = lines_next(&reading.lines))) {
                if (line_is_rule(line)) {
                        commit_msr(&reading);
                        reading.has_last = false;
                        break;
                }
                if (!read_line(&reading, line, error))
                        return false;
        }

        read_end(&reading);
        ret->dump = g_steal_pointer(&reading.dump);
        return true;
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_leaf);
}

const Format format_aida64 = {
        .name = "aida64",
        .description = "text of AIDA64 and InstLatx64, of one CPU or of all",
        .looks_like = looks_like,
        .read = read_aida64,
};
