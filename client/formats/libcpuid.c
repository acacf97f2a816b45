/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcpuid's raw data (facts, formats 3): arrays of leaves by decimal index, and of the sub-leaves
 * of a few. All else is lost, and what the CPU's own maxima and masks say is there and is not comes
 * out as missing. Its tests go on behind a line of dashes with what they expect: that is not read.
 * Values of other keys are passed over, for newer versions have more; anything else is refused. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/lines.h"

#define LINE_OF_ROW "'KEY[INDEX]=EAX EBX ECX EDX', each of 8 hex digits"

/* More than any version writes */
#define INDEX_MAX 255

typedef struct Array {
        const char *key;
        uint32_t leaf;
        bool is_subleaves; /* the index is the sub-leaf, not added to the leaf */
        /* A list ends with the sub-leaf, from `first` on, in which `mask` of `reg` is 0; without a
         * mask sub-leaf 0's EAX is the last one. */
        uint32_t first;
        Register reg;
        uint32_t mask;
} Array;

static const Array arrays[] = {
        { "basic_cpuid", 0x0 },
        { "ext_cpuid", 0x80000000 },
        { "intel_fn4", 0x4, true, 0, REGISTER_EAX, 0x1f },
        { "intel_fn11", 0xb, true, 0, REGISTER_ECX, 0xff00 },
        { "intel_fn12h", 0x12, true, 2, REGISTER_EAX, 0xf },
        { "intel_fn14h", 0x14, true },
        { "amd_fn8000001dh", 0x8000001d, true, 0, REGISTER_EAX, 0x1f },
        { "amd_fn80000026h", 0x80000026, true, 0, REGISTER_ECX, 0xff00 },
};

/* What the arrays of leaves have of a leaf with an array of its own was read with some ECX or
 * other. It counts where there is no such array, which only a whole block tells. */
typedef struct Held {
        Leaf row;
        unsigned line;
        bool is_set;
        bool has_array;
} Held;

typedef struct Reading {
        Dump *dump;
        Lines lines;
        Held held[G_N_ELEMENTS(arrays)]; /* of this CPU; of arrays of sub-leaves only */
} Reading;

/* "intel_fn4[": its array, or NULL */
static const Array *find_array(const char *line, const char **ret_index) {
        for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) {
                size_t length = strlen(arrays[i].key);

                if (strncmp(line, arrays[i].key, length) == 0 && line[length] == '[') {
                        *ret_index = line + length + 1;
                        return &arrays[i];
                }
        }

        return NULL;
}

/* "12]=" */
static bool read_index(const char **p, uint32_t *ret) {
        uint32_t value = 0;
        const char *at = *p;

        if (!g_ascii_isdigit(*at))
                return false;

        for (; g_ascii_isdigit(*at); at++) {
                value = value * 10 + g_ascii_digit_value(*at);
                if (value > INDEX_MAX)
                        return false;
        }

        if (at[0] != ']' || at[1] != '=')
                return false;

        *p = at + 2;
        *ret = value;
        return true;
}

static bool read_registers(const char **p, Leaf *row) {
        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t value = 0;

                if (reg > 0 && **p != ' ')
                        return false;
                *p += strspn(*p, " ");

                for (unsigned i = 0; i < 8; i++) {
                        int digit = g_ascii_xdigit_value((*p)[i]);

                        if (digit < 0)
                                return false;
                        value = value << 4 | digit;
                }
                *p += 8;
                row->registers[reg] = value;
        }

        return !**p;
}

static Held *find_held(Reading *reading, uint32_t leaf) {
        for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
                if (arrays[i].is_subleaves && arrays[i].leaf == leaf)
                        return &reading->held[i];

        return NULL;
}

/* The program asks for a fixed number of sub-leaves, and beyond the last one answers are noise. */
static bool is_beyond_end(const Reading *reading, const Array *array, uint32_t subleaf) {
        const LeafTable *table = reading->dump->cpu ? reading->dump->cpu->table : NULL;
        const Leaf *row;

        if (!table || subleaf <= array->first)
                return false;

        row = leaf_table_find(table, array->leaf, array->mask ? subleaf - 1 : 0);
        if (!array->mask)
                return row && subleaf > row->registers[REGISTER_EAX];
        return !row || !(row->registers[array->reg] & array->mask);
}

static bool add_row(Reading *reading, const Array *array, uint32_t i, Leaf *row, GError **error) {
        unsigned line = reading->lines.number;
        Held *held;

        if (array->is_subleaves) {
                row->subleaf = i;
                reading->held[array - arrays].has_array = true;
                return is_beyond_end(reading, array, i) ||
                        dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, line, error);
        }

        row->leaf += i;
        held = find_held(reading, row->leaf);
        if (!held)
                return dump_add_row(reading->dump, row, DUMP_INDEX_UNTOLD, line, error);

        held->is_set = true;
        held->row = *row;
        held->line = line;
        return true;
}

/* The CPU's block is whole. */
static bool add_held(Reading *reading, GError **error) {
        for (size_t i = 0; i < G_N_ELEMENTS(reading->held); i++) {
                const Held *held = &reading->held[i];

                if (held->is_set && !held->has_array &&
                    !dump_add_row(reading->dump, &held->row, DUMP_INDEX_UNTOLD, held->line, error))
                        return false;
        }

        memset(reading->held, 0, sizeof(reading->held));
        return true;
}

static bool read_row(Reading *reading, const Array *array, const char *index, GError **error) {
        Leaf row = { .leaf = array->leaf };
        const char *p = index;
        uint32_t i = 0;

        if (!read_index(&p, &i) || !read_registers(&p, &row))
                return reading->lines.is_cut ||
                        lines_set_error(&reading->lines, p, LINE_OF_ROW, error);

        return add_row(reading, array, i, &row, error);
}

/* "___ Logical CPU #7 ___" */
static const char *find_number(const char *line) {
        static const char words[] = "Logical CPU #";
        const char *at = *line == '_' ? strstr(line, words) : NULL;

        return at ? at + strlen(words) : NULL;
}

static bool read_heading(Reading *reading, const char *number, GError **error) {
        uint64_t value =
                g_ascii_isdigit(*number) ? g_ascii_strtoull(number, NULL, 10) : G_MAXUINT64;
        const char *end;

        if (value > UINT32_MAX)
                return lines_set_error(&reading->lines, number, "the number of a CPU", error);

        /* A row that lost the line's end before it would be lost. */
        end = number + strspn(number, "0123456789");
        end += strspn(end, " _");
        if (*end)
                return lines_set_error(&reading->lines, end, "the end of the line", error);

        return add_held(reading, error) &&
                dump_begin_cpu(reading->dump, value, reading->lines.number, error);
}

/* "version=0.8.0" */
static bool is_assignment(const char *line) {
        size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_[]");

        return length > 0 && line[length] == '=';
}

static bool read_line(Reading *reading, const char *line, GError **error) {
        const char *index, *number;
        const Array *array = find_array(line, &index);

        if (!lines_check(&reading->lines, error))
                return false;
        if (array)
                return read_row(reading, array, index, error);
        /* Anything may be missing from it, the number's last digit, too. */
        if (!*line || reading->lines.is_cut)
                return true;
        if (g_str_has_prefix(line, "arm_"))
                return lines_set_error(&reading->lines, line, "CPUID, not an ARM processor's data",
                                       error);

        number = find_number(line);
        if (number)
                return read_heading(reading, number, error);

        if (!is_assignment(line) && !line_is_prompt(line))
                return lines_set_error(&reading->lines, line, LINE_OF_ROW, error);

        if (!is_assignment(line))
                lines_warn_passed(&reading->lines, reading->dump);
        return true;
}

static void reading_done(Reading *reading) {
        lines_done(&reading->lines);
        g_clear_pointer(&reading->dump, dump_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_done)

static bool read_libcpuid(const char *text, size_t n_text, const FormatOptions *options,
                          FormatInput *ret, GError **error) {
        g_auto(Reading) reading = {};
        const char *line;

        (void) options;
        lines_init(&reading.lines, text, n_text);
        reading.dump = dump_new();

        while ((line = lines_next(&reading.lines)) && !line_is_rule(line))
                if (!read_line(&reading, line, error))
                        return false;
        if (line && !add_held(&reading, error))
                return false;

        ret->dump = g_steal_pointer(&reading.dump);
        return true;
}

static bool is_first_line(const char *line) {
        return g_str_has_prefix(line, "basic_cpuid[");
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_first_line);
}

const Format format_libcpuid = {
        .name = "libcpuid",
        .description = "raw data of libcpuid, of one CPU or of all",
        .looks_like = looks_like,
        .read = read_libcpuid,
};
