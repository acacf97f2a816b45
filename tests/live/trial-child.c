/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trier and its child: a child that goes wrong in whatever way, or is killed, is one clean line */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/child.h"
#include "daemon/kvm/confine.h"
#include "daemon/trier.h"
#include "policy/trial-text.h"
#include "tests/live/trial-run.h"

/* A MSR that asks the child to play a part */
#define MSR_PART 0xbad
#define N_KILLED 100
#define KILL_USEC 12000

typedef enum Part {
        PART_REAL,
        PART_FAIL,
        PART_NONSENSE,
        PART_CUT,
        PART_KILLED,
        PART_FORBIDDEN,
        PART_ENDLESS,
        PART_HANG,
        PART_MEMORY,
        PART_MISTAKE,
} Part;

typedef struct PartCase {
        const char *name;
        Part part;
        const char *expect;
        bool is_end; /* of the line: what stands before it is GLib's */
        bool is_confined;
} PartCase;

static const PartCase part_cases[] = {
        { "fails", PART_FAIL, "open /dev/kvm: it is not there" },
        { "writes-nonsense", PART_NONSENSE, "no evidence: line 1: expected 'cpuidd-evidence 1'" },
        { "is-cut-off", PART_CUT, "no evidence: line 3: expected 'end': the text was cut off" },
        { "is-killed", PART_KILLED, "the trial was ended by signal 9 (Killed)" },
        { "does-what-it-may-not", PART_FORBIDDEN,
          "the trial did something that it may not, and was ended by signal 31 (Bad system call)",
          .is_confined = true },
        { "has-no-memory", PART_MEMORY, "failed to allocate 1073741824 bytes", true, true },
        { "makes-a-mistake", PART_MISTAKE, "play_mistake: code should not be reached", true, true },
        { "writes-without-an-end", PART_ENDLESS, "the trial answers without an end" },
        { "hangs", PART_HANG, "the trial takes too long and was ended" },
};

static void test_part(gconstpointer data) {
        const PartCase *test = data;
        g_autoptr(TrialRequest) request = trial_request_new();
        g_auto(Answer) answer = {};

        if (test->is_confined && !confine_is_possible()) {
                g_test_skip("a build with sanitizers is not confined");
                return;
        }

        (void) trial_request_add(request, 0, leaf_table_new(), run_msrs_new(MSR_PART, test->part));
        run_request(request, 0, &answer);
        g_assert_null(answer.evidence);
        if (test->is_end)
                g_assert_true(g_str_has_suffix(answer.problem->message, test->expect));
        else
                g_assert_cmpstr(answer.problem->message, ==, test->expect);
}

static void test_too_large(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        const Leaf row = { UINT32_MAX, UINT32_MAX, UINT32_MAX, { UINT32_MAX, 0, 0, 0 } };
        g_auto(Answer) answer = {};

        for (size_t i = 0; i < TRIAL_CASES_MAX; i++) {
                LeafTable *table = leaf_table_new();

                while (leaf_table_size(table) < 64)
                        leaf_table_add(table, &row);
                (void) trial_request_add(request, 0, table, NULL);
        }

        run_request(request, 0, &answer);
        g_assert_error(answer.problem, CHILD_ERROR, CHILD_ERROR_SIZE);
        g_assert_true(g_str_has_prefix(answer.problem->message, "the trial is larger than 16 MiB"));
}

/* It is not called any more, and nothing is left. */
static void test_cancel(void) {
        g_autoptr(TrialRequest) request = trial_request_new();
        sd_event *event = run_event_new();
        g_auto(Answer) answer = {};
        g_autoptr(Trier) trier = trier_new(event, answer_take, &answer);

        (void) trial_request_add(request, 0, leaf_table_new(), run_msrs_new(MSR_PART, PART_HANG));
        for (size_t i = 0; i < 3; i++) {
                trier_try(trier, request);
                g_assert_cmpint(run_find_child(), >, 0);
                trier_cancel(trier);
                run_until_no_child(event);
        }

        g_assert_false(answer.is_there);
        sd_event_unref(event);
}

/* Whenever it is killed, there is one clean line, or it was over before. */
static void test_killed_at_any_moment(void) {
        g_autoptr(GRand) random = g_rand_new_with_seed(g_test_rand_int());
        g_autoptr(TrialRequest) request = NULL;
        size_t n_killed = 0, n_before;

        if (run_skip())
                return;

        request = run_many_cases(5, 5);
        n_before = run_count_descriptors();
        for (size_t i = 0; i < N_KILLED; i++) {
                uint64_t usec = g_rand_int_range(random, 1, KILL_USEC);
                g_auto(Answer) answer = {};

                run_request(request, usec, &answer);
                if (!answer.problem)
                        continue;
                g_assert_cmpstr(answer.problem->message, ==,
                                "the trial was ended by signal 9 (Killed)");
                n_killed++;
        }

        g_test_message("%zu of %d were killed", n_killed, N_KILLED);
        g_assert_cmpuint(n_killed, >, 0);
        g_assert_cmpuint(run_count_descriptors(), ==, n_before);
        g_assert_cmpint(run_find_child(), ==, 0);
}

static int play_endless(void) {
        g_autofree char *text = g_strnfill(1024 * 1024, 'x');

        while (write(STDOUT_FILENO, text, 1024 * 1024) > 0)
                ;

        return 1;
}

static int play_forbidden(void) {
        if (!confine(NULL))
                return 1;

        return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int play_memory(void) {
        return confine(NULL) && g_malloc(1024 * 1024 * 1024) ? 0 : 1;
}

static int play_mistake(void) {
        if (confine(NULL))
                g_assert_not_reached();

        return 1;
}

static int play_hang(void) {
        while (pause() < 0)
                ;

        return 1;
}

static int give(const char *text) {
        size_t n = strlen(text);

        return write(STDOUT_FILENO, text, n) == (ssize_t) n ? 0 : 1;
}

static Part find_part(const TrialRequest *request) {
        const GArray *msrs =
                request && request->cases->len > 0 ? trial_request_msrs(request, 0) : NULL;
        const TrialMsr *msr = msrs ? &g_array_index(msrs, TrialMsr, 0) : NULL;

        return msr && msr->index == MSR_PART ? (Part) msr->value : PART_REAL;
}

static int play(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(TrialRequest) request = NULL;
        char buffer[4096];
        ssize_t n;

        while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);

        request = trial_request_parse(text->str, text->len, NULL);
        switch (find_part(request)) {
        case PART_REAL:
                return run_play(text->str, text->len);
        case PART_FAIL:
                (void) fputs("cpuidd: open /dev/kvm: it is not there\n", stderr);
                return 1;
        case PART_NONSENSE:
                return give("nonsense\nend\n");
        case PART_CUT:
                return give("cpuidd-evidence 1\ncase\n");
        case PART_KILLED:
                return raise(SIGKILL);
        case PART_FORBIDDEN:
                return play_forbidden();
        case PART_ENDLESS:
                return play_endless();
        case PART_HANG:
                return play_hang();
        case PART_MEMORY:
                return play_memory();
        case PART_MISTAKE:
                return play_mistake();
        }

        return 1;
}

int main(int argc, char **argv) {
        int r;

        /* As child.c calls whom it starts */
        if (argc == 2 && strcmp(argv[0], "cpuidd") == 0 && strcmp(argv[1], "--trial") == 0)
                return play();

        g_test_init(&argc, &argv, NULL);
        run_open();
        for (size_t i = 0; i < G_N_ELEMENTS(part_cases); i++) {
                g_autofree char *path = g_strconcat("/trier/", part_cases[i].name, NULL);

                g_test_add_data_func(path, &part_cases[i], test_part);
        }
        g_test_add_func("/trier/is-given-too-much", test_too_large);
        g_test_add_func("/trier/is-cancelled", test_cancel);
        g_test_add_func("/trier/is-killed-at-any-moment", test_killed_at_any_moment);

        r = g_test_run();
        run_close();
        return r;
}
