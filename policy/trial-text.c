/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests as text: what the daemon writes and a process in confinement reads */

#include "policy/trial-text.h"

#include <string.h>

#include "policy/trial-line.h"

typedef struct Reader {
        TrialLine line;
        TrialRequest *request;
        TrialCase *current; /* NULL: what is read now belongs to none */
} Reader;

static void write_case(GString *text, const TrialCase *trial_case) {
        g_autofree const char **names = capability_set_names(trial_case->capabilities);

        g_string_append(text, "case\n");
        for (size_t i = 0; names[i]; i++)
                g_string_append_printf(text, "capability %s\n", names[i]);
        for (size_t i = 0; i < leaf_table_size(trial_case->table); i++)
                trial_line_append_row(text, "row", leaf_table_at(trial_case->table, i));
        for (size_t i = 0; trial_case->msrs && i < trial_case->msrs->len; i++) {
                const TrialMsr *msr = &g_array_index(trial_case->msrs, TrialMsr, i);

                g_string_append_printf(text, "msr 0x%x 0x%" G_GINT64_MODIFIER "x\n", msr->index,
                                       msr->value);
        }
}

char *trial_request_write(const TrialRequest *request) {
        GString *text = g_string_new(TRIAL_REQUEST_MAGIC "\n");

        for (size_t i = 0; i < request->cases->len; i++) {
                const TrialCase *trial_case = request->cases->pdata[i];
                const TrialChange *change = &trial_case->change;

                if (trial_case->table)
                        write_case(text, trial_case);
                else
                        g_string_append_printf(text, "case-like %zu 0x%x %u %s 0x%x\n",
                                               trial_case->like, change->leaf, change->subleaf,
                                               register_to_string(change->reg), change->value);
        }

        g_string_append(text, "end\n");
        return g_string_free(text, FALSE);
}

static bool has_room(const Reader *reader, GError **error) {
        return reader->request->cases->len < TRIAL_CASES_MAX ||
                trial_line_refuse(&reader->line, error, "at most 8192 cases");
}

static bool read_case(Reader *reader, GError **error) {
        size_t i;

        if (!has_room(reader, error))
                return false;

        i = trial_request_add(reader->request, 0, leaf_table_new(), NULL);
        reader->current = reader->request->cases->pdata[i];
        return true;
}

static bool read_like(Reader *reader, GError **error) {
        const GPtrArray *cases = reader->request->cases;
        const TrialLine *line = &reader->line;
        uint64_t like, leaf, subleaf, value;
        Register reg;

        if (!has_room(reader, error))
                return false;
        if (!trial_line_number(line, 1, UINT32_MAX, &like) ||
            !trial_line_number(line, 2, UINT32_MAX, &leaf) ||
            !trial_line_number(line, 3, UINT32_MAX, &subleaf) ||
            !trial_line_register(line, 4, &reg) || !trial_line_number(line, 5, UINT32_MAX, &value))
                return trial_line_refuse(line, error,
                                         "'case-like CASE LEAF SUBLEAF REGISTER VALUE'");
        if (like >= cases->len || !((const TrialCase *) cases->pdata[like])->table)
                return trial_line_refuse(line, error, "an earlier case with a table of its own");

        (void) trial_request_add_like(
                reader->request, like,
                &(TrialChange){ .leaf = leaf, .subleaf = subleaf, .reg = reg, .value = value });
        reader->current = NULL;
        return true;
}

static bool read_capability(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;
        const Capability *capability = capability_find(line->words[1]);

        if (!capability)
                return trial_line_refuse(line, error, "'capability NAME' with the name of one");
        if (leaf_table_size(reader->current->table) > 0 || reader->current->msrs)
                return trial_line_refuse(line, error, "capabilities before rows and MSRs");

        reader->current->capabilities |= capability_bit(capability);
        return true;
}

static bool read_row(Reader *reader, GError **error) {
        LeafTable *table = reader->current->table;
        Leaf row;

        if (!trial_line_row(&reader->line, &row))
                return trial_line_refuse(&reader->line, error,
                                         "'row LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers");
        if (reader->current->msrs)
                return trial_line_refuse(&reader->line, error, "rows before MSRs");
        if (leaf_table_size(table) >= LEAF_TABLE_MAX)
                return trial_line_refuse(&reader->line, error, "at most 256 rows a case");

        leaf_table_add(table, &row);
        return true;
}

static bool read_msr(Reader *reader, GError **error) {
        uint64_t index, value;

        if (!trial_line_number(&reader->line, 1, UINT32_MAX, &index) ||
            !trial_line_number(&reader->line, 2, UINT64_MAX, &value))
                return trial_line_refuse(&reader->line, error, "'msr INDEX VALUE'");

        if (!reader->current->msrs)
                reader->current->msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsr));
        if (reader->current->msrs->len >= TRIAL_MSRS_MAX)
                return trial_line_refuse(&reader->line, error, "at most 4096 MSRs a case");

        g_array_append_val(reader->current->msrs, ((TrialMsr){ index, value }));
        return true;
}

static bool read_line(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;

        if (trial_line_is(line, "case", 1))
                return read_case(reader, error);
        if (trial_line_is(line, "case-like", 6))
                return read_like(reader, error);
        if (trial_line_is(line, "case-like", line->n_words))
                return trial_line_refuse(line, error,
                                         "'case-like CASE LEAF SUBLEAF REGISTER VALUE'");
        if (!reader->current)
                return trial_line_refuse(line, error, "'case', 'case-like' or 'end'");

        if (trial_line_is(line, "capability", 2))
                return read_capability(reader, error);
        if (trial_line_is(line, "row", line->n_words))
                return read_row(reader, error);
        if (trial_line_is(line, "msr", 3))
                return read_msr(reader, error);

        return trial_line_refuse(line, error,
                                 "'case', 'case-like', 'capability NAME', 'row' and seven numbers, "
                                 "'msr INDEX VALUE' or 'end'");
}

TrialRequest *trial_request_parse(const char *text, size_t n_text, GError **error) {
        g_autoptr(TrialRequest) request = trial_request_new();
        Reader reader = { .request = request };

        if (!trial_line_begin(&reader.line, text, n_text, TRIAL_REQUEST_MAGIC, error))
                return NULL;

        do {
                if (!trial_line_next(&reader.line, error))
                        return NULL;
                if (trial_line_is(&reader.line, "end", 1))
                        return trial_line_finish(&reader.line, error) ? g_steal_pointer(&request) :
                                                                        NULL;
        } while (read_line(&reader, error));

        return NULL;
}
