/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Users stand in a line, each with calls of its own in a line. The first user's first call is
 * tried, then that user goes to the end. Who leaves the bus leaves the line. What a whole host's
 * evidence means takes long to find out, so that is done in slices. */

#include "daemon/bus/trials.h"

#include <errno.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/caller.h"
#include "daemon/bus/repeats.h"
#include "daemon/bus/wire.h"
#include "policy/offer.h"
#include "policy/report.h"
#include "policy/self-trial.h"

/* As long as others are kept waiting */
#define SLICE_USEC (20 * 1000)

typedef struct Trial {
        Trials *trials;
        sd_bus_message *call; /* NULL: who asked has left while it was tried */
        Caller *caller;
        uid_t uid;
        Guest *guest; /* NULL: the host itself */
        CheckFlags flags;
        Host *host; /* since it is under way, as what follows */
        TrialRequest *request;
        SelfTrial *self;
        size_t n_taken;          /* of the self trial's requests */
        sd_event_source *source; /* its next slice */
} Trial;

typedef struct User {
        uid_t uid;
        GQueue waiting; /* Trial */
} User;

struct Trials {
        sd_bus *bus;
        TrialsFunc try;
        void *userdata;
        Host *host; /* NULL: see problem */
        GError *problem;
        GQueue users; /* User with calls that wait; the first has its turn next */
        size_t n_waiting;
        Trial *running;
        Repeats *repeats;
};

static Trial *trial_free(Trial *trial) {
        if (!trial)
                return NULL;

        sd_bus_message_unref(trial->call);
        caller_free(trial->caller);
        sd_event_source_disable_unref(trial->source);
        g_clear_pointer(&trial->guest, guest_free);
        g_clear_pointer(&trial->request, trial_request_free);
        g_clear_pointer(&trial->self, self_trial_free);
        g_clear_pointer(&trial->host, host_unref);
        g_free(trial);
        return NULL;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

Trials *trials_new(sd_bus *bus, TrialsFunc try, void *userdata) {
        Trials *trials = g_new0(Trials, 1);

        trials->bus = sd_bus_ref(bus);
        trials->try = try;
        trials->userdata = userdata;
        trials->repeats = repeats_new();
        g_queue_init(&trials->users);
        trials->problem = g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_NOT_READY,
                                              "KVM has not been asked yet");
        return trials;
}

static User *find_user(Trials *trials, uid_t uid) {
        for (GList *link = trials->users.head; link; link = link->next) {
                User *user = link->data;

                if (user->uid == uid)
                        return user;
        }

        return NULL;
}

static void remove_user(Trials *trials, User *user) {
        (void) g_queue_remove(&trials->users, user);
        g_free(user);
}

static Trial *take_next(Trials *trials) {
        User *user = g_queue_pop_head(&trials->users);
        Trial *trial;

        if (!user)
                return NULL;

        trial = g_queue_pop_head(&user->waiting);
        trials->n_waiting--;
        if (g_queue_is_empty(&user->waiting))
                g_free(user);
        else
                g_queue_push_tail(&trials->users, user);
        return trial;
}

static void refuse_waiting(Trials *trials, const GError *problem) {
        Trial *trial;

        while ((trial = take_next(trials))) {
                (void) bus_error_send(trial->call, problem);
                trial_free(trial);
        }
}

Trials *trials_free(Trials *trials, const GError *problem) {
        if (!trials)
                return NULL;

        if (trials->running && trials->running->call)
                (void) bus_error_send(trials->running->call, problem);
        trial_free(trials->running);
        refuse_waiting(trials, problem);

        repeats_free(trials->repeats);
        g_clear_pointer(&trials->host, host_unref);
        g_clear_error(&trials->problem);
        sd_bus_unref(trials->bus);
        g_free(trials);
        return NULL;
}

static void begin_guest(Trial *trial) {
        g_autoptr(GArray) indexes = guest_list_msrs(trial->guest);
        GArray *msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsr));

        for (size_t i = 0; i < indexes->len; i++) {
                TrialMsr msr = { .index = g_array_index(indexes, uint32_t, i) };

                (void) guest_get_msr(trial->guest, msr.index, &msr.value);
                g_array_append_val(msrs, msr);
        }

        trial->request = trial_request_new();
        (void) trial_request_add(trial->request, capability_set_close(trial->guest->capabilities),
                                 leaf_table_copy(trial->guest->table), msrs);
}

/* What has been tried next: a guest's only request, or the next of a host's */
static const TrialRequest *next_request(Trial *trial) {
        return trial->self ? self_trial_request(trial->self, trial->n_taken) : trial->request;
}

static void start_next(Trials *trials) {
        Trial *trial;

        if (trials->running || !trials->host)
                return;
        trial = take_next(trials);
        if (!trial)
                return;

        trials->running = trial;
        trial->host = host_ref(trials->host);
        if (trial->guest)
                begin_guest(trial);
        else
                trial->self = self_trial_new(trial->host);
        trials->try(next_request(trial), trials->userdata);
}

/* Answered, or nobody is there to be answered */
static void finish(Trial *trial) {
        Trials *trials = trial->trials;

        trials->running = NULL;
        trial_free(trial);
        start_next(trials);
}

static void finish_with(Trial *trial, int r, const GError *error) {
        if (trial->call)
                bus_error_answer(trial->call, r, error);
        finish(trial);
}

static int reply_guest(const Trial *trial, const TrialEvidence *evidence, GError **error) {
        g_autoptr(Offer) offer = offer_new(trial->host, trial->guest->capabilities);
        g_autoptr(Report) report = report_new(offer, trial->guest, evidence, error);
        g_auto(Verdict) verdict = {};

        if (!report)
                return -EIO;

        check(offer, trial->guest, trial->flags | CHECK_VERDICT_ONLY, &verdict);
        return wire_reply_trial(trial->call, report, &verdict, trial->host);
}

static int reply_self(const Trial *trial, GError **error) {
        g_autoptr(Report) report = self_trial_report(trial->self, error);

        return report ? wire_reply_trial(trial->call, report, NULL, trial->host) : -EIO;
}

/* false: there is no more to compare */
static bool run_slice(Trial *trial) {
        int64_t end = g_get_monotonic_time() + SLICE_USEC;
        bool is_more;

        do {
                is_more = self_trial_step(trial->self);
        } while (is_more && g_get_monotonic_time() < end);

        return is_more;
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata) {
        Trial *trial = userdata;
        g_autoptr(GError) error = NULL;
        int r = 0;

        (void) usec;
        if (trial->call && run_slice(trial)) {
                r = sd_event_source_set_time_relative(source, 0);
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                if (r >= 0)
                        return 0;
        } else if (trial->call)
                r = reply_self(trial, &error);

        finish_with(trial, r, error);
        return 0;
}

/* A timer at now: unlike a deferred source it takes its place behind all that waits already. */
static int compare_host(Trial *trial) {
        return sd_event_add_time_relative(sd_bus_get_event(trial->trials->bus), &trial->source,
                                          CLOCK_MONOTONIC, 0, 1, on_slice, trial);
}

static void take_of_host(Trial *trial, GPtrArray *evidence) {
        int r;

        self_trial_take(trial->self, trial->n_taken++, evidence);
        if (trial->n_taken < self_trial_n_requests(trial->self)) {
                trial->trials->try(next_request(trial), trial->trials->userdata);
                return;
        }

        r = compare_host(trial);
        if (r < 0)
                finish_with(trial, r, NULL);
}

static void take_of_guest(Trial *trial, GPtrArray *evidence) {
        g_autoptr(GError) error = NULL;
        int r;

        g_assert(evidence->len == 1);
        r = reply_guest(trial, evidence->pdata[0], &error);
        g_ptr_array_unref(evidence);
        finish_with(trial, r, error);
}

void trials_answer(Trials *trials, GPtrArray *evidence, const GError *problem) {
        Trial *trial = trials->running;

        g_assert(trial);
        if (problem) {
                g_autoptr(GError) error =
                        g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_TRIAL, problem->message);

                finish_with(trial, -EIO, error);
        } else if (!trial->call) {
                g_ptr_array_unref(evidence);
                finish(trial);
        } else if (trial->self)
                take_of_host(trial, evidence);
        else
                take_of_guest(trial, evidence);
}

/* What is under way cannot be taken back, and has no answer any more. */
static void on_gone(void *userdata) {
        Trial *trial = userdata;
        Trials *trials = trial->trials;
        User *user;

        if (trial == trials->running) {
                trial->call = sd_bus_message_unref(trial->call);
                return;
        }

        user = find_user(trials, trial->uid);
        (void) g_queue_remove(&user->waiting, trial);
        trials->n_waiting--;
        if (g_queue_is_empty(&user->waiting))
                remove_user(trials, user);
        trial_free(trial);
}

static bool may_wait(Trials *trials, uid_t uid, GError **error) {
        const User *user = find_user(trials, uid);

        if (trials->n_waiting >= TRIALS_MAX)
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "%d tables wait to be tried already; try again later", TRIALS_MAX);
        else if (user && user->waiting.length >= TRIALS_USER_MAX)
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "%d tables of this user wait to be tried already; try again later",
                            TRIALS_USER_MAX);
        else
                return true;

        return false;
}

static bool may_try(Trials *trials, uid_t uid, const Guest *guest, GError **error) {
        uint64_t now = 0;

        if (!trials->host) {
                *error = g_error_copy(trials->problem);
                return false;
        }
        if (!may_wait(trials, uid, error))
                return false;
        if (!guest)
                return true;

        (void) sd_event_now(sd_bus_get_event(trials->bus), CLOCK_MONOTONIC, &now);
        return repeats_count(trials->repeats, uid, guest, now, error);
}

static void enqueue(Trials *trials, Trial *trial) {
        User *user = find_user(trials, trial->uid);

        if (!user) {
                user = g_new0(User, 1);
                user->uid = trial->uid;
                g_queue_init(&user->waiting);
                g_queue_push_tail(&trials->users, user);
        }

        g_queue_push_tail(&user->waiting, trial);
        trials->n_waiting++;
}

int trials_add(Trials *trials, sd_bus_message *call, uid_t uid, Guest *guest, CheckFlags flags,
               GError **error) {
        g_autoptr(Trial) trial = g_new0(Trial, 1);
        int r;

        trial->trials = trials;
        trial->guest = guest;
        trial->uid = uid;
        trial->flags = flags;
        if (!may_try(trials, uid, guest, error))
                return -EBUSY;

        trial->call = sd_bus_message_ref(call);
        r = caller_watch(call, on_gone, trial, &trial->caller);
        if (r < 0)
                return r;

        enqueue(trials, g_steal_pointer(&trial));
        start_next(trials);
        return 1;
}

void trials_set_host(Trials *trials, Host *host, const GError *problem) {
        g_clear_pointer(&trials->host, host_unref);
        g_clear_error(&trials->problem);
        trials->host = host ? host_ref(host) : NULL;
        if (host)
                start_next(trials);
        else {
                trials->problem = g_error_copy(problem);
                refuse_waiting(trials, problem);
        }
}
