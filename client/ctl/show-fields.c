/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An offer leaf by leaf: numbers in a column each with its label, flags as names. Fields that are
 * zero, here and in KVM's answer, are not shown. */

#include "client/ctl/show.h"

#define INDENT 2
#define COLUMN 38

typedef struct Marks {
        bool has_changes;
        bool has_varying;
        bool has_corrections;
        bool has_forced;
} Marks;

static bool is_shown(const CpuiddOfferField *field, bool only_changed) {
        if (field->is_continuation)
                return false;
        return field->is_changed || field->correction || field->is_forced_on ||
                ((field->is_set || field->by_kind) && !only_changed);
}

static const char *mark(const CpuiddOfferField *field) {
        if (field->correction)
                return "!";
        if (!field->is_changed)
                return "";
        if (field->value == 0)
                return "-";
        return field->kvm == 0 ? "+" : "~";
}

static Style style(const CpuiddOfferField *field) {
        if (!field->is_changed)
                return field->is_dynamic ? STYLE_DIM : STYLE_PLAIN;
        if (field->value == 0)
                return STYLE_BAD;
        return field->kvm == 0 ? STYLE_GOOD : STYLE_DOUBTFUL;
}

/* A guest's table does not change it, be it there or not. */
static bool is_forced(const CpuiddOfferField *field) {
        return field->is_forced_on || field->is_forced_off;
}

/* What stands behind a name */
static const char *end_mark(const CpuiddOfferField *field) {
        return is_forced(field) ? field->varies ? "=*" : "=" : field->varies ? "*" : "";
}

static void note_marks(Marks *marks, const CpuiddOfferField *field) {
        marks->has_changes |= field->is_changed;
        marks->has_varying |= field->varies;
        marks->has_corrections |= field->correction != NULL;
        marks->has_forced |= is_forced(field);
}

static void print_number(Output *output, const CpuiddOfferField *field) {
        const char *label = *field->label ? field->label : field->place;

        output_column(output, INDENT);
        output_addf(output, style(field), "%s%s%s:", mark(field), label, end_mark(field));
        output_column(output, COLUMN);
        output_wrap(output, style(field), COLUMN, field->text);
        if (field->is_changed && field->kvm != 0 && *field->kvm_text) {
                g_autofree char *kvm = g_strdup_printf("(KVM: %s)", field->kvm_text);

                output_wrap(output, STYLE_DIM, COLUMN, kvm);
        }
        output_end_line(output);
}

static void print_flag(Output *output, const CpuiddOfferField *field) {
        g_autofree char *word =
                g_strdup_printf("%s%s%s", mark(field), field->name, end_mark(field));

        output_word(output, style(field), INDENT, word);
}

/* What is shown above is what they have in common */
static void print_kinds(Output *output, const CpuiddOfferField *field) {
        output_column(output, INDENT);
        output_addf(output, STYLE_DIM, "%s:", *field->name ? field->name : field->place);
        output_wrap(output, STYLE_DIM, INDENT + 2, field->by_kind);
        output_end_line(output);
}

static bool has_shown(const CpuiddOfferLeaf *leaf, bool only_changed) {
        for (size_t i = 0; i < leaf->fields->len; i++)
                if (is_shown(leaf->fields->pdata[i], only_changed))
                        return true;

        return false;
}

/* Numbers first, then the flags of all registers */
static void print_fields(Output *output, const CpuiddOfferLeaf *leaf, bool only_changed,
                         Marks *marks) {
        size_t n_flags = 0;

        for (size_t i = 0; i < leaf->fields->len; i++) {
                const CpuiddOfferField *field = leaf->fields->pdata[i];

                if (!is_shown(field, only_changed))
                        continue;
                note_marks(marks, field);
                if (field->is_flag)
                        n_flags++;
                else
                        print_number(output, field);
        }

        for (size_t i = 0; i < leaf->fields->len && n_flags > 0; i++) {
                const CpuiddOfferField *field = leaf->fields->pdata[i];

                if (field->is_flag && is_shown(field, only_changed))
                        print_flag(output, field);
        }

        if (n_flags > 0)
                output_end_line(output);

        for (size_t i = 0; i < leaf->fields->len; i++) {
                const CpuiddOfferField *field = leaf->fields->pdata[i];

                if (field->by_kind && is_shown(field, only_changed))
                        print_kinds(output, field);
        }
}

/* Fields that one error has made wrong are told in one line. */
static void print_corrections(Output *output, const CpuiddOfferLeaf *leaf) {
        const char *last = NULL;

        for (size_t i = 0; i < leaf->fields->len; i++) {
                const CpuiddOfferField *field = leaf->fields->pdata[i];
                g_autofree char *name = NULL;

                if (!field->correction || g_strcmp0(field->correction, last) == 0)
                        continue;

                last = field->correction;
                name = g_strdup_printf("! %s:", *field->name ? field->name : field->place);
                output_column(output, INDENT);
                output_add(output, STYLE_DOUBTFUL, name);
                output_wrap(output, STYLE_DIM, INDENT + 2, field->correction);
                output_end_line(output);
        }
}

static void print_leaf(Output *output, const CpuiddOfferLeaf *leaf, bool only_changed,
                       Marks *marks) {
        output_end_line(output);
        output_add(output, STYLE_BOLD, leaf->place);
        if (*leaf->title)
                output_addf(output, STYLE_PLAIN, "  %s", leaf->title);
        if (!leaf->is_offered)
                output_add(output, STYLE_BAD, "  (taken away)");
        output_end_line(output);
        print_fields(output, leaf, only_changed, marks);
        print_corrections(output, leaf);
}

static void print_legend(Output *output, Marks marks) {
        if (!marks.has_changes && !marks.has_varying && !marks.has_corrections && !marks.has_forced)
                return;

        output_end_line(output);
        output_wrap(output, STYLE_DIM, 0,
                    marks.has_changes ?
                            "Beside KVM's own answer: + added, - taken away, ~ changed." :
                            "");
        output_wrap(output, STYLE_DIM, 0,
                    marks.has_corrections ? "! KVM's own answer is known to be wrong." : "");
        output_wrap(output, STYLE_DIM, 0,
                    marks.has_forced ? "= as in every virtual CPU of this host, whatever its "
                                       "table says." :
                                       "");
        output_wrap(output, STYLE_DIM, 0,
                    marks.has_varying ? "* depends on the CPU that is asked." : "");
        output_end_line(output);
}

/* Zeros that nobody told are not shown as fields. */
void show_unknown(Output *output, const CpuiddOffer *offer) {
        g_autofree char *runs = g_strjoinv(", ", (char **) offer->unknown);

        if (!*runs)
                return;

        output_end_line(output);
        output_add(output, STYLE_DIM, "not told:");
        output_wrap(output, STYLE_DIM, 2, runs);
        output_end_line(output);
}

void show_fields(Output *output, const CpuiddOffer *offer, bool only_changed) {
        g_autofree char *enabled = g_strjoinv(", ", (char **) offer->capabilities);
        Marks marks = {};
        size_t n = 0;

        output_add(output, STYLE_BOLD, offer->host);
        output_wrap(output, STYLE_PLAIN, 2, "with");
        output_wrap(output, STYLE_PLAIN, 2, *enabled ? enabled : "nothing enabled");
        output_end_line(output);

        for (size_t i = 0; i < offer->leaves->len; i++)
                if (has_shown(offer->leaves->pdata[i], only_changed)) {
                        print_leaf(output, offer->leaves->pdata[i], only_changed, &marks);
                        n++;
                }

        if (n == 0) {
                output_add(output, STYLE_PLAIN,
                           only_changed ? "all is as in KVM's own answer" : "nothing at all");
                output_end_line(output);
        }
        show_unknown(output, offer);
        print_legend(output, marks);
}
