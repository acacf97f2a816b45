/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/fake-kvm.h"

#include <errno.h>

#include "policy/control.h"
#include "policy/words.h"

/* Rows that can be changed */
typedef struct Rows {
        Leaf rows[LEAF_TABLE_MAX + 1];
        size_t n;
        Words *words; /* of the table that was asked for */
} Rows;

static void rows_init(Rows *rows, const LeafTable *table, Words *words) {
        rows->n = leaf_table_size(table);
        rows->words = words;
        for (size_t i = 0; i < rows->n; i++)
                rows->rows[i] = *leaf_table_at(table, i);
}

static LeafTable *rows_to_table(const Rows *rows) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < rows->n; i++)
                leaf_table_add(table, &rows->rows[i]);

        return table;
}

static uint32_t *find_register(Rows *rows, int word) {
        const FieldGroup *group = &field_groups[word / N_REGISTERS];
        uint32_t leaf = words_leaf(rows->words, group->interface, group->leaf);

        for (size_t i = 0; group->interface != FIELD_INTERFACE_MSR && i < rows->n; i++)
                if (rows->rows[i].leaf == leaf && rows->rows[i].subleaf == group->subleaf)
                        return &rows->rows[i].registers[word % N_REGISTERS];

        return NULL;
}

static bool set_field(Rows *rows, const Field *field, uint32_t value) {
        uint32_t *reg = find_register(rows, field->word);

        if (!reg)
                return false;

        *reg = (*reg & ~field_mask(field)) | ((value << field->low) & field_mask(field));
        return true;
}

/* As KVM looks it up: whatever the range's maximum is */
static bool has_field(Rows *rows, const char *name) {
        const Field *field = field_find(name);
        const uint32_t *reg = find_register(rows, field->word);

        return reg && (*reg & field_mask(field));
}

static bool is_enabled(CapabilitySet enabled, const char *name) {
        return !name || (enabled & capability_bit(capability_find(name)));
}

/* On a vCPU that never ran: nothing is what it was. */
static void update_dynamic(Rows *rows) {
        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                uint32_t *reg = field->word == FIELD_NONE || !field_is_rewritten(field) ?
                        NULL :
                        find_register(rows, field->word);

                if (reg)
                        *reg ^= UINT32_C(1) << field->low;
        }
}

static void remove_shown(Rows *rows, CapabilitySet enabled) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                for (size_t j = 0; (enabled & (UINT64_C(1) << i)) && capability->is_shown &&
                     j < capability->n_operations;
                     j++) {
                        const CapabilityOperation *operation = &capability->operations[j];
                        uint32_t *reg = find_register(rows, operation->word);

                        if (operation->kind == CAPABILITY_REMOVE && reg)
                                *reg &= ~((UINT32_MAX >> (31 - operation->high)) &
                                          (UINT32_MAX << operation->low));
                }
        }
}

/* The view of a capability that is enabled, or NULL */
static const char *view_with(const Host *host, CapabilitySet enabled) {
        g_autofree const char **views = host_list_views(host);
        const char *view = NULL;

        for (size_t i = 0; views[i]; i++)
                if (is_enabled(enabled, views[i]))
                        view = views[i];

        return view;
}

static bool is_dropped(const Host *host, const char *view, const Leaf *row) {
        const LeafTable *dropped = forced_in(host_forced(host), view, FORCED_DROPPED);

        return dropped && leaf_table_find(dropped, row->leaf, row->subleaf);
}

static void force(Rows *rows, const Host *host, const char *view) {
        const Words *on = forced_words(host_forced(host), view, FORCED_ON),
                    *off = forced_words(host_forced(host), view, FORCED_OFF);
        size_t n = 0;

        for (int i = 0; i < N_FIELD_GROUPS * N_REGISTERS; i++) {
                uint32_t *reg = find_register(rows, i);

                if (reg && on)
                        *reg |= on->word[i];
                if (reg && off)
                        *reg &= ~off->word[i];
        }

        for (size_t i = 0; i < rows->n; i++)
                if (!is_dropped(host, view, &rows->rows[i]))
                        rows->rows[n++] = rows->rows[i];
        rows->n = n;
}

static void drop_and_add(Rows *rows, const FakeKvm *kvm) {
        size_t n = 0;

        for (size_t i = 0; i < rows->n; i++)
                if (rows->rows[i].leaf != kvm->dropped[0] || kvm->dropped[0] == 0)
                        if (rows->rows[i].leaf != kvm->dropped[1] || kvm->dropped[1] == 0)
                                rows->rows[n++] = rows->rows[i];

        rows->n = n;
        if (kvm->added)
                rows->rows[rows->n++] = (Leaf){ .leaf = kvm->added, .registers = { 1, 1, 1, 1 } };
}

static void rewrite(Rows *rows, const FakeRewrite *rewrites, size_t n_max, CapabilitySet enabled) {
        for (size_t i = 0; i < n_max && rewrites[i].field; i++)
                if (is_enabled(enabled, rewrites[i].capability) &&
                    !(rewrites[i].unless && has_field(rows, rewrites[i].unless)) &&
                    !(rewrites[i].nor && has_field(rows, rewrites[i].nor)))
                        set_field(rows, field_find(rewrites[i].field), rewrites[i].value);
}

static void answer_supported(const FakeKvm *kvm, TrialEvidence *evidence) {
        const char *view = view_with(kvm->host, evidence->enabled);
        const LeafTable *table =
                view ? host_view(kvm->host, view) : host_table(kvm->host, HOST_SUPPORTED);
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);
        Rows rows;

        rows_init(&rows, table, words);
        rewrite(&rows, kvm->answers, G_N_ELEMENTS(kvm->answers), evidence->enabled);
        evidence->supported = rows_to_table(&rows);
}

static void enable(const FakeKvm *kvm, CapabilitySet wanted, TrialEvidence *evidence) {
        evidence->enabled = wanted;

        for (size_t i = 0; i < 4 && kvm->capabilities[i].name; i++) {
                TrialRefusal refusal = { .capability = capability_find(kvm->capabilities[i].name),
                                         .call = kvm->call ?: "KVM_ENABLE_CAP",
                                         .code = kvm->capabilities[i].code };

                if (!(wanted & capability_bit(refusal.capability)))
                        continue;
                evidence->enabled &= ~capability_bit(refusal.capability);
                g_array_append_val(evidence->refusals, refusal);
        }
}

static void refuse_fields(const FakeKvm *kvm, Rows *rows, TrialEvidence *evidence) {
        for (size_t i = 0; i < 4 && kvm->culprits[i].name; i++) {
                const Field *field = field_find(kvm->culprits[i].name);
                uint32_t *reg = find_register(rows, field->word);
                TrialCulprit culprit = { .leaf = field->leaf,
                                         .subleaf = field->subleaf,
                                         .reg = field->reg,
                                         .low = field->low,
                                         .high = field->high,
                                         .code = kvm->culprits[i].code };

                if (!reg || !(*reg & field_mask(field)))
                        continue;
                *reg &= ~field_mask(field);
                evidence->set_code = culprit.code;
                g_array_append_val(evidence->culprits, culprit);
        }
}

static void try_msrs(const FakeKvm *kvm, const GArray *msrs, TrialEvidence *evidence) {
        for (guint i = 0; msrs && i < msrs->len; i++) {
                const TrialMsr *msr = &g_array_index(msrs, TrialMsr, i);
                TrialMsrAnswer answer = { .index = msr->index,
                                          .has_value = true,
                                          .value = msr->value };

                if (msr->index == kvm->refused_msr)
                        answer = (TrialMsrAnswer){ .index = msr->index, .code = TRIAL_MSR_REFUSED };
                if (msr->index == kvm->changed_msr)
                        answer.value ^= 1;
                g_array_append_val(evidence->msrs, answer);
        }
}

static void try_controls(const FakeKvm *kvm, const Words *words, const Words *like,
                         TrialEvidence *evidence) {
        const char *view = view_with(kvm->host, evidence->enabled);
        const Words *supported =
                view ? host_view_words(kvm->host, view) : host_words(kvm->host, HOST_SUPPORTED);

        for (size_t i = 0; i < N_CONTROLS; i++) {
                TrialControlAnswer answer = { .control = i };

                if (!control_is_entitled(&control_table[i], words) ||
                    (like && control_is_entitled(&control_table[i], like)))
                        continue;
                for (size_t j = 0; j < 4 && kvm->controls[j].name; j++)
                        if (g_str_equal(kvm->controls[j].name, control_table[i].name))
                                answer.code = kvm->controls[j].code;
                if (kvm->kernel &&
                    fake_kernel_refuses(kvm->kernel, &control_table[i], words, supported,
                                        evidence->enabled))
                        answer.code =
                                control_table[i].kind == CONTROL_MSR ? TRIAL_MSR_REFUSED : EINVAL;
                g_array_append_val(evidence->controls, answer);
        }
}

static bool fails(const FakeKvm *kvm, CapabilitySet wanted, TrialEvidence *evidence) {
        for (size_t i = 0; i < 4 && kvm->failures[i].name; i++)
                if (is_enabled(wanted, kvm->failures[i].name)) {
                        evidence->failure = g_strdup("KVM_CREATE_VCPU");
                        evidence->failure_code = kvm->failures[i].code;
                        return true;
                }

        return false;
}

static void read_back(const FakeKvm *kvm, Rows *rows, bool is_first, TrialEvidence *evidence) {
        const FakeKernel *kernel = kvm->kernel;

        evidence->set = rows_to_table(rows);
        update_dynamic(rows);
        if (kernel)
                rewrite(rows, kernel->rewrites, G_N_ELEMENTS(kernel->rewrites), evidence->enabled);
        if (!kvm->ignores_shown && !(kernel && kernel->leaves_unhalt && is_first))
                remove_shown(rows, evidence->enabled);
        if (kvm->forces)
                force(rows, kvm->host, view_with(kvm->host, evidence->enabled));
        rewrite(rows, kvm->rewrites, G_N_ELEMENTS(kvm->rewrites), evidence->enabled);
        drop_and_add(rows, kvm);
        evidence->back = rows_to_table(rows);
}

TrialEvidence *fake_kvm_try(const FakeKvm *kvm, const TrialRequest *request, size_t i) {
        const TrialCase *one = g_ptr_array_index(request->cases, i);
        TrialEvidence *evidence = trial_evidence_new();
        g_autoptr(LeafTable) table = trial_request_table(request, i);
        g_autoptr(LeafTable) other = one->table ? NULL : trial_request_table(request, one->like);
        g_autoptr(Words) words = words_new(table, N_FIELD_INTERFACES);
        g_autoptr(Words) like = other ? words_new(other, N_FIELD_INTERFACES) : NULL;
        CapabilitySet wanted = trial_request_capabilities(request, i);
        Rows rows;

        if (fails(kvm, wanted, evidence))
                return evidence;

        enable(kvm, wanted, evidence);
        if (one->table)
                answer_supported(kvm, evidence);
        if (kvm->set_code) {
                evidence->set_code = kvm->set_code;
                return evidence;
        }

        rows_init(&rows, table, words);
        refuse_fields(kvm, &rows, evidence);
        read_back(kvm, &rows, one->table != NULL, evidence);
        if (one->table)
                try_msrs(kvm, trial_request_msrs(request, i), evidence);
        try_controls(kvm, words, like, evidence);
        return evidence;
}

GPtrArray *fake_kvm_try_all(const FakeKvm *kvm, const TrialRequest *request) {
        GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify) trial_evidence_free);

        for (guint i = 0; i < request->cases->len; i++)
                g_ptr_array_add(all, fake_kvm_try(kvm, request, i));

        return all;
}
