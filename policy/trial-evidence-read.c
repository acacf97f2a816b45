/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Evidence, read. Nothing is kept that is not a number or a name that is known here, since whoever
 * wrote it has had a stranger's table in its hands. */

#include "policy/trial-text.h"

#include <string.h>

#include "policy/control.h"
#include "policy/trial-delta.h"
#include "policy/trial-line.h"

#define ERRNO_MAX 4095

/* In the order in which the lines of a case come */
typedef enum Part {
        PART_CASE,
        PART_FAILED,
        PART_ENABLED, /* and refused, in the order of the capabilities */
        PART_SUPPORTED,
        PART_SET,
        PART_CULPRIT,
        PART_NOTHING_SET,
        PART_GONE,
        PART_BACK,
        PART_MSR,
        PART_CONTROL,
} Part;

/* A step takes about a millisecond. */
#define STEP_LINES 500

typedef struct TrialReader Reader;

struct TrialReader {
        TrialLine line;
        const TrialRequest *request;
        GPtrArray *evidences;
        TrialEvidence *current;     /* NULL: none yet */
        const LeafTable *supported; /* the last that there was */
        Part part;
        /* Rows that were set, and those read back, before they are one table */
        LeafTable *rows;
        LeafTable *changed;
        GError *problem;
        bool is_done; /* or refused */
};

typedef struct Keyword {
        const char *name;
        Part part;
        bool (*read)(Reader *reader, GError **error);
} Keyword;

static bool read_code(const TrialLine *line, size_t word, bool is_msr, int *ret) {
        uint64_t code;

        if (is_msr && word < line->n_words && strcmp(line->words[word], "-1") == 0) {
                *ret = TRIAL_MSR_REFUSED;
                return true;
        }
        if (!trial_line_number(line, word, ERRNO_MAX, &code))
                return false;

        *ret = code;
        return true;
}

static bool read_failed(Reader *reader, GError **error) {
        static const char *const calls[] = { "KVM_CREATE_VM", "KVM_CREATE_VCPU", "KVM_GET_CPUID2" };
        TrialEvidence *evidence = reader->current;

        if (reader->line.n_words == 3 &&
            read_code(&reader->line, 2, false, &evidence->failure_code))
                for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
                        if (strcmp(reader->line.words[1], calls[i]) == 0) {
                                evidence->failure = g_strdup(calls[i]);
                                return true;
                        }

        return trial_line_refuse(&reader->line, error,
                                 "'failed CALL ERRNO' with what makes a vCPU, or reads it back");
}

static const TrialCase *reader_case(const Reader *reader) {
        return reader->request->cases->pdata[reader->evidences->len - 1];
}

/* One that the case is to have, and that has no line yet */
static const Capability *read_capability(Reader *reader) {
        const Capability *capability =
                reader->line.n_words > 1 ? capability_find(reader->line.words[1]) : NULL;
        CapabilitySet asked =
                trial_request_capabilities(reader->request, reader->evidences->len - 1);
        const GArray *refusals = reader->current->refusals;

        if (!capability || !reader_case(reader)->table ||
            !(asked & ~reader->current->enabled & capability_bit(capability)))
                return NULL;
        for (size_t i = 0; i < refusals->len; i++)
                if (g_array_index(refusals, TrialRefusal, i).capability == capability)
                        return NULL;

        return capability;
}

static bool read_enabled(Reader *reader, GError **error) {
        const Capability *capability = read_capability(reader);

        if (!capability || reader->line.n_words != 2)
                return trial_line_refuse(&reader->line, error,
                                         "'enabled NAME' with a capability of the case, once");

        reader->current->enabled |= capability_bit(capability);
        return true;
}

static bool read_refused(Reader *reader, GError **error) {
        TrialRefusal refusal = { .capability = read_capability(reader) };

        if (refusal.capability && reader->line.n_words == 4 &&
            read_code(&reader->line, 2, false, &refusal.code))
                for (unsigned i = 0;; i++) {
                        refusal.call = trial_refusal_call(refusal.capability, i);
                        if (!refusal.call)
                                break;
                        if (strcmp(reader->line.words[3], refusal.call) == 0) {
                                g_array_append_val(reader->current->refusals, refusal);
                                return true;
                        }
                }

        return trial_line_refuse(&reader->line, error,
                                 "'refused NAME ERRNO CALL' with a capability of the case and what "
                                 "enables it");
}

static bool read_supported_new(Reader *reader, GError **error) {
        if (reader->current->supported || reader->line.n_words != 1)
                return trial_line_refuse(&reader->line, error, "'supported-new' once");

        reader->current->supported = leaf_table_new();
        reader->supported = reader->current->supported;
        return true;
}

static bool add_row(Reader *reader, LeafTable *table, const char *expected, GError **error) {
        Leaf row;

        if (!trial_line_row(&reader->line, &row))
                return trial_line_refuse(&reader->line, error, expected);
        if (leaf_table_size(table) >= LEAF_TABLE_MAX)
                return trial_line_refuse(&reader->line, error, "at most 256 rows a table");

        leaf_table_add(table, &row);
        return true;
}

static bool read_supported(Reader *reader, GError **error) {
        if (!reader->current->supported)
                return trial_line_refuse(&reader->line, error, "'supported-new' before its rows");

        return add_row(reader, reader->current->supported,
                       "'supported LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers", error);
}

static bool read_supported_same(Reader *reader, GError **error) {
        if (reader->current->supported || !reader->supported || reader->line.n_words != 1)
                return trial_line_refuse(&reader->line, error,
                                         "'supported-same' once, after a case with an answer");

        reader->current->supported = leaf_table_copy(reader->supported);
        return true;
}

static bool read_set(Reader *reader, GError **error) {
        if (reader->part == PART_SET || reader->line.n_words != 2 ||
            !read_code(&reader->line, 1, false, &reader->current->set_code))
                return trial_line_refuse(&reader->line, error, "'set ERRNO' once");

        return true;
}

static bool read_culprit(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;
        uint64_t leaf, subleaf, low, high;
        Register reg;
        int code;

        if (line->n_words != 7 || !trial_line_number(line, 1, UINT32_MAX, &leaf) ||
            !trial_line_number(line, 2, UINT32_MAX, &subleaf) ||
            !trial_line_register(line, 3, &reg) || !trial_line_number(line, 4, 31, &low) ||
            !trial_line_number(line, 5, 31, &high) || low > high ||
            !read_code(line, 6, false, &code) || reader->current->set_code == 0)
                return trial_line_refuse(
                        line, error,
                        "'culprit LEAF SUBLEAF REGISTER LOW HIGH ERRNO' of a table "
                        "that was refused");

        g_array_append_val(reader->current->culprits,
                           ((TrialCulprit){ .leaf = leaf,
                                            .subleaf = subleaf,
                                            .reg = reg,
                                            .low = low,
                                            .high = high,
                                            .code = code }));
        return true;
}

static bool read_nothing_set(Reader *reader, GError **error) {
        if (reader->part == PART_NOTHING_SET || reader->current->set_code == 0 ||
            reader->line.n_words != 1)
                return trial_line_refuse(&reader->line, error,
                                         "'nothing-set' once, of a table that was refused");

        return true;
}

/* What was set, when the first line comes that is about it */
static LeafTable *reader_rows(Reader *reader) {
        TrialEvidence *evidence = reader->current;
        g_autoptr(LeafTable) table = NULL;

        if (!evidence->set) {
                table = trial_request_table(reader->request, reader->evidences->len - 1);
                evidence->set = trial_table_without(table, evidence->culprits);
                reader->rows = leaf_table_copy(evidence->set);
        }

        return reader->rows;
}

static bool read_gone(Reader *reader, GError **error) {
        uint64_t leaf, subleaf;

        (void) reader_rows(reader);
        if (reader->line.n_words != 3 || !trial_line_number(&reader->line, 1, UINT32_MAX, &leaf) ||
            !trial_line_number(&reader->line, 2, UINT32_MAX, &subleaf) ||
            !trial_delta_remove(&reader->rows, leaf, subleaf))
                return trial_line_refuse(&reader->line, error,
                                         "'gone LEAF SUBLEAF' with a row that was set");

        return true;
}

static bool read_back(Reader *reader, GError **error) {
        (void) reader_rows(reader);
        if (!reader->changed)
                reader->changed = leaf_table_new();

        return add_row(reader, reader->changed,
                       "'back LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers", error);
}

static bool read_msr(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;
        TrialMsrAnswer answer = {};
        uint64_t index;

        if (line->n_words != 4 || !trial_line_number(line, 1, UINT32_MAX, &index) ||
            !read_code(line, 2, true, &answer.code))
                return trial_line_refuse(line, error, "'msr INDEX ERRNO VALUE'");

        answer.index = index;
        answer.has_value = strcmp(line->words[3], "-") != 0;
        if (answer.has_value && !trial_line_number(line, 3, UINT64_MAX, &answer.value))
                return trial_line_refuse(line, error, "'msr INDEX ERRNO VALUE'");
        if (reader->current->msrs->len >= TRIAL_MSRS_MAX)
                return trial_line_refuse(line, error, "at most 4096 MSRs a case");

        g_array_append_val(reader->current->msrs, answer);
        return true;
}

static bool read_control(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;
        const Control *control = line->n_words == 3 ? control_find(line->words[1]) : NULL;
        TrialControlAnswer answer = {};

        if (!control || !read_code(line, 2, true, &answer.code))
                return trial_line_refuse(line, error, "'control NAME ERRNO' with the name of one");
        if (reader->current->controls->len >= N_CONTROLS)
                return trial_line_refuse(line, error, "each control once");

        answer.control = control_index(control);
        g_array_append_val(reader->current->controls, answer);
        return true;
}

/* What the lines of a case are together */
static bool finish_case(Reader *reader, GError **error) {
        TrialEvidence *evidence = reader->current;

        if (!evidence || evidence->failure)
                return true;
        if (reader->part < PART_SET)
                return trial_line_refuse(&reader->line, error, "'set ERRNO' of the case before");

        if (reader->part != PART_NOTHING_SET)
                evidence->back = trial_delta_join(reader_rows(reader), reader->changed);

        g_clear_pointer(&reader->rows, leaf_table_free);
        g_clear_pointer(&reader->changed, leaf_table_free);
        if (evidence->back && leaf_table_size(evidence->back) > LEAF_TABLE_MAX)
                return trial_line_refuse(&reader->line, error, "at most 256 rows read back");
        return true;
}

static bool read_case(Reader *reader, GError **error) {
        if (reader->line.n_words != 1 || reader->evidences->len >= reader->request->cases->len)
                return trial_line_refuse(&reader->line, error, "'case' for each case asked for");

        reader->current = trial_evidence_new();
        g_ptr_array_add(reader->evidences, reader->current);
        if (!reader_case(reader)->table) {
                const TrialEvidence *like = reader->evidences->pdata[reader_case(reader)->like];

                reader->current->enabled = like->enabled;
        }
        return true;
}

static const Keyword keywords[] = {
        { "case", PART_CASE, read_case },
        { "failed", PART_FAILED, read_failed },
        { "enabled", PART_ENABLED, read_enabled },
        { "refused", PART_ENABLED, read_refused },
        { "supported-new", PART_SUPPORTED, read_supported_new },
        { "supported", PART_SUPPORTED, read_supported },
        { "supported-same", PART_SUPPORTED, read_supported_same },
        { "set", PART_SET, read_set },
        { "culprit", PART_CULPRIT, read_culprit },
        { "nothing-set", PART_NOTHING_SET, read_nothing_set },
        { "gone", PART_GONE, read_gone },
        { "back", PART_BACK, read_back },
        { "msr", PART_MSR, read_msr },
        { "control", PART_CONTROL, read_control },
};

/* Nothing is behind what ends a case, and all but its beginning comes in order. */
static bool comes_in_order(const Reader *reader, Part part) {
        if (!reader->current || reader->part == PART_FAILED || reader->part == PART_NOTHING_SET)
                return false;
        if (part > PART_SET && reader->part < PART_SET)
                return false;
        return part >= reader->part && (part != PART_FAILED || reader->part == PART_CASE);
}

static bool read_line(Reader *reader, GError **error) {
        const TrialLine *line = &reader->line;

        for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
                const Keyword *keyword = &keywords[i];

                if (!trial_line_is(line, keyword->name, line->n_words))
                        continue;
                if (keyword->part == PART_CASE && !finish_case(reader, error))
                        return false;
                if (keyword->part != PART_CASE && !comes_in_order(reader, keyword->part))
                        return trial_line_refuse(line, error, "the lines of a case in their order");
                if (!keyword->read(reader, error))
                        return false;
                reader->part = keyword->part;
                return true;
        }

        return trial_line_refuse(line, error, "a keyword of evidence");
}

static bool finish(Reader *reader, GError **error) {
        if (!finish_case(reader, error))
                return false;
        if (reader->evidences->len != reader->request->cases->len)
                return trial_line_refuse(&reader->line, error, "'case' for each case asked for");

        return trial_line_finish(&reader->line, error);
}

TrialReader *trial_reader_new(const char *text, size_t n_text, const TrialRequest *request) {
        TrialReader *reader = g_new0(TrialReader, 1);

        reader->request = request;
        reader->evidences = g_ptr_array_new_with_free_func((GDestroyNotify) trial_evidence_free);
        reader->is_done = !trial_line_begin(&reader->line, text, n_text, TRIAL_EVIDENCE_MAGIC,
                                            &reader->problem);
        return reader;
}

TrialReader *trial_reader_free(TrialReader *reader) {
        if (!reader)
                return NULL;

        g_ptr_array_unref(reader->evidences);
        leaf_table_free(reader->rows);
        leaf_table_free(reader->changed);
        g_clear_error(&reader->problem);
        g_free(reader);
        return NULL;
}

static bool read_next(Reader *reader) {
        if (!trial_line_next(&reader->line, &reader->problem))
                return false;
        if (!trial_line_is(&reader->line, "end", 1))
                return read_line(reader, &reader->problem);

        (void) finish(reader, &reader->problem);
        return false;
}

bool trial_reader_step(TrialReader *reader) {
        for (size_t i = 0; i < STEP_LINES && !reader->is_done; i++)
                reader->is_done = !read_next(reader);

        return !reader->is_done;
}

GPtrArray *trial_reader_take(TrialReader *reader, GError **error) {
        g_assert(reader->is_done);

        if (!reader->problem)
                return g_ptr_array_ref(reader->evidences);

        g_propagate_error(error, g_steal_pointer(&reader->problem));
        return NULL;
}

GPtrArray *trial_evidence_parse(const char *text, size_t n_text, const TrialRequest *request,
                                GError **error) {
        g_autoptr(TrialReader) reader = trial_reader_new(text, n_text, request);

        while (trial_reader_step(reader))
                ;

        return trial_reader_take(reader, error);
}
