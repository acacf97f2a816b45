/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is tried and what comes of it, as text: what is read is what was written, and what is wrong is
 * refused with its line */

#include <string.h>

#include "policy/control.h"
#include "policy/error.h"
#include "policy/trial-text.h"
#include "tests/unit/support.h"

#define HEAD "cpuidd-trial 1\n"
#define EVIDENCE "cpuidd-evidence 1\n"
#define ROW7 "row 0x7 0 1 0x2 0x1802042 0x1a010104 0xbc010400\n"
#define ROW1 "row 0x1 0 0 0xa0678 0x20800 0x81202000 0xf8bfbff\n"

/* Two cases with tables, the second twice with a change; leaf 1 comes twice in it */
#define REQUEST                                                                               \
        HEAD "case\ncapability irqchip\ncapability xcomp.amx\n" ROW7 "msr 0x10a 0xc00e16d\n"  \
             "case\n" ROW1 ROW1 ROW7 "case-like 1 0x7 0 ebx 0x0\ncase-like 1 0xd 1 eax 0xf\n" \
             "end\n"

typedef struct BadCase {
        const char *name;
        const char *text;
        const char *expect;
} BadCase;

static const BadCase bad_requests[] = {
        { "empty", "", "line 1: expected 'cpuidd-trial 1'" },
        { "another-magic", "cpuidd-evidence 1\nend\n", "line 1: expected 'cpuidd-trial 1'" },
        { "newer", "cpuidd-trial 2\nend\n", "line 1: expected 'cpuidd-trial 1'" },
        { "more-magic", "cpuidd-trial 1 \nend\n", "line 1: expected 'cpuidd-trial 1'" },
        { "magic-alone", "cpuidd-trial 1", "line 1: expected 'cpuidd-trial 1'" },
        { "no-end", HEAD "case\n" ROW7, "line 4: expected 'end': the text was cut off" },
        { "end-without-its-line", HEAD "end", "line 2: expected 'end': the text was cut off" },
        { "behind-end", HEAD "end\ncase\n", "line 3: expected nothing behind 'end'" },
        { "empty-line", HEAD "\nend\n", "line 2: expected 'case', 'case-like' or 'end'" },
        { "row-of-no-case", HEAD ROW7 "end\n", "line 2: expected 'case', 'case-like' or 'end'" },
        { "row-of-a-like-case", HEAD "case\ncase-like 0 0x7 0 ebx 0x0\n" ROW7 "end\n",
          "line 4: expected 'case', 'case-like' or 'end'" },
        { "case-with-more", HEAD "case 0\nend\n", "line 2: expected 'case', 'case-like' or 'end'" },
        { "six-numbers", HEAD "case\nrow 0x7 0 1 0x2 0x0 0x0\nend\n",
          "line 3: expected 'row LEAF SUBLEAF FLAGS EAX EBX ECX EDX', seven numbers" },
        { "33-bits", HEAD "case\nrow 0x7 0 1 0x100000000 0 0 0\nend\n",
          "line 3: expected 'row LEAF" },
        { "two-blanks", HEAD "case\nrow  0x7 0 1 1 0 0 0\nend\n", "line 3: expected 'row LEAF" },
        { "blank-behind", HEAD "case\nrow 0x7 0 1 1 0 0 0 \nend\n", "line 3: expected 'row LEAF" },
        { "row-behind-a-msr", HEAD "case\nmsr 0x10a 1\n" ROW7 "end\n",
          "line 4: expected rows before MSRs" },
        { "unknown-capability", HEAD "case\ncapability nonsense\nend\n",
          "line 3: expected 'capability NAME' with the name of one" },
        { "late-capability", HEAD "case\n" ROW7 "capability irqchip\nend\n",
          "line 4: expected capabilities before rows and MSRs" },
        { "capability-behind-a-msr", HEAD "case\nmsr 0x10a 1\ncapability irqchip\nend\n",
          "line 4: expected capabilities before rows and MSRs" },
        { "msr-of-33-bits", HEAD "case\nmsr 0x100000000 0x0\nend\n",
          "line 3: expected 'msr INDEX VALUE'" },
        { "msr-without-value", HEAD "case\nmsr 0x10a -\nend\n",
          "line 3: expected 'msr INDEX VALUE'" },
        { "like-itself", HEAD "case\ncase-like 1 0x7 0 ebx 0x0\nend\n",
          "line 3: expected an earlier case with a table of its own" },
        { "like-a-like-case",
          HEAD "case\ncase-like 0 0x7 0 ebx 0x0\ncase-like 1 0x7 0 ebx 0x1\nend\n",
          "line 4: expected an earlier case with a table of its own" },
        { "like-without-register", HEAD "case\ncase-like 0 0x7 0 rbx 0x0\nend\n",
          "line 3: expected 'case-like CASE LEAF SUBLEAF REGISTER VALUE'" },
        { "like-too-short", HEAD "case\ncase-like 0 0x7 0 ebx\nend\n",
          "line 3: expected 'case-like CASE LEAF SUBLEAF REGISTER VALUE'" },
        { "unknown-keyword", HEAD "case\nnonsense 1\nend\n",
          "line 3: expected 'case', 'case-like'" },
        { "many-words", HEAD "case\na b c d e f g h i j k l m n\nend\n",
          "line 3: expected fewer words" },
};

static const BadCase bad_evidences[] = {
        { "empty", "", "line 1: expected 'cpuidd-evidence 1'" },
        { "request", REQUEST, "line 1: expected 'cpuidd-evidence 1'" },
        { "cut-off", EVIDENCE "case\nset 0\n", "line 4: expected 'end': the text was cut off" },
        { "too-few", EVIDENCE "case\nset 0\nend\n", "line 4: expected 'case' for each case asked" },
        { "too-many",
          EVIDENCE "case\nset 0\ncase\nset 0\ncase\nset 0\ncase\nset 0\ncase\nset 0\nend\n",
          "line 10: expected 'case' for each case asked for" },
        { "no-case", EVIDENCE "set 0\nend\n",
          "line 2: expected the lines of a case in their order" },
        { "no-set", EVIDENCE "case\nenabled irqchip\ncase\n", "line 4: expected 'set ERRNO' of" },
        { "back-without-set", EVIDENCE "case\nback 0x7 0 1 0 0 0 0\n",
          "line 3: expected the lines of a case in their order" },
        { "set-twice", EVIDENCE "case\nset 0\nset 0\n", "line 4: expected 'set ERRNO' once" },
        { "set-negative", EVIDENCE "case\nset -1\n", "line 3: expected 'set ERRNO' once" },
        { "set-large", EVIDENCE "case\nset 4096\n", "line 3: expected 'set ERRNO' once" },
        { "enabled-not-asked-for", EVIDENCE "case\nenabled disable-exits.hlt\n",
          "line 3: expected 'enabled NAME' with a capability of the case, once" },
        { "enabled-twice", EVIDENCE "case\nenabled irqchip\nenabled irqchip\n",
          "line 4: expected 'enabled NAME'" },
        { "enabled-late", EVIDENCE "case\nset 0\nenabled irqchip\n",
          "line 4: expected the lines of a case in their order" },
        { "refused-unknown", EVIDENCE "case\nrefused nonsense 1 X\n",
          "line 3: expected 'refused NAME ERRNO CALL'" },
        { "refused-by-what", EVIDENCE "case\nrefused irqchip 1 KVM_RUN\n",
          "line 3: expected 'refused NAME ERRNO CALL'" },
        { "refused-and-enabled", EVIDENCE "case\nenabled irqchip\nrefused irqchip 1 X\n",
          "line 4: expected 'refused NAME ERRNO CALL'" },
        { "failed-what", EVIDENCE "case\nfailed KVM_RUN 1\n",
          "line 3: expected 'failed CALL ERRNO'" },
        { "failed-late", EVIDENCE "case\nset 0\nfailed KVM_CREATE_VM 1\n",
          "line 4: expected the lines of a case in their order" },
        { "behind-failed", EVIDENCE "case\nfailed KVM_CREATE_VM 1\nset 0\n",
          "line 4: expected the lines of a case in their order" },
        { "supported-first", EVIDENCE "case\nsupported 0x7 0 1 0 0 0 0\n",
          "line 3: expected 'supported-new' before its rows" },
        { "supported-twice", EVIDENCE "case\nsupported-new\nsupported-new\n",
          "line 4: expected 'supported-new' once" },
        { "supported-same-as-none", EVIDENCE "case\nsupported-same\n",
          "line 3: expected 'supported-same' once, after a case with an answer" },
        { "culprit-of-what-is-taken", EVIDENCE "case\nset 0\nculprit 0x7 0 ebx 1 1 22\n",
          "line 4: expected 'culprit LEAF SUBLEAF REGISTER LOW HIGH ERRNO' of a table" },
        { "culprit-backwards", EVIDENCE "case\nset 22\nculprit 0x7 0 ebx 2 1 22\n",
          "line 4: expected 'culprit LEAF" },
        { "culprit-bit-32", EVIDENCE "case\nset 22\nculprit 0x7 0 ebx 2 32 22\n",
          "line 4: expected 'culprit LEAF" },
        { "nothing-set-of-what-is-taken", EVIDENCE "case\nset 0\nnothing-set\n",
          "line 4: expected 'nothing-set' once, of a table that was refused" },
        { "behind-nothing-set", EVIDENCE "case\nset 22\nnothing-set\nmsr 0x10a 0 -\n",
          "line 5: expected the lines of a case in their order" },
        { "gone-that-was-not", EVIDENCE "case\nset 0\ngone 0x1 0\n",
          "line 4: expected 'gone LEAF SUBLEAF' with a row that was set" },
        { "gone-twice", EVIDENCE "case\nset 0\ngone 0x7 0\ngone 0x7 0\n",
          "line 5: expected 'gone LEAF SUBLEAF' with a row that was set" },
        { "gone-behind-back", EVIDENCE "case\nset 0\nback 0x7 0 1 0 0 0 0\ngone 0x7 0\n",
          "line 5: expected the lines of a case in their order" },
        { "msr-code", EVIDENCE "case\nset 0\nmsr 0x10a -2 -\n",
          "line 4: expected 'msr INDEX ERRNO VALUE'" },
        { "msr-value", EVIDENCE "case\nset 0\nmsr 0x10a 0 x\n",
          "line 4: expected 'msr INDEX ERRNO VALUE'" },
        { "control-unknown", EVIDENCE "case\nset 0\ncontrol CR4.NONSENSE 0\n",
          "line 4: expected 'control NAME ERRNO' with the name of one" },
        { "control-behind-that-a-msr", EVIDENCE "case\nset 0\ncontrol CR4.LA57 0\nmsr 0x10a 0 -\n",
          "line 5: expected the lines of a case in their order" },
        { "unknown-keyword", EVIDENCE "case\nnonsense\n",
          "line 3: expected a keyword of evidence" },
        { "like-case-enables", EVIDENCE "case\nset 0\ncase\nset 0\ncase\nenabled irqchip\n",
          "line 7: expected 'enabled NAME'" },
};

static void assert_refused(const GError *error, const char *expect) {
        g_assert_nonnull(error);
        g_assert_true(error->domain == POLICY_ERROR && error->code == POLICY_ERROR_RECORDING);
        if (!strstr(error->message, expect))
                g_error("expected '%s', got '%s'", expect, error->message);
}

static TrialRequest *parse_request(const char *text) {
        g_autoptr(GError) error = NULL;
        TrialRequest *request = trial_request_parse(text, strlen(text), &error);

        g_assert_no_error(error);
        return request;
}

static void test_bad_request(gconstpointer data) {
        const BadCase *c = data;
        g_autoptr(GError) error = NULL;

        g_assert_null(trial_request_parse(c->text, strlen(c->text), &error));
        assert_refused(error, c->expect);
}

static void test_bad_evidence(gconstpointer data) {
        const BadCase *c = data;
        g_autoptr(TrialRequest) request = parse_request(REQUEST);
        g_autoptr(GError) error = NULL;

        g_assert_null(trial_evidence_parse(c->text, strlen(c->text), request, &error));
        assert_refused(error, c->expect);
}

/* @n lines after what comes before them, in a text that would be good with one less */
static void assert_too_many(const char *head, const char *line, size_t n, const char *expect) {
        g_autoptr(GString) text = g_string_new(head);
        g_autoptr(GError) error = NULL;

        for (size_t i = 0; i < n; i++)
                g_string_append(text, line);
        g_assert_null(trial_request_parse(text->str, text->len, &error));
        assert_refused(error, expect);
}

static void test_limits(void) {
        g_autofree char *large = g_malloc0(TRIAL_TEXT_MAX + 1), *line = g_strnfill(256, 'x');
        g_autofree char *long_line = g_strconcat(HEAD, line, "\nend\n", NULL);
        g_autoptr(GError) binary = NULL, too_large = NULL, too_long = NULL;

        assert_too_many(HEAD "case\n", ROW7, LEAF_TABLE_MAX + 1,
                        "line 259: expected at most 256 rows a case");
        assert_too_many(HEAD "case\n", "msr 0x10a 0x1\n", TRIAL_MSRS_MAX + 1,
                        "line 4099: expected at most 4096 MSRs a case");
        assert_too_many(HEAD, "case\n", TRIAL_CASES_MAX + 1,
                        "line 8194: expected at most 8192 cases");
        assert_too_many(HEAD "case\n", "case-like 0 0x7 0 ebx 0x0\n", TRIAL_CASES_MAX,
                        "line 8194: expected at most 8192 cases");

        g_assert_null(trial_request_parse(HEAD "case\n\0end\n", strlen(HEAD) + 10, &binary));
        assert_refused(binary, "line 3: expected text, not binary");
        g_assert_null(trial_request_parse(large, TRIAL_TEXT_MAX + 1, &too_large));
        assert_refused(too_large, "line 1: expected a text of at most 16 MiB");
        g_assert_null(trial_request_parse(long_line, strlen(long_line), &too_long));
        assert_refused(too_long, "line 2: expected a line of at most 255 characters");
}

static void test_request_round_trip(void) {
        g_autoptr(TrialRequest) request = parse_request(REQUEST);
        g_autofree char *again = trial_request_write(request);
        g_autoptr(LeafTable) table = trial_request_table(request, 2);
        g_autoptr(LeafTable) added = trial_request_table(request, 3);
        const GArray *msrs = trial_request_msrs(request, 0);

        g_assert_cmpstr(again, ==, REQUEST);
        g_assert_cmpuint(request->cases->len, ==, 4);
        g_assert_cmphex(trial_request_capabilities(request, 0), ==,
                        capability_bit(capability_find("irqchip")) |
                                capability_bit(capability_find("xcomp.amx")));
        g_assert_cmpuint(msrs->len, ==, 1);
        g_assert_cmphex(g_array_index(msrs, TrialMsr, 0).value, ==, 0xc00e16d);
        g_assert_null(trial_request_msrs(request, 3));

        g_assert_cmpuint(leaf_table_size(table), ==, 3);
        g_assert_cmphex(leaf_table_find(table, 7, 0)->registers[REGISTER_EBX], ==, 0);
        g_assert_cmphex(leaf_table_find(table, 7, 0)->registers[REGISTER_ECX], ==, 0x1a010104);

        /* A row that was not there is of its sub-leaf alone, where the leaf has any */
        g_assert_cmpuint(leaf_table_size(added), ==, 4);
        g_assert_cmphex(leaf_table_at(added, 3)->leaf, ==, 0xd);
        g_assert_cmphex(leaf_table_at(added, 3)->flags, ==, LEAF_FLAG_INDEXED);
        g_assert_cmphex(leaf_table_at(added, 3)->registers[REGISTER_EAX], ==, 0xf);
}

typedef struct ChangeCase {
        const char *name;
        TrialChange change;
        uint32_t flags;
        size_t row; /* of ROW1 ROW1 ROW7 */
} ChangeCase;

static const ChangeCase change_cases[] = {
        { "of-duplicates-the-first", { 1, 0, REGISTER_EDX, 7 }, 0, 0 },
        { "a-row-that-answers-for-all", { 1, 5, REGISTER_EDX, 7 }, 0, 0 },
        { "a-new-sub-leaf", { 7, 1, REGISTER_EAX, 7 }, LEAF_FLAG_INDEXED, 3 },
        { "a-new-leaf", { 0x80000007, 0, REGISTER_EDX, 7 }, 0, 3 },
        { "a-new-leaf-that-is-indexed", { 0xd, 0, REGISTER_EAX, 7 }, LEAF_FLAG_INDEXED, 3 },
        { "a-new-leaf-that-nobody-knows", { 0x7fff, 2, REGISTER_EAX, 7 }, LEAF_FLAG_INDEXED, 3 },
};

static void test_change(gconstpointer data) {
        const ChangeCase *c = data;
        g_autoptr(TrialRequest) request = parse_request(REQUEST);
        size_t i = trial_request_add_like(request, 1, &c->change);
        g_autoptr(LeafTable) table = trial_request_table(request, i);
        const Leaf *row = leaf_table_at(table, c->row);

        g_assert_cmpuint(leaf_table_size(table), ==, MAX(3, c->row + 1));
        g_assert_cmphex(row->leaf, ==, c->change.leaf);
        g_assert_cmphex(row->flags, ==, c->flags);
        g_assert_cmphex(row->registers[c->change.reg], ==, c->change.value);
        g_assert_cmphex(leaf_table_at(table, 1)->registers[REGISTER_EDX], ==, 0xf8bfbff);
}

/* Of each case all that it can have; back to where it came from */
static const char evidence_text[] = EVIDENCE
        "case\nenabled irqchip\nrefused xcomp.amx 1 ARCH_REQ_XCOMP_GUEST_PERM\nsupported-new\n"
        "supported 0x0 0 0 0xd 0x756e6547 0x6c65746e 0x49656e69\nset 22\n"
        "culprit 0x7 0 edx 0 3 22\nculprit 0x7 0 edx 26 26 1\n"
        "back 0x7 0 1 0x2 0xf1bf23eb 0x1a005f46 0xbc814410\n"
        "back 0xd 0 1 0x2e7 0x240 0xa88 0x0\nmsr 0x10a 0 0xc00e16d\nmsr 0x345 -1 -\n"
        "control CR4.LA57 22\ncontrol IA32_PAT -1\n"
        "case\nsupported-same\nset 0\ngone 0x1 0\ngone 0x7 0\n"
        "back 0x1 0 0 0x1 0x2 0x3 0x4\n"
        "case\nset 22\nculprit 0x1 0 eax 0 31 22\nnothing-set\n"
        "case\nfailed KVM_GET_CPUID2 7\nend\n";

static char *write_evidences(const GPtrArray *evidences) {
        GString *text = g_string_new(NULL);

        trial_evidence_begin(text);
        for (size_t i = 0; i < evidences->len; i++)
                trial_evidence_append(text, evidences->pdata[i],
                                      i > 0 ? evidences->pdata[i - 1] : NULL);
        trial_evidence_end(text);
        return g_string_free(text, FALSE);
}

static GPtrArray *parse_evidence(const TrialRequest *request, const char *text) {
        g_autoptr(GError) error = NULL;
        GPtrArray *evidences = trial_evidence_parse(text, strlen(text), request, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(evidences->len, ==, request->cases->len);
        return evidences;
}

static void test_evidence_round_trip(void) {
        g_autoptr(TrialRequest) request = parse_request(REQUEST);
        g_autoptr(GPtrArray) evidences = parse_evidence(request, evidence_text);
        g_autofree char *again = write_evidences(evidences);
        const TrialEvidence *first = evidences->pdata[0], *second = evidences->pdata[1],
                            *third = evidences->pdata[2], *last = evidences->pdata[3];

        g_assert_cmpstr(again, ==, evidence_text);

        g_assert_cmphex(first->enabled, ==, capability_bit(capability_find("irqchip")));
        g_assert_cmpint(g_array_index(first->refusals, TrialRefusal, 0).code, ==, 1);
        g_assert_cmpint(first->set_code, ==, 22);
        g_assert_cmpuint(first->culprits->len, ==, 2);
        g_assert_cmphex(leaf_table_at(first->set, 0)->registers[REGISTER_EDX], ==, 0xb8010400);
        g_assert_cmpuint(leaf_table_size(first->back), ==, 2);
        g_assert_cmphex(leaf_table_at(first->back, 0)->registers[REGISTER_ECX], ==, 0x1a005f46);
        g_assert_cmpint(g_array_index(first->msrs, TrialMsrAnswer, 1).code, ==, TRIAL_MSR_REFUSED);
        g_assert_false(g_array_index(first->msrs, TrialMsrAnswer, 1).has_value);
        g_assert_true(g_array_index(first->controls, TrialControlAnswer, 0).control ==
                      control_index(control_find("CR4.LA57")));

        g_assert_cmpuint(leaf_table_size(second->supported), ==, 1);
        g_assert_cmpuint(leaf_table_size(second->set), ==, 3);
        g_assert_cmpuint(leaf_table_size(second->back), ==, 1);
        g_assert_cmphex(leaf_table_at(second->back, 0)->registers[REGISTER_EDX], ==, 4);

        g_assert_null(third->set);
        g_assert_null(third->back);
        g_assert_null(third->supported);
        g_assert_cmpstr(last->failure, ==, "KVM_GET_CPUID2");
        g_assert_cmpint(last->failure_code, ==, 7);
}

/* What is the vCPU's is the case's that it is like, too */
static void test_like_has_the_same_enabled(void) {
        g_autoptr(TrialRequest) request = parse_request(HEAD "case\ncapability irqchip\n" ROW7
                                                             "case-like 0 0x7 0 ebx 0x0\nend\n");
        g_autoptr(GPtrArray) evidences = parse_evidence(
                request, EVIDENCE "case\nenabled irqchip\nset 0\ncase\nset 0\nend\n");
        const TrialEvidence *like = evidences->pdata[1];

        g_assert_cmphex(like->enabled, ==, capability_bit(capability_find("irqchip")));
}

typedef struct DeltaCase {
        const char *name;
        Leaf set[6];
        Leaf back[6];
        size_t n_set;
        size_t n_back;
        const char *lines;
} DeltaCase;

#define R(_leaf, _subleaf, _flags, _eax)   \
        {                                  \
                _leaf, _subleaf, _flags, { \
                        _eax               \
                }                          \
        }

static const DeltaCase delta_cases[] = {
        { "kept", { R(1, 0, 0, 5) }, { R(1, 0, 0, 5) }, 1, 1, "" },
        { "nothing", {}, {}, 0, 0, "" },
        { "added", {}, { R(1, 0, 0, 5) }, 0, 1, "back 0x1 0 0 0x5 0x0 0x0 0x0\n" },
        { "gone", { R(1, 0, 0, 5) }, {}, 1, 0, "gone 0x1 0\n" },
        { "flags", { R(7, 0, 1, 5) }, { R(7, 0, 0, 5) }, 1, 1, "back 0x7 0 0 0x5 0x0 0x0 0x0\n" },
        { "second-of-two-changed",
          { R(1, 0, 0, 5), R(2, 0, 0, 1), R(1, 0, 0, 6) },
          { R(1, 0, 0, 5), R(2, 0, 0, 1), R(1, 0, 0, 7) },
          3,
          3,
          "back 0x1 0 0 0x5 0x0 0x0 0x0\nback 0x1 0 0 0x7 0x0 0x0 0x0\n" },
        { "one-of-three-is-left",
          { R(1, 0, 0, 5), R(1, 0, 0, 6), R(1, 0, 0, 7) },
          { R(1, 0, 0, 6) },
          3,
          1,
          "gone 0x1 0\ngone 0x1 0\nback 0x1 0 0 0x6 0x0 0x0 0x0\n" },
        { "one-more-than-were-set",
          { R(1, 0, 0, 5), R(2, 0, 0, 1) },
          { R(1, 0, 0, 5), R(2, 0, 0, 1), R(1, 0, 0, 6) },
          2,
          3,
          "back 0x1 0 0 0x5 0x0 0x0 0x0\nback 0x1 0 0 0x6 0x0 0x0 0x0\n" },
};

static LeafTable *table_new(const Leaf *rows, size_t n_rows) {
        LeafTable *table = leaf_table_new();

        for (size_t i = 0; i < n_rows; i++)
                leaf_table_add(table, &rows[i]);

        return table;
}

static void test_delta(gconstpointer data) {
        const DeltaCase *c = data;
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(TrialEvidence) evidence = trial_evidence_new();
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *expect = g_strconcat(EVIDENCE "case\nset 0\n", c->lines, "end\n", NULL);
        g_autoptr(GPtrArray) evidences = NULL;
        const TrialEvidence *again;

        (void) trial_request_add(request, 0, table_new(c->set, c->n_set), NULL);
        evidence->set = table_new(c->set, c->n_set);
        evidence->back = table_new(c->back, c->n_back);
        trial_evidence_begin(text);
        trial_evidence_append(text, evidence, NULL);
        trial_evidence_end(text);
        g_assert_cmpstr(text->str, ==, expect);

        evidences = parse_evidence(request, text->str);
        again = evidences->pdata[0];
        g_assert_cmpmem(leaf_table_words(again->back), c->n_back * sizeof(Leaf), c->back,
                        leaf_table_size(again->back) * sizeof(Leaf));
}

/* Cutting either off anywhere never gives anything. */
static void test_cut_off(void) {
        g_autoptr(TrialRequest) request = parse_request(REQUEST);

        for (size_t n = 0; n < strlen(REQUEST); n++) {
                g_autoptr(GError) error = NULL;

                g_assert_null(trial_request_parse(REQUEST, n, &error));
                assert_refused(error, "line ");
        }

        for (size_t n = 0; n < strlen(evidence_text); n++) {
                g_autoptr(GError) error = NULL;

                g_assert_null(trial_evidence_parse(evidence_text, n, request, &error));
                assert_refused(error, "line ");
        }
}

static void test_steps(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        g_autoptr(GString) text = g_string_new(EVIDENCE);
        g_autoptr(TrialReader) reader = NULL;
        g_autoptr(GPtrArray) evidences = NULL;

        for (size_t i = 0; i < 1000; i++) {
                (void) trial_request_add(request, 0, leaf_table_new(), NULL);
                g_string_append(text, "case\nset 0\n");
        }
        g_string_append(text, "end\n");
        reader = trial_reader_new(text->str, text->len, request);
        g_assert_true(trial_reader_step(reader));
        while (trial_reader_step(reader))
                ;
        evidences = trial_reader_take(reader, NULL);
        g_assert_cmpuint(evidences->len, ==, 1000);
}

static void test_whole_row_refused(void) {
        static const Leaf rows[] = { R(1, 0, 0, 5), R(7, 0, 1, 6) };
        g_autoptr(LeafTable) table = table_new(rows, G_N_ELEMENTS(rows)), rest = NULL;
        g_autoptr(GArray) culprits = g_array_new(FALSE, FALSE, sizeof(TrialCulprit));

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                g_array_append_val(
                        culprits,
                        ((TrialCulprit){ .leaf = 7, .reg = reg, .high = 31, .code = 22 }));
        rest = trial_table_without(table, culprits);
        g_assert_cmpuint(leaf_table_size(rest), ==, 1);
        g_assert_cmphex(leaf_table_at(rest, 0)->leaf, ==, 1);
}

static void add(const char *group, const char *name, gconstpointer data, GTestDataFunc func) {
        g_autofree char *path = g_strconcat("/trial/", group, "/", name, NULL);

        g_test_add_data_func(path, data, func);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(bad_requests); i++)
                add("bad-request", bad_requests[i].name, &bad_requests[i], test_bad_request);
        for (size_t i = 0; i < G_N_ELEMENTS(bad_evidences); i++)
                add("bad-evidence", bad_evidences[i].name, &bad_evidences[i], test_bad_evidence);
        for (size_t i = 0; i < G_N_ELEMENTS(change_cases); i++)
                add("change", change_cases[i].name, &change_cases[i], test_change);
        for (size_t i = 0; i < G_N_ELEMENTS(delta_cases); i++)
                add("delta", delta_cases[i].name, &delta_cases[i], test_delta);
        g_test_add_func("/trial/limits", test_limits);
        g_test_add_func("/trial/request-round-trip", test_request_round_trip);
        g_test_add_func("/trial/evidence-round-trip", test_evidence_round_trip);
        g_test_add_func("/trial/like-has-the-same-enabled", test_like_has_the_same_enabled);
        g_test_add_func("/trial/cut-off", test_cut_off);
        g_test_add_func("/trial/steps", test_steps);
        g_test_add_func("/trial/whole-row-refused", test_whole_row_refused);

        return g_test_run();
}
