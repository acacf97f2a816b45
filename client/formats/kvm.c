/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* KVM's own table, as programs dump it: struct kvm_cpuid2 as the ioctl fills it (a count, four
 * bytes of padding, then 40 bytes an entry: function, index, flags, eax to edx, padding), and the
 * same as text, an entry a line in hexadecimal. The count makes a table whole; text may have been
 * cut off. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/lines.h"

#define HEADER_SIZE 8
#define ENTRY_SIZE 40

static uint32_t get_u32(const char *bytes) {
        uint32_t value;

        memcpy(&value, bytes, sizeof(value));
        return GUINT32_FROM_LE(value);
}

static bool is_binary(const char *text, size_t n_text) {
        return n_text >= HEADER_SIZE && get_u32(text) > 0 && get_u32(text) <= LEAF_TABLE_MAX &&
                get_u32(text + 4) == 0;
}

static bool read_binary(const char *text, size_t n_text, Dump *dump, GError **error) {
        size_t n = get_u32(text);

        if (n_text != HEADER_SIZE + n * ENTRY_SIZE) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "is a struct kvm_cpuid2 of %zu entries and %zu bytes, expected %zu", n,
                            n_text, HEADER_SIZE + n * ENTRY_SIZE);
                return false;
        }

        dump->missing = DUMP_MISSING_ZERO;
        for (size_t i = 0; i < n; i++) {
                const char *entry = text + HEADER_SIZE + i * ENTRY_SIZE;
                Leaf row = { .leaf = get_u32(entry), .subleaf = get_u32(entry + 4) };
                bool is_indexed = get_u32(entry + 8) & LEAF_FLAG_INDEXED;

                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        row.registers[reg] = get_u32(entry + 12 + 4 * reg);
                if (!dump_add_row(dump, &row, is_indexed ? DUMP_INDEX_YES : DUMP_INDEX_NO, 0,
                                  error)) {
                        g_prefix_error(error, "entry %zu: ", i + 1);
                        return false;
                }
        }

        return true;
}

/* Seven words of eight digits; the flags may have fewer. @p: also where it is none */
static bool parse_line(const char **p, Leaf *ret) {
        static const unsigned n_digits_min[LEAF_N_WORDS] = { 8, 8, 1, 8, 8, 8, 8 };
        uint32_t words[LEAF_N_WORDS];

        for (size_t i = 0; i < LEAF_N_WORDS; i++) {
                size_t n = strspn(*p, "0123456789abcdefABCDEF");

                if (n < n_digits_min[i] || n > 8)
                        return false;
                words[i] = g_ascii_strtoull(*p, NULL, 16);
                *p += n;
                if (i + 1 < LEAF_N_WORDS && **p != ' ')
                        return false;
                *p += strspn(*p, " ");
        }

        memcpy(ret, words, sizeof(*ret));
        return **p == '\0';
}

static bool read_text(const char *text, size_t n_text, Dump *dump, GError **error) {
        g_auto(Lines) lines = {};
        const char *line;

        dump->missing = DUMP_MISSING_ZERO_BETWEEN;
        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines))) {
                const char *p = line;
                Leaf row;

                if (!lines_check(&lines, error))
                        return false;
                if (!*line || *line == '#')
                        continue;
                if (!parse_line(&p, &row))
                        return lines_set_error(&lines, p,
                                               "'FUNCTION INDEX FLAGS EAX EBX ECX EDX' in "
                                               "hexadecimal, eight digits each",
                                               error);
                if (!dump_add_row(dump, &row,
                                  row.flags & LEAF_FLAG_INDEXED ? DUMP_INDEX_YES : DUMP_INDEX_NO,
                                  lines.number, error))
                        return false;
        }

        return true;
}

static bool read_kvm(const char *text, size_t n_text, const FormatOptions *options,
                     FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();

        (void) options;
        if (is_binary(text, n_text) ? !read_binary(text, n_text, dump, error) :
                                      !read_text(text, n_text, dump, error))
                return false;

        ret->dump = g_steal_pointer(&dump);
        return true;
}

static bool looks_like(const char *text, size_t n_text) {
        g_auto(Lines) lines = {};
        const char *line;
        Leaf row;

        if (is_binary(text, n_text) && n_text == HEADER_SIZE + get_u32(text) * ENTRY_SIZE)
                return true;

        lines_init(&lines, text, MIN(n_text, 1024));
        do
                line = lines_next(&lines);
        while (line && (!*line || *line == '#'));
        return line && parse_line(&line, &row);
}

const Format format_kvm = {
        .name = "kvm",
        .description = "KVM's own table: struct kvm_cpuid2, or its entries a line each",
        .looks_like = looks_like,
        .read = read_kvm,
};
