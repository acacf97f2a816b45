/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The findings of a verdict for people. Many of them often say one sentence about many bits: it is
 * said once then, and the places and names come behind it. */

#include "client/ctl/findings.h"

#include <string.h>

#include "client/ctl/change.h"

/* A message beside its place and field needs this much, else it stands below them. */
#define MESSAGE_MIN 52
#define MESSAGE_BELOW 4

/* So many have to say the same */
#define GROUP_MIN 6

/* What a sentence has in common before and behind the name, and how long that may be: more, or one
 * with a comma in it, is no name */
#define PREFIX_MIN 8
#define SUFFIX_MIN 16
#define NAME_MAX_LENGTH 48

/* A capability is its own place. */
static const char *field_of(const CpuiddFinding *finding) {
        return g_str_equal(finding->field, finding->where) ? "" : finding->field;
}

/* Wide enough for the widest place and field; where that leaves messages no room, they stand below
 * at MESSAGE_BELOW. */
typedef struct Columns {
        unsigned field;
        unsigned message;
} Columns;

static Columns find_columns(const Output *output, const GPtrArray *findings) {
        Columns columns = { .field = MESSAGE_BELOW, .message = MESSAGE_BELOW };

        for (size_t i = 0; i < findings->len; i++) {
                const CpuiddFinding *finding = findings->pdata[i];

                columns.field = MAX(columns.field, 4 + text_width(finding->where));
        }

        for (size_t i = 0; i < findings->len; i++) {
                const CpuiddFinding *finding = findings->pdata[i];
                unsigned width = text_width(field_of(finding));

                columns.message = MAX(columns.message, columns.field + (width > 0 ? width + 2 : 0));
        }

        if (columns.message + MESSAGE_MIN > output_width(output))
                columns.message = MESSAGE_BELOW;
        return columns;
}

static void print_remedy(Output *output, const CpuiddFinding *finding, unsigned column) {
        g_autofree char *remedy = change_to_options(finding->remedy);

        if (!*remedy)
                return;

        output_column(output, column);
        output_add(output, STYLE_PLAIN, "remedy:");
        output_wrap(output, STYLE_GOOD, column, remedy);
        output_end_line(output);
}

static void print_finding(Output *output, const CpuiddFinding *finding, Columns columns,
                          Style style) {
        bool is_note = style == STYLE_DIM;
        Style text_style = is_note ? STYLE_DIM : STYLE_PLAIN;

        output_column(output, 2);
        output_add(output, style, finding->where);
        if (*field_of(finding)) {
                output_column(output, columns.field);
                output_add(output, is_note ? STYLE_DIM : STYLE_BOLD, field_of(finding));
        }

        if (columns.message == MESSAGE_BELOW)
                output_end_line(output);
        output_wrap(output, text_style, columns.message, finding->message);
        output_end_line(output);
        print_remedy(output, finding, columns.message);
}

/* Findings that differ in the name alone: their messages have the first @n_prefix bytes of the
 * first one's, and its last @n_suffix */
typedef struct Group {
        GPtrArray *findings; /* CpuiddFinding */
        size_t n_prefix;
        size_t n_suffix;
} Group;

static void group_done(Group *group) {
        g_clear_pointer(&group->findings, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Group, group_done)

/* Up to the end of a word */
static size_t common_prefix(const char *one, const char *other) {
        size_t n = 0;

        for (size_t i = 0; one[i] && one[i] == other[i]; i++)
                if (one[i] == ' ')
                        n = i + 1;

        return n;
}

/* From the end of a word on */
static size_t common_suffix(const char *one, const char *other) {
        size_t n_one = strlen(one), n_other = strlen(other), n = 0;

        for (size_t i = 1; i <= MIN(n_one, n_other) && one[n_one - i] == other[n_other - i]; i++)
                if (strchr(" ,;:", one[n_one - i]))
                        n = i;

        return n;
}

static bool has_name(const char *message, size_t n_prefix, size_t n_suffix) {
        size_t n = strlen(message), n_name;
        g_autofree char *name = NULL;

        if (n_prefix < PREFIX_MIN || n_suffix < SUFFIX_MIN || n_prefix + n_suffix >= n)
                return false;

        n_name = n - n_prefix - n_suffix;
        name = g_strndup(message + n_prefix, n_name);
        return n_name <= NAME_MAX_LENGTH && !strpbrk(name, ",;:");
}

/* Values that are more than a bit stand in the sentence, and are not to be lost. */
static bool is_alike(const CpuiddFinding *one, const CpuiddFinding *other) {
        return one->low == one->high && other->low == other->high &&
                g_str_equal(one->severity, other->severity) &&
                g_str_equal(one->rule, other->rule) && g_str_equal(one->cause, other->cause) &&
                g_strv_equal(one->remedy, other->remedy);
}

/* Takes it in where all then still have a name */
static void group_try(Group *group, const CpuiddFinding *finding) {
        const CpuiddFinding *first = group->findings->pdata[0];
        size_t n_prefix = MIN(group->n_prefix, common_prefix(first->message, finding->message));
        size_t n_suffix = MIN(group->n_suffix, common_suffix(first->message, finding->message));

        if (!is_alike(first, finding) || !has_name(finding->message, n_prefix, n_suffix))
                return;
        for (size_t i = 0; i < group->findings->len; i++) {
                const CpuiddFinding *other = group->findings->pdata[i];

                if (!has_name(other->message, n_prefix, n_suffix))
                        return;
        }

        group->n_prefix = n_prefix;
        group->n_suffix = n_suffix;
        g_ptr_array_add(group->findings, (CpuiddFinding *) finding);
}

/* Those of @left, from the first one on, that say the same */
static Group group_new(const GPtrArray *left) {
        const CpuiddFinding *first = left->pdata[0];
        size_t n = strlen(first->message);
        Group group = { .findings = g_ptr_array_new(), .n_prefix = n, .n_suffix = n };

        g_ptr_array_add(group.findings, (CpuiddFinding *) first);
        for (size_t i = 1; i < left->len; i++)
                group_try(&group, left->pdata[i]);
        return group;
}

static void print_group(Output *output, const Group *group, Style style) {
        const CpuiddFinding *first = group->findings->pdata[0];
        Style text_style = style == STYLE_DIM ? STYLE_DIM : STYLE_PLAIN;
        g_autofree char *prefix = g_strndup(first->message, group->n_prefix);
        g_autofree char *sentence =
                g_strdup_printf("times: %s...%s", prefix,
                                first->message + strlen(first->message) - group->n_suffix);

        output_column(output, 2);
        output_addf(output, style, "%u", group->findings->len);
        output_wrap(output, text_style, MESSAGE_BELOW, sentence);
        output_end_line(output);

        output_column(output, MESSAGE_BELOW);
        for (size_t i = 0; i < group->findings->len; i++) {
                const CpuiddFinding *finding = group->findings->pdata[i];
                const char *field = field_of(finding);
                g_autofree char *word =
                        g_strdup_printf("%s%s%s%s", finding->where, *field ? " " : "", field,
                                        i + 1 < group->findings->len ? "," : "");

                output_word(output, text_style, MESSAGE_BELOW, word);
        }
        output_end_line(output);
        print_remedy(output, first, MESSAGE_BELOW);
}

static void print_next(Output *output, GPtrArray *left, Columns columns, Style style) {
        g_auto(Group) group = group_new(left);

        if (group.findings->len < GROUP_MIN) {
                print_finding(output, left->pdata[0], columns, style);
                g_ptr_array_remove_index(left, 0);
                return;
        }

        print_group(output, &group, style);
        for (size_t i = 0; i < group.findings->len; i++)
                g_ptr_array_remove(left, group.findings->pdata[i]);
}

void findings_print_list(Output *output, const char *title, const GPtrArray *findings,
                         const GPtrArray *all, Style style) {
        g_autoptr(GPtrArray) left = g_ptr_array_new();
        Columns columns = find_columns(output, all);

        if (findings->len == 0)
                return;

        output_end_line(output);
        output_add(output, style, title);
        output_end_line(output);
        for (size_t i = 0; i < findings->len; i++)
                g_ptr_array_add(left, findings->pdata[i]);
        while (left->len > 0)
                print_next(output, left, columns, style);
}

void findings_print(Output *output, const CpuiddVerdict *verdict, const char *severity,
                    Style style) {
        g_autoptr(GPtrArray) all = g_ptr_array_new(), some = g_ptr_array_new();
        g_autofree char *title = NULL;

        for (size_t i = 0; i < cpuidd_verdict_get_n_findings(verdict); i++) {
                const CpuiddFinding *finding = cpuidd_verdict_get_finding(verdict, i);

                g_ptr_array_add(all, (CpuiddFinding *) finding);
                if (g_str_equal(finding->severity, severity))
                        g_ptr_array_add(some, (CpuiddFinding *) finding);
        }

        title = g_strdup_printf("%u %s%s", some->len, severity, some->len == 1 ? "" : "s");
        findings_print_list(output, title, some, all, style);
}
