/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One trial at a time: the cases are written to a child, and what it writes is read, a little at a
 * time, since a Check may be waiting. A child that fails in whatever way is one sentence here; the
 * callback comes from the event loop always. */

#include "daemon/trier.h"

#include <string.h>

#include "daemon/child.h"
#include "policy/trial-text.h"

/* A case takes less than a millisecond of its own; a machine that is busy or emulated has its time */
#ifndef TRIER_TIMEOUT_USEC /* a test has less */
#define TRIER_TIMEOUT_USEC (30 * G_USEC_PER_SEC)
#endif
#define CASE_USEC (20 * 1000)

#define NAME "the trial"

struct Trier {
        sd_event *event;
        TrierFunc func;
        void *userdata;
        const TrialRequest *request; /* NULL: none is under way */
        char *text;
        Child *child;        /* stays until its text is read */
        TrialReader *reader; /* NULL: there is no text yet */
        GError *problem;     /* why there is none */
        sd_event_source *defer;
};

Trier *trier_new(sd_event *event, TrierFunc func, void *userdata) {
        Trier *trier = g_new0(Trier, 1);

        trier->event = sd_event_ref(event);
        trier->func = func;
        trier->userdata = userdata;
        return trier;
}

void trier_cancel(Trier *trier) {
        g_clear_pointer(&trier->reader, trial_reader_free);
        g_clear_pointer(&trier->child, child_free);
        trier->defer = sd_event_source_disable_unref(trier->defer);
        g_clear_pointer(&trier->text, g_free);
        g_clear_error(&trier->problem);
        trier->request = NULL;
}

Trier *trier_free(Trier *trier) {
        if (!trier)
                return NULL;

        trier_cancel(trier);
        sd_event_unref(trier->event);
        g_free(trier);
        return NULL;
}

/* The next can be tried in the callback, or all of it freed: so that comes last. */
static void answer(Trier *trier, GPtrArray *evidence, const GError *problem) {
        trier_cancel(trier);
        trier->func(evidence, problem, trier->userdata);
}

static int on_defer(sd_event_source *source, void *userdata) {
        Trier *trier = userdata;
        g_autoptr(GError) problem = g_steal_pointer(&trier->problem);
        GPtrArray *evidence = NULL;

        (void) source;
        if (trier->reader) {
                if (trial_reader_step(trier->reader))
                        return 0;
                evidence = trial_reader_take(trier->reader, &problem);
                g_prefix_error(&problem, "no evidence: ");
        }

        answer(trier, evidence, problem);
        return 0;
}

/* Comes back in the event loop, as often as there is something left to be done */
static void defer(Trier *trier) {
        if (sd_event_add_defer(trier->event, &trier->defer, on_defer, trier) < 0 ||
            sd_event_source_set_enabled(trier->defer, SD_EVENT_ON) < 0)
                g_error("there is no memory for the answer to a trial");
}

static void on_child(const char *text, size_t n_text, const GError *problem, void *userdata) {
        Trier *trier = userdata;

        if (problem) {
                g_autoptr(GError) copy = g_error_copy(problem);

                answer(trier, NULL, copy);
                return;
        }

        trier->reader = trial_reader_new(text, n_text, trier->request);
        defer(trier);
}

static void start(Trier *trier) {
        const ChildCommand command = {
                .argument = "--trial",
                .name = NAME,
                .hangs = NAME " takes too long and was ended",
                .input = trier->text,
                .n_input = strlen(trier->text),
                .n_max = TRIAL_TEXT_MAX,
                .timeout_usec = TRIER_TIMEOUT_USEC + trier->request->cases->len * CASE_USEC,
        };

        if (command.n_input > CHILD_INPUT_MAX)
                g_set_error(&trier->problem, CHILD_ERROR, CHILD_ERROR_SIZE,
                            NAME " is larger than 16 MiB: expected fewer or smaller tables");
        else
                trier->child = child_new(trier->event, &command, on_child, trier, &trier->problem);
}

void trier_try(Trier *trier, const TrialRequest *request) {
        g_assert(!trier->request);

        trier->request = request;
        trier->text = trial_request_write(request);
        start(trier);
        if (!trier->child)
                defer(trier);
}
