/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cpuidctl capabilities: what a VMM can enable that changes its guest's CPUID, whether the host has
 * it, and what it changes there */

#include "client/ctl/command.h"
#include "client/ctl/read.h"

#define COLUMN_TEXT 4

/* A view changes dozens of fields at once. */
#define WORDS_MAX 12

static Reading arg_reading;

static const GOptionEntry options[] = {
        READING_HOST_OPTIONS(arg_reading),
        {},
};

typedef struct Columns {
        unsigned has;
        unsigned value;
} Columns;

static Columns find_columns(const GPtrArray *capabilities) {
        Columns columns = { .has = 10 };

        for (size_t i = 0; i < capabilities->len; i++) {
                const CpuiddCapability *capability = capabilities->pdata[i];

                columns.has = MAX(columns.has, 4 + text_width(capability->name));
        }

        columns.value = columns.has + 9;
        return columns;
}

static const char *has_word(const CpuiddCapability *capability, Style *ret_style) {
        switch (capability->has) {
        case CPUIDD_KNOWN_YES:
                *ret_style = STYLE_GOOD;
                return "yes";
        case CPUIDD_KNOWN_NO:
                *ret_style = STYLE_BAD;
                return "no";
        default:
                *ret_style = STYLE_DOUBTFUL;
                return "unknown";
        }
}

static void print_names(Output *output, const char *title, const char *const *names,
                        const char *own) {
        bool is_first = true;

        for (size_t i = 0; names[i]; i++) {
                if (g_str_equal(names[i], own))
                        continue;
                output_word(output, STYLE_DIM, COLUMN_TEXT, is_first ? title : "and");
                output_word(output, STYLE_DIM, COLUMN_TEXT, names[i]);
                is_first = false;
        }

        if (!is_first)
                output_end_line(output);
}

/* The four registers of a row, one after another */
static bool is_row(const GPtrArray *operations, size_t i) {
        const CpuiddOperation *first = operations->pdata[i];

        for (size_t j = 0; j < 4; j++) {
                const CpuiddOperation *operation =
                        i + j < operations->len ? operations->pdata[i + j] : NULL;

                if (!operation || !g_str_equal(operation->operation, first->operation) ||
                    operation->leaf != first->leaf || operation->subleaf != first->subleaf ||
                    operation->reg != j || operation->low != 0 || operation->high != 31)
                        return false;
        }

        return true;
}

static void print_operation(Output *output, const GPtrArray *operations, size_t *i) {
        const CpuiddOperation *operation = operations->pdata[*i];
        g_autofree char *row = NULL;

        if (is_row(operations, *i)) {
                row = g_strdup_printf("0x%x.%u", operation->leaf, operation->subleaf);
                *i += 3;
        }

        output_word(output, STYLE_PLAIN, COLUMN_TEXT + 2,
                    row                       ? row :
                            *operation->field ? operation->field :
                                                operation->place);
}

/* Rows, fields by name, anything else by place; one verb for all that follow it */
static void print_delta(Output *output, const GPtrArray *operations) {
        const char *verb = "";
        size_t n_words = 0;

        for (size_t i = 0; i < operations->len; i++) {
                const CpuiddOperation *operation = operations->pdata[i];

                if (n_words++ == WORDS_MAX && operations->len > i + 1) {
                        g_autofree char *more =
                                g_strdup_printf("and %zu more", operations->len - i);

                        output_wrap(output, STYLE_DIM, COLUMN_TEXT, more);
                        break;
                }

                if (!g_str_equal(operation->operation, verb)) {
                        g_autofree char *title = g_strdup_printf("%s:", operation->operation);

                        if (i > 0)
                                output_end_line(output);
                        output_word(output, STYLE_DIM, COLUMN_TEXT, title);
                        verb = operation->operation;
                }
                print_operation(output, operations, &i);
        }

        if (operations->len > 0)
                output_end_line(output);
}

static void print_capability(Output *output, const CpuiddCapability *capability, Columns columns) {
        Style style;
        const char *has = has_word(capability, &style);

        output_add(output, STYLE_PLAIN, capability->is_default ? "* " : "  ");
        output_add(output, STYLE_BOLD, capability->name);
        output_column(output, columns.has);
        output_add(output, style, has);
        output_column(output, columns.value);
        output_addf(output, STYLE_PLAIN, "0x%" G_GINT64_MODIFIER "x", capability->value);
        output_end_line(output);
        output_wrap(output, STYLE_PLAIN, COLUMN_TEXT, capability->summary);
        output_end_line(output);
        print_delta(output, capability->operations);
        print_names(output, "implies:", capability->implies, capability->name);
        print_names(output, "does nothing without:", capability->needs, capability->name);
}

static void print_table(Output *output, const GPtrArray *capabilities) {
        Columns columns = find_columns(capabilities);

        output_add(output, STYLE_DIM, "  CAPABILITY");
        output_column(output, columns.has);
        output_add(output, STYLE_DIM, "HAS");
        output_column(output, columns.value);
        output_add(output, STYLE_DIM, "KVM");
        output_end_line(output);
        for (size_t i = 0; i < capabilities->len; i++)
                print_capability(output, capabilities->pdata[i], columns);
        output_end_line(output);
        output_wrap(output, STYLE_DIM, 0,
                    "* is enabled unless a guest says otherwise. KVM: its own number for it.");
        output_end_line(output);
}

static bool run(Session *session, char **arguments, GError **error) {
        g_autoptr(CpuiddHost) host = reading_host(session, &arg_reading, error);
        g_autoptr(GPtrArray) capabilities =
                host ? cpuidd_host_list_capabilities(host, true, error) : NULL;
        g_autofree char *json = NULL;

        (void) arguments;
        if (!capabilities)
                return false;

        if (session->wants_json) {
                json = cpuidd_capabilities_to_json(capabilities, session->json_style);
                output_document(session->output, json);
        } else
                print_table(session->output, capabilities);

        return true;
}

const Command command_capabilities = {
        .name = "capabilities",
        .summary = "What a VMM can enable that changes CPUID",
        .help = "'unknown' is what a profile says of a capability if it does not record what "
                "would tell.",
        .options = options,
        .run = run,
};
