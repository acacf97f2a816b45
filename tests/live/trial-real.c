/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the real KVM of this machine makes of tables, as the daemon comes to know it */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "policy/control.h"
#include "policy/trial-text.h"
#include "tests/live/trial-run.h"

static const TrialEvidence *at(const GPtrArray *evidences, size_t i) {
        return evidences->pdata[i];
}

/* What KVM says of itself is taken, and each control that it entitles to is answered for. */
static void test_own_offer(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;
        g_autoptr(Words) words = NULL;
        const TrialEvidence *own;
        size_t n = 0;

        if (run_skip())
                return;

        (void) trial_request_add(request, run_set_of("irqchip"), leaf_table_copy(run_supported),
                                 NULL);
        evidences = run_evidence(request);
        own = at(evidences, 0);
        g_assert_null(own->failure);
        g_assert_cmphex(own->enabled, ==, run_set_of("irqchip"));
        g_assert_cmpint(own->set_code, ==, 0);
        g_assert_cmpmem(
                leaf_table_words(own->supported), leaf_table_size(own->supported) * sizeof(Leaf),
                leaf_table_words(run_supported), leaf_table_size(run_supported) * sizeof(Leaf));
        g_assert_nonnull(leaf_table_find(own->back, 0, 0));

        words = words_new(own->set, N_FIELD_INTERFACES);
        for (size_t i = 0; i < N_CONTROLS; i++) {
                if (!control_is_entitled(&control_table[i], words))
                        continue;
                g_assert_cmpuint(n, <, own->controls->len);
                g_assert_cmpuint(g_array_index(own->controls, TrialControlAnswer, n++).control, ==,
                                 i);
        }
        g_assert_cmpuint(n, ==, own->controls->len);
}

/* The answer, KVM_CREATE_VM's type and so on do not depend on what was tried before. */
static void test_put_back(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        const TrialChange change = { 1, 0, REGISTER_EBX, 0 };
        g_autoptr(GPtrArray) evidences = NULL;
        g_autoptr(GString) first = g_string_new(NULL), again = g_string_new(NULL);

        if (run_skip())
                return;

        for (size_t i = 0; i < 2; i++) {
                (void) trial_request_add(request, run_set_of("irqchip"),
                                         leaf_table_copy(run_supported), NULL);
                for (size_t j = 0; j < 2; j++)
                        (void) trial_request_add_like(request, i * 3, &change);
        }
        /* And like one whose vCPU has been closed since */
        (void) trial_request_add_like(request, 0, &change);

        evidences = run_evidence(request);
        trial_evidence_append(first, at(evidences, 0), NULL);
        trial_evidence_append(again, at(evidences, 3), NULL);
        g_assert_cmpstr(first->str, ==, again->str);

        for (size_t i = 1; i < evidences->len; i++) {
                if (i == 3)
                        continue;
                g_string_truncate(again, 0);
                g_string_truncate(first, 0);
                trial_evidence_append(first, at(evidences, 1), NULL);
                trial_evidence_append(again, at(evidences, i), NULL);
                g_assert_cmpstr(first->str, ==, again->str);
                g_assert_cmpuint(at(evidences, i)->controls->len, ==, 0);
        }
}

typedef struct RefusedCase {
        const char *name;
        TrialChange change;
        int code;
        uint8_t low;
        uint8_t high;
        bool is_always; /* refused by any KVM */
} RefusedCase;

static const RefusedCase refused_cases[] = {
        { "linear-address-width", { 0x80000008, 0, REGISTER_EAX, 0x312e }, EINVAL, 8, 15, true },
        { "tile-data-without-permission", { 0xd, 0, REGISTER_EAX, 0x40003 }, EPERM, 18, 18, false },
};

/* The smallest place is named, and the rest is set: alone and as a change of a good table. */
static void test_refused(gconstpointer data) {
        const RefusedCase *test = data;
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;

        if (run_skip())
                return;

        (void) trial_request_add(request, 0, leaf_table_copy(run_supported), NULL);
        (void) trial_request_add_like(request, 0, &test->change);
        (void) trial_request_add(request, 0, trial_request_table(request, 1), NULL);
        evidences = run_evidence(request);
        g_assert_cmpint(at(evidences, 0)->set_code, ==, 0);

        for (size_t i = 1; i < evidences->len; i++) {
                const TrialEvidence *evidence = at(evidences, i);
                const TrialCulprit *culprit;

                if (evidence->set_code == 0 && !test->is_always) {
                        g_test_skip("this KVM takes it");
                        return;
                }
                g_assert_cmpint(evidence->set_code, ==, test->code);
                g_assert_cmpuint(evidence->culprits->len, ==, 1);
                culprit = &g_array_index(evidence->culprits, TrialCulprit, 0);
                g_assert_cmphex(culprit->leaf, ==, test->change.leaf);
                g_assert_cmpuint(culprit->reg, ==, test->change.reg);
                g_assert_cmpuint(culprit->low, ==, test->low);
                g_assert_cmpuint(culprit->high, ==, test->high);
                g_assert_cmpint(culprit->code, ==, test->code);
                g_assert_nonnull(evidence->back);
                g_assert_cmphex(leaf_table_find(evidence->set, test->change.leaf, 0)
                                                ->registers[test->change.reg] &
                                        trial_culprit_mask(culprit),
                                ==, 0);
        }
}

static LeafTable *strange_table(unsigned which, GRand *random) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < LEAF_TABLE_MAX && which > 0; i++) {
                Leaf row = { .leaf = which == 1 ? 1 : g_rand_int_range(random, 0, 0x20),
                             .subleaf = which == 1 ? 0 : g_rand_int_range(random, 0, 4),
                             .flags = which == 3 ? g_rand_int(random) : LEAF_FLAG_INDEXED };

                if (which == 3 && g_rand_boolean(random))
                        row.leaf |= g_rand_boolean(random) ? 0x80000000 : 0x40000000;
                for (Register reg = 0; reg < N_REGISTERS && which > 1; reg++)
                        row.registers[reg] = g_rand_int(random);
                leaf_table_add(table, &row);
        }

        return table;
}

/* None at all, 256 times the same row, 256 random rows: there is always evidence. */
static void test_strange(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GRand) random = g_rand_new_with_seed(7);
        g_autoptr(GPtrArray) evidences = NULL;

        if (run_skip())
                return;

        for (unsigned which = 0; which < 4; which++)
                (void) trial_request_add(request, 0, strange_table(which, random), NULL);
        for (size_t i = 0; i < 40; i++)
                (void) trial_request_add(request, run_set_of("irqchip"), strange_table(3, random),
                                         NULL);

        evidences = run_evidence(request);
        g_assert_cmpint(at(evidences, 0)->set_code, ==, 0);
        g_assert_cmpint(at(evidences, 1)->set_code, ==, 0);
        g_assert_cmpuint(leaf_table_size(at(evidences, 1)->set), ==, LEAF_TABLE_MAX);
}

static const TrialRefusal *refusal_of(const TrialEvidence *evidence, const char *name) {
        for (size_t i = 0; i < evidence->refusals->len; i++) {
                const TrialRefusal *refusal = &g_array_index(evidence->refusals, TrialRefusal, i);

                if (g_str_equal(refusal->capability->name, name))
                        return refusal;
        }

        return NULL;
}

/* All of them alone, and all together: each is enabled or refused, and none is forgotten. */
static void test_capabilities(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;

        if (run_skip())
                return;

        for (size_t i = 0; i <= N_CAPABILITIES; i++)
                (void) trial_request_add(request,
                                         i < N_CAPABILITIES ? UINT64_C(1) << i :
                                                              (UINT64_C(1) << N_CAPABILITIES) - 1,
                                         leaf_table_copy(run_supported), NULL);
        evidences = run_evidence(request);

        for (size_t i = 0; i < evidences->len; i++) {
                const TrialEvidence *evidence = at(evidences, i);
                CapabilitySet answered = evidence->enabled;

                if (evidence->failure)
                        continue;
                for (size_t j = 0; j < evidence->refusals->len; j++)
                        answered |= capability_bit(
                                g_array_index(evidence->refusals, TrialRefusal, j).capability);
                g_assert_cmphex(answered, ==, trial_request_capabilities(request, i));
        }
}

static bool exits_offered(int bits) {
        return (kvm_device_check_extension(run_device, KVM_CAP_X86_DISABLE_EXITS) & bits) == bits;
}

/* What several say of one extension is or-ed; and what is refused is named, and the others are not. */
static void test_exits(void) {
        CapabilitySet both = run_set_of("disable-exits.hlt") | run_set_of("disable-exits.pause");
        CapabilitySet three = both | run_set_of("disable-exits.mwait");
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;
        const TrialRefusal *refusal;

        if (run_skip())
                return;
        if (!exits_offered(KVM_X86_DISABLE_EXITS_HLT | KVM_X86_DISABLE_EXITS_PAUSE)) {
                g_test_skip("this KVM has no exits to be disabled");
                return;
        }

        (void) trial_request_add(request, both, leaf_table_copy(run_supported), NULL);
        (void) trial_request_add(request, three, leaf_table_copy(run_supported), NULL);
        evidences = run_evidence(request);
        g_assert_cmphex(at(evidences, 0)->enabled, ==, both);
        g_assert_cmphex(at(evidences, 1)->enabled & both, ==, both);

        /* Shown by the vCPU: it takes PV_UNHALT away */
        g_assert_cmphex(
                leaf_table_find(at(evidences, 0)->back, 0x40000001, 0)->registers[REGISTER_EAX] &
                        (1 << 7),
                ==, 0);

        refusal = refusal_of(at(evidences, 1), "disable-exits.mwait");
        if (!exits_offered(KVM_X86_DISABLE_EXITS_MWAIT) && refusal) {
                g_assert_cmpint(refusal->code, ==, EINVAL);
                g_assert_cmpstr(refusal->call, ==, "KVM_ENABLE_CAP(KVM_CAP_X86_DISABLE_EXITS)");
        }
}

static void test_not_tried(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;
        const TrialRefusal *refusal;

        if (run_skip())
                return;

        (void) trial_request_add(request, run_set_of("sgx.provision"),
                                 leaf_table_copy(run_supported), NULL);
        evidences = run_evidence(request);
        refusal = refusal_of(at(evidences, 0), "sgx.provision");
        g_assert_true(refusal && refusal->code == 0);
        g_assert_cmpstr(refusal->call, ==, "/dev/sgx_provision");
        g_assert_nonnull(at(evidences, 0)->back);
}

/* One that KVM has and one that nobody has */
static void test_msrs(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        GArray *msrs = run_msrs_new(0xdeadbeef, 1);
        g_autoptr(GPtrArray) evidences = NULL;
        const TrialMsrAnswer *answers;

        if (run_skip())
                return;

        g_array_append_val(msrs, ((TrialMsr){ 0x277, 0x0606060606060606 }));
        (void) trial_request_add(request, 0, leaf_table_copy(run_supported), msrs);
        evidences = run_evidence(request);
        g_assert_cmpuint(at(evidences, 0)->msrs->len, ==, 2);
        answers = (const TrialMsrAnswer *) at(evidences, 0)->msrs->data;
        g_assert_cmphex(answers[0].index, ==, 0xdeadbeef);
        g_assert_cmpint(answers[0].code, ==, TRIAL_MSR_REFUSED);
        g_assert_false(answers[0].has_value);
        g_assert_cmpint(answers[1].code, ==, 0);
        g_assert_cmphex(answers[1].value, ==, 0x0606060606060606);
}

/* A case that is like another is asked only for what that was not entitled to. */
static void test_like_controls(void) {
        const TrialChange pge = { 1, 0, REGISTER_EDX, 1 << 13 };
        LeafTable *bare = leaf_table_new();
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GPtrArray) evidences = NULL;
        const TrialControlAnswer *answer;

        if (run_skip())
                return;

        leaf_table_add(bare, &(Leaf){ .leaf = 1 });
        (void) trial_request_add(request, 0, bare, NULL);
        (void) trial_request_add_like(request, 0, &pge);
        evidences = run_evidence(request);
        g_assert_cmpuint(at(evidences, 0)->controls->len, ==, 0);
        g_assert_cmpuint(at(evidences, 1)->controls->len, ==, 1);
        answer = &g_array_index(at(evidences, 1)->controls, TrialControlAnswer, 0);
        g_assert_cmpstr(control_table[answer->control].name, ==, "CR4.PGE");
        g_assert_cmpint(answer->code, ==, 0);
}

/* The process may have two descriptors beyond those it starts with: a VM that was not closed would be
 * the last. */
static void test_nothing_is_left(void) {
        g_autoptr(TrialRequest) request = NULL;
        g_autoptr(GPtrArray) evidences = NULL;
        size_t n_before = run_count_descriptors();

        if (run_skip())
                return;

        request = run_many_cases(400, 9);
        evidences = run_evidence(request);
        for (size_t i = 0; i < evidences->len; i++)
                g_assert_null(at(evidences, i)->failure);
        g_assert_cmpuint(run_count_descriptors(), ==, n_before);
}

static int play(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        char buffer[4096];
        ssize_t n;

        while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);

        return run_play(text->str, text->len);
}

int main(int argc, char **argv) {
        int r;

        /* As child.c calls whom it starts */
        if (argc == 2 && strcmp(argv[0], "cpuidd") == 0 && strcmp(argv[1], "--trial") == 0)
                return play();

        g_test_init(&argc, &argv, NULL);
        run_open();
        g_test_add_func("/trial/own-offer", test_own_offer);
        g_test_add_func("/trial/put-back", test_put_back);
        for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
                g_autofree char *path = g_strconcat("/trial/refused/", refused_cases[i].name, NULL);

                g_test_add_data_func(path, &refused_cases[i], test_refused);
        }
        g_test_add_func("/trial/strange", test_strange);
        g_test_add_func("/trial/capabilities", test_capabilities);
        g_test_add_func("/trial/exits", test_exits);
        g_test_add_func("/trial/not-tried", test_not_tried);
        g_test_add_func("/trial/msrs", test_msrs);
        g_test_add_func("/trial/like-controls", test_like_controls);
        g_test_add_func("/trial/nothing-is-left", test_nothing_is_left);

        r = g_test_run();
        run_close();
        return r;
}
