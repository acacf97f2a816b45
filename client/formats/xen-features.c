/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Xen's feature sets: words of some registers, joined by colons as `xen-cpuid` prints them or by
 * dashes as XAPI does (facts, formats 5). Everything else is unknown, and so are the words that
 * an older Xen does not have. Sets are alternatives, the first one is the guest; the static ones
 * are of no CPU and left out. */

#include <string.h>

#include "client/formats/format.h"
#include "client/formats/lines.h"
#include "client/formats/xen.h"

/* Fewer words may be anything. */
#define WORDS_MIN 4
/* No Xen is near to this. */
#define WORDS_MAX 64
#define N_DIGITS 8

#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_WORD 16 /* and the next */

typedef struct WordPlace {
        uint32_t leaf;
        uint32_t subleaf;
        Register reg;
} WordPlace;

/* Of each word; those of the MSR have none */
static const WordPlace places[] = {
        { 0x1, 0, REGISTER_EDX },        { 0x1, 0, REGISTER_ECX },
        { 0x80000001, 0, REGISTER_EDX }, { 0x80000001, 0, REGISTER_ECX },
        { 0xd, 1, REGISTER_EAX },        { 0x7, 0, REGISTER_EBX },
        { 0x7, 0, REGISTER_ECX },        { 0x80000007, 0, REGISTER_EDX },
        { 0x80000008, 0, REGISTER_EBX }, { 0x7, 0, REGISTER_EDX },
        { 0x7, 1, REGISTER_EAX },        { 0x80000021, 0, REGISTER_EAX },
        { 0x7, 1, REGISTER_EBX },        { 0x7, 2, REGISTER_EDX },
        { 0x7, 1, REGISTER_ECX },        { 0x7, 1, REGISTER_EDX },
        { 0, 0, N_REGISTERS },           { 0, 0, N_REGISTERS },
        { 0x80000021, 0, REGISTER_ECX },
};

typedef struct FeatureSet {
        uint32_t words[WORDS_MAX];
        size_t n;
} FeatureSet;

static bool is_word(const char *p) {
        for (unsigned i = 0; i < N_DIGITS; i++)
                if (!g_ascii_isxdigit(p[i]))
                        return false;

        return p[N_DIGITS] == '\0' || p[N_DIGITS] == ':' || p[N_DIGITS] == '-';
}

/* "WORD:WORD:..." up to the end; false where something else is, or a part of a word */
static bool read_words(const char *p, FeatureSet *ret) {
        *ret = (FeatureSet){};
        for (;;) {
                if (!is_word(p) || ret->n == WORDS_MAX)
                        return false;

                ret->words[ret->n++] = g_ascii_strtoull(p, NULL, 16);
                p += N_DIGITS;
                if (*p == '\0')
                        return true;
                p++;
        }
}

/* The last word of a line, and what stands before it without the colon of a key */
static const char *split_line(char *line, char **ret_name) {
        char *last;

        g_strstrip(line);
        last = line + strlen(line);
        while (last > line && !g_ascii_isspace(last[-1]))
                last--;

        *ret_name = g_strndup(line, last - line);
        g_strchomp(*ret_name);
        if (g_str_has_suffix(*ret_name, ":"))
                (*ret_name)[strlen(*ret_name) - 1] = '\0';
        return last;
}

/* The sub-leaves of a leaf that are not all there have no maximum that counts them. */
static void add_unknown(const LeafTable *table, const bool (*is_told)[N_REGISTERS],
                        Unknown *unknown) {
        const Leaf *one = leaf_table_find(table, 0x80000001, 0);

        for (size_t i = 0; i < leaf_table_size(table); i++)
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        if (!is_told[i][reg])
                                unknown_add_bits(unknown, leaf_table_at(table, i)->leaf,
                                                 leaf_table_at(table, i)->subleaf, reg, UINT32_MAX);

        for (uint32_t i = 0; i < 3; i++)
                if (!leaf_table_find(table, 0x7, i))
                        unknown_add_subleaves(unknown, 0x7, i, i);
        unknown_add_subleaves(unknown, 0x7, 3, UINT32_MAX);

        if (one && !(one->registers[REGISTER_EDX] & XEN_COMMON_EDX))
                unknown_add_bits(unknown, 0x80000001, 0, REGISTER_EDX, XEN_COMMON_EDX);
}

static bool add_set(Dump *dump, const char *name, const FeatureSet *set, unsigned line,
                    GError **error) {
        bool is_told[G_N_ELEMENTS(places)][N_REGISTERS] = {};
        Leaf rows[G_N_ELEMENTS(places)] = {};
        size_t n_rows = 0;

        if (!dump_begin_cpu(dump, dump->cpus->len, line, error))
                return false;

        dump_set_cpu_name(dump, *name ? name : "without a name");
        for (size_t i = 0; i < MIN(set->n, G_N_ELEMENTS(places)); i++) {
                const WordPlace *place = &places[i];
                size_t j = 0;

                if (place->reg == N_REGISTERS)
                        continue;

                while (j < n_rows &&
                       (rows[j].leaf != place->leaf || rows[j].subleaf != place->subleaf))
                        j++;
                rows[j].leaf = place->leaf;
                rows[j].subleaf = place->subleaf;
                rows[j].registers[place->reg] = set->words[i];
                is_told[j][place->reg] = true;
                n_rows = MAX(n_rows, j + 1);
        }

        for (size_t i = 0; i < n_rows; i++)
                if (!dump_add_row(dump, &rows[i], DUMP_INDEX_UNTOLD, line, error))
                        return false;

        add_unknown(dump->cpu->table, is_told, dump_cpu_unknown(dump));
        if (set->n > MSR_WORD + 1)
                dump_set_msr(dump, MSR_ARCH_CAPABILITIES,
                             (uint64_t) set->words[MSR_WORD + 1] << 32 | set->words[MSR_WORD]);
        return true;
}

/* Of a policy, whose heading may have got lost: "LEAF:SUBLEAF -> EAX:EBX:ECX:EDX" */
static bool is_row(const char *name) {
        return g_str_has_suffix(name, "->");
}

/* One "NAME WORDS"; other lines are titles. @is_static: of no CPU */
static bool read_set(Dump *dump, char *text, bool is_static, unsigned line, GError **error) {
        g_autofree char *name = NULL;
        const char *last = split_line(text, &name);
        FeatureSet set;

        if (!is_word(last) || strlen(last) < WORDS_MIN * (N_DIGITS + 1) - 1)
                return true;

        if (is_row(name)) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: expected a feature set, found a row of a policy", line);
                return false;
        }
        if (!read_words(last, &set)) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "line %u: expected at most %u words of %u hex digits, joined by colons "
                            "or dashes",
                            line, WORDS_MAX, N_DIGITS);
                return false;
        }

        return is_static || add_set(dump, name, &set, line, error);
}

/* XAPI has several in one line, parted by semicolons. */
static bool read_line(Dump *dump, char *text, bool is_static, unsigned line, GError **error) {
        char *rest = text, *part;

        while ((part = strsep(&rest, ";")))
                if (!read_set(dump, part, is_static, line, error))
                        return false;

        return true;
}

static bool read_xen_features(const char *text, size_t n_text, const FormatOptions *options,
                              FormatInput *ret, GError **error) {
        g_autoptr(Dump) dump = dump_new();
        g_auto(Lines) lines = {};
        bool is_static = false;
        char *line;

        (void) options;
        dump->alternatives = "feature set";
        dump->missing = DUMP_MISSING_UNKNOWN;
        lines_init(&lines, text, n_text);
        while ((line = lines_next(&lines))) {
                if (!lines_check(&lines, error))
                        return false;
                if (g_str_equal(line, "Static sets:"))
                        is_static = true;
                else if (g_str_equal(line, "Dynamic sets:"))
                        is_static = false;
                else if (!read_line(dump, line, is_static, lines.number, error))
                        return false;
        }

        ret->dump = g_steal_pointer(&dump);
        return true;
}

/* It ends with words that are joined, and is no register line of AIDA64 and no row of a policy. */
static bool is_line_of_set(const char *line) {
        g_autofree char *copy = g_strdup(line);
        char *rest = g_str_has_prefix(line, "CPUID ") ? NULL : copy, *part;

        while ((part = strsep(&rest, ";"))) {
                g_autofree char *name = NULL;
                const char *last = split_line(part, &name);
                FeatureSet set;

                if (!is_row(name) && is_word(last) && read_words(last, &set) && set.n >= WORDS_MIN)
                        return true;
        }

        return false;
}

static bool looks_like(const char *text, size_t n_text) {
        return lines_some(text, n_text, is_line_of_set);
}

const Format format_xen_features = {
        .name = "xen-features",
        .description = "feature sets of 'xen-cpuid' or XAPI",
        .looks_like = looks_like,
        .read = read_xen_features,
};
