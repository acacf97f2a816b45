/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cases and their evidence, as values. A case that is like another is kept as what it differs in:
 * whoever wants its table makes it. */

#include "policy/trial.h"

static void clear_msrs(GArray **msrs) {
        g_clear_pointer(msrs, g_array_unref);
}

static void case_free(TrialCase *trial_case) {
        leaf_table_free(trial_case->table);
        clear_msrs(&trial_case->msrs);
        g_free(trial_case);
}

TrialRequest *trial_request_new(void) {
        TrialRequest *request = g_new0(TrialRequest, 1);

        request->cases = g_ptr_array_new_with_free_func((GDestroyNotify) case_free);
        return request;
}

TrialRequest *trial_request_free(TrialRequest *request) {
        if (!request)
                return NULL;

        g_ptr_array_unref(request->cases);
        g_free(request);
        return NULL;
}

size_t trial_request_add(TrialRequest *request, CapabilitySet capabilities, LeafTable *table,
                         GArray *msrs) {
        TrialCase *trial_case = g_new0(TrialCase, 1);

        trial_case->table = table;
        trial_case->capabilities = capabilities;
        trial_case->msrs = msrs;
        g_ptr_array_add(request->cases, trial_case);
        return request->cases->len - 1;
}

size_t trial_request_add_like(TrialRequest *request, size_t like, const TrialChange *change) {
        TrialCase *trial_case = g_new0(TrialCase, 1);

        trial_case->like = like;
        trial_case->change = *change;
        g_ptr_array_add(request->cases, trial_case);
        return request->cases->len - 1;
}

static const TrialCase *request_case(const TrialRequest *request, size_t i) {
        return request->cases->pdata[i];
}

/* The case that has the table and all else */
static const TrialCase *whole_case(const TrialRequest *request, size_t i) {
        const TrialCase *trial_case = request_case(request, i);

        return trial_case->table ? trial_case : request_case(request, trial_case->like);
}

CapabilitySet trial_request_capabilities(const TrialRequest *request, size_t i) {
        return whole_case(request, i)->capabilities;
}

const GArray *trial_request_msrs(const TrialRequest *request, size_t i) {
        return whole_case(request, i)->msrs;
}

static bool is_indexed(const TrialChange *change) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, change->leaf);

        return change->subleaf > 0 || (leaf && leaf->indexed);
}

static LeafTable *table_with_row(const LeafTable *table, const TrialChange *change) {
        LeafTable *copy = leaf_table_copy(table);
        Leaf row = { .leaf = change->leaf,
                     .subleaf = change->subleaf,
                     .flags = is_indexed(change) ? LEAF_FLAG_INDEXED : 0 };

        row.registers[change->reg] = change->value;
        leaf_table_add(copy, &row);
        return copy;
}

/* In the row that answers for it */
static LeafTable *table_with(const LeafTable *table, const TrialChange *change) {
        const Leaf *changed = leaf_table_find(table, change->leaf, change->subleaf);
        size_t n_rows = leaf_table_size(table);
        g_autofree Leaf *rows = NULL;

        if (!changed)
                return table_with_row(table, change);

        rows = g_memdup2(leaf_table_at(table, 0), n_rows * sizeof(*rows));
        rows[changed - leaf_table_at(table, 0)].registers[change->reg] = change->value;
        return leaf_table_new_from_words((const uint32_t *) rows, n_rows * LEAF_N_WORDS, NULL);
}

LeafTable *trial_request_table(const TrialRequest *request, size_t i) {
        const TrialCase *trial_case = request_case(request, i);

        if (trial_case->table)
                return leaf_table_copy(trial_case->table);
        return table_with(whole_case(request, i)->table, &trial_case->change);
}

uint32_t trial_culprit_mask(const TrialCulprit *culprit) {
        return (UINT32_MAX >> (31 - culprit->high)) & (UINT32_MAX << culprit->low);
}

/* All of a row being refused is the row being refused */
static bool row_without(Leaf *row, const GArray *culprits) {
        uint32_t refused[N_REGISTERS] = {};
        uint32_t all = UINT32_MAX;

        for (size_t i = 0; i < culprits->len; i++) {
                const TrialCulprit *culprit = &g_array_index(culprits, TrialCulprit, i);

                if (culprit->leaf == row->leaf && culprit->subleaf == row->subleaf)
                        refused[culprit->reg] |= trial_culprit_mask(culprit);
        }

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                row->registers[reg] &= ~refused[reg];
                all &= refused[reg];
        }

        return all != UINT32_MAX;
}

LeafTable *trial_table_without(const LeafTable *table, const GArray *culprits) {
        LeafTable *rest;

        if (culprits->len == 0)
                return leaf_table_copy(table);

        rest = leaf_table_new();
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                if (row_without(&row, culprits))
                        leaf_table_add(rest, &row);
        }

        return rest;
}

const char *trial_refusal_call(const Capability *capability, unsigned i) {
        const CapabilityEnabling *enabling = &capability->enabling;
        g_autofree char *call = NULL;

        switch ((CapabilityEnablingKind) enabling->kind) {
        case ENABLING_NONE:
                return NULL;
        case ENABLING_IRQCHIP:
                if (i == 1)
                        return "KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP)";
                return i == 0 ? "KVM_CREATE_IRQCHIP" : NULL;
        case ENABLING_PERMISSION:
                return i == 0 ? "ARCH_REQ_XCOMP_GUEST_PERM" : NULL;
        case ENABLING_VM_TYPE:
                return i == 0 ? "KVM_CREATE_VM" : NULL;
        case ENABLING_DEVICE:
                return i == 0 ? enabling->device : NULL;
        case ENABLING_VM:
        case ENABLING_VCPU:
        case ENABLING_VCPU_BUFFER:
                break;
        }

        call = g_strdup_printf("KVM_ENABLE_CAP(%s)", enabling->extension);
        return i == 0 ? g_intern_string(call) : NULL;
}

TrialEvidence *trial_evidence_new(void) {
        TrialEvidence *evidence = g_new0(TrialEvidence, 1);

        evidence->refusals = g_array_new(FALSE, FALSE, sizeof(TrialRefusal));
        evidence->culprits = g_array_new(FALSE, FALSE, sizeof(TrialCulprit));
        evidence->msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsrAnswer));
        evidence->controls = g_array_new(FALSE, FALSE, sizeof(TrialControlAnswer));
        return evidence;
}

TrialEvidence *trial_evidence_free(TrialEvidence *evidence) {
        if (!evidence)
                return NULL;

        g_free(evidence->failure);
        g_array_unref(evidence->refusals);
        g_array_unref(evidence->culprits);
        leaf_table_free(evidence->set);
        leaf_table_free(evidence->back);
        leaf_table_free(evidence->supported);
        g_array_unref(evidence->msrs);
        g_array_unref(evidence->controls);
        g_free(evidence);
        return NULL;
}
