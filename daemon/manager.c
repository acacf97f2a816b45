/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts the parts together: the event loop, the bus, the service, what it asks, and what it says of
 * itself to whoever started it. It takes its name and is ready even where there is no KVM: a unit
 * that fails leaves a client that started it by a question waiting for dbus-daemon's 25 seconds. */

#include "daemon/manager.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#include "config.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/service.h"
#include "daemon/connection.h"
#include "daemon/log-bus.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/source.h"
#include "daemon/trier.h"
#include "daemon/watch.h"
#include "policy/host-change.h"

/* How long the first answer may keep the name back. A client waits for 5 seconds. */
#define NAME_TIMEOUT_USEC (3 * G_USEC_PER_SEC)

/* How long the end may take. It takes milliseconds. */
#define END_TIMEOUT_USEC (G_USEC_PER_SEC / 2)

typedef struct Manager {
        const ManagerOptions *options;
        sd_event *event;
        sd_bus *bus;
        sd_event_source *name_timer;
        Source *source;
        Watch *watch; /* NULL with a recording */
        Trier *trier; /* NULL with a recording: its host is another one */
        Service *service;
        Host *known;   /* the last that there was, to tell what has changed; not served */
        char *problem; /* of the last answer; NULL: there was none */
        bool has_name;
        bool has_answer;
        bool is_ready; /* as systemd takes it: not while it is starting or reloading */
        bool is_reloading;
        bool has_failed; /* and has said so */
        bool is_stuck;   /* what is to be written to the bus cannot be */
} Manager;

static void manager_done(Manager *manager) {
        sd_event_source_disable_unref(manager->name_timer);
        watch_free(manager->watch);
        source_free(manager->source);
        trier_free(manager->trier);
        service_free(manager->service);
        sd_bus_flush_close_unref(manager->bus);
        sd_event_unref(manager->event);
        g_clear_pointer(&manager->known, host_unref);
        g_free(manager->problem);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Manager, manager_done)

static const char *bus_word(const Manager *manager) {
        return manager->options->is_user ? "user bus" : "system bus";
}

static void fail(Manager *manager, const char *message) {
        log_event(LOG_ERR, NULL, NULL, "%s", message);
        manager->has_failed = true;
        (void) sd_event_exit(manager->event, EXIT_FAILED);
}

static void notify_status(const Manager *manager) {
        g_autoptr(GError) problem = NULL;
        g_autofree char *status = NULL, *line = NULL;

        if (service_host(manager->service, &problem))
                status = g_strdup_printf("Ready: %s, Linux %s, %s",
                                         service_text(manager->service, "Vendor"),
                                         service_text(manager->service, "KernelRelease"),
                                         service_text(manager->service, "Fingerprint"));
        else
                status = g_strdup_printf("Not ready: %s", problem->message);

        /* Another line would be another word to systemd. */
        line = log_printable(status);
        notify("STATUS=%s", line);
}

/* A reload that came while KVM was being asked waits for the answer behind that one. */
static void become_ready(Manager *manager) {
        notify_status(manager);
        if (manager->is_ready || (manager->is_reloading && service_is_asking(manager->service)))
                return;

        notify("READY=1");
        manager->is_ready = true;
        manager->is_reloading = false;
}

/* The same reason again, as the ten-minute net finds it, is told once. */
static void log_problem(const Manager *manager, const char *problem) {
        bool is_new = g_strcmp0(problem, manager->problem) != 0;

        log_event(is_new ? LOG_WARNING : LOG_DEBUG, is_new ? LOG_ID_NOT_READY : NULL, NULL,
                  "not ready: %s", problem);
}

/* Against the last host that was known: a module that is loaded again with other parameters is gone
 * in between. */
static void log_host(const Manager *manager, Host *host) {
        const char *fingerprint = host_fingerprint(host);
        g_autoptr(HostChange) change =
                manager->known ? host_change_new(manager->known, host) : NULL;
        g_autofree char *text = change ? host_change_to_text(change) : NULL;
        bool is_same = manager->known && strcmp(host_fingerprint(manager->known), fingerprint) == 0;

        if (change && !is_same)
                log_event(LOG_NOTICE, LOG_ID_CHANGED, fingerprint,
                          "the profile has changed: %s; %s", text, fingerprint);
        else if (!manager->known || manager->problem)
                log_event(LOG_INFO, LOG_ID_READY, fingerprint, "ready: %s, Linux %s, %s",
                          service_text(manager->service, "Vendor"),
                          service_text(manager->service, "KernelRelease"), fingerprint);
}

static void remember_answer(Manager *manager, Host *host, const GError *problem) {
        g_free(manager->problem);
        manager->problem = host ? NULL : g_strdup(problem->message);
        if (!host)
                return;

        g_clear_pointer(&manager->known, host_unref);
        manager->known = host_ref(host);
}

/* What is served now, to whoever started us and for the log */
static void tell_answer(Manager *manager) {
        g_autoptr(GError) problem = NULL;
        Host *host = service_host(manager->service, &problem);

        become_ready(manager);
        if (!manager->has_answer)
                return;

        if (host)
                log_host(manager, host);
        else
                log_problem(manager, problem->message);
        remember_answer(manager, host, problem);
}

static void on_name(const GError *problem, void *userdata) {
        Manager *manager = userdata;

        if (problem) {
                fail(manager, problem->message);
                return;
        }

        manager->has_name = true;
        tell_answer(manager);
}

/* Without it nobody can ask, so that it comes first. */
static void take_name(Manager *manager) {
        if (!manager->name_timer)
                return;

        manager->name_timer = sd_event_source_disable_unref(manager->name_timer);
        service_take_name(manager->service, on_name);
}

static void on_host(Host *host, const GError *problem, void *userdata) {
        Manager *manager = userdata;

        (void) service_answer(manager->service, host, problem);
        manager->has_answer = true;
        if (manager->has_name)
                tell_answer(manager);
        else
                take_name(manager);
}

static void on_wanted(void *userdata) {
        Manager *manager = userdata;

        log_event(LOG_DEBUG, NULL, NULL, "asking for the host");
        if (manager->watch)
                watch_asked(manager->watch);
        source_ask(manager->source);
}

static void on_watch(const char *reason, bool is_net, void *userdata) {
        Manager *manager = userdata;

        log_event(is_net ? LOG_DEBUG : LOG_INFO, NULL, NULL, "%s: KVM is asked again", reason);
        (void) service_refresh(manager->service, NULL, NULL);
}

static void watch(Manager *manager) {
        g_autofree char *missing = NULL;

        manager->watch = watch_new(manager->event, manager->options->device, &watch_times, on_watch,
                                   manager, &missing);
        if (missing)
                log_event(
                        LOG_WARNING, NULL, NULL,
                        "changes may be noticed ten minutes late, since this cannot be watched: %s",
                        missing);
}

static void on_trial(const TrialRequest *request, void *userdata) {
        const Manager *manager = userdata;

        trier_try(manager->trier, request);
}

static void on_evidence(GPtrArray *evidence, const GError *problem, void *userdata) {
        const Manager *manager = userdata;

        trials_answer(service_trials(manager->service, NULL), evidence, problem);
}

/* Only the bus can forget those who do not read, and does so when we are gone: who waits is told,
 * and systemd starts us again. */
static void on_stuck(void *userdata) {
        Manager *manager = userdata;

        fail(manager,
             "the bus takes no answers any more: it keeps too many for clients that do "
             "not read them");
        manager->is_stuck = true;
}

static int on_name_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        take_name(userdata);
        return 0;
}

static volatile sig_atomic_t late_status;

static void on_late(int number) {
        (void) number;
        _exit(late_status);
}

/* Flushing waits for a bus that takes nothing, for as long as that is so. The end does not. */
static void limit_end(sd_event *event) {
        const struct itimerval limit = { .it_value.tv_usec = END_TIMEOUT_USEC };
        sigset_t signals;
        int status = EXIT_DONE;

        (void) sd_event_get_exit_code(event, &status);
        late_status = status == 0 ? EXIT_DONE : EXIT_FAILED;

        (void) signal(SIGALRM, on_late);
        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGALRM);
        (void) sigprocmask(SIG_UNBLOCK, &signals, NULL);
        (void) setitimer(ITIMER_REAL, &limit, NULL);
}

/* Who waits for an answer is told while there is a bus: sd-bus closes it when the loop ends, after
 * this. */
static int on_stop(sd_event_source *source, void *userdata) {
        Manager *manager = userdata;

        (void) source;
        limit_end(manager->event);
        manager->trier = trier_free(manager->trier); /* whose request is the service's */
        if (manager->is_stuck)
                sd_bus_close(manager->bus);
        manager->service = service_free(manager->service);
        return 0;
}

static int watch_end(sd_event *event, Manager *manager) {
        sd_event_source *source = NULL;
        int r;

        r = sd_event_add_exit(event, &source, on_stop, manager);
        if (r >= 0)
                r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *manager = userdata;

        (void) source;
        (void) si;
        /* The time is for Type=notify-reload, which systemd has since version 253. */
        notify("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
        manager->is_ready = false;
        manager->is_reloading = true;
        (void) service_refresh(manager->service, NULL, NULL);
        return 0;
}

static int watch_signals(sd_event *event, Manager *manager) {
        sigset_t signals;
        int r;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGTERM);
        (void) sigaddset(&signals, SIGINT);
        (void) sigaddset(&signals, SIGHUP);
        (void) sigaddset(&signals, SIGCHLD);
        (void) sigprocmask(SIG_BLOCK, &signals, NULL);
        (void) signal(SIGPIPE, SIG_IGN);

        /* Without a handler the loop ends, with the status that stands where userdata does. */
        r = sd_event_add_signal(event, NULL, SIGTERM, NULL, GINT_TO_POINTER(EXIT_DONE));
        if (r < 0)
                return r;
        r = sd_event_add_signal(event, NULL, SIGINT, NULL, GINT_TO_POINTER(EXIT_DONE));
        if (r < 0)
                return r;
        return sd_event_add_signal(event, NULL, SIGHUP, on_hangup, manager);
}

static int start_loop(Manager *manager) {
        int r;

        r = sd_event_default(&manager->event);
        if (r < 0)
                return r;
        r = watch_signals(manager->event, manager);
        if (r < 0)
                return r;
        r = watch_end(manager->event, manager);
        if (r < 0)
                return r;
        r = sd_event_set_watchdog(manager->event, true);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(manager->event, &manager->name_timer, CLOCK_MONOTONIC,
                                          NAME_TIMEOUT_USEC, 0, on_name_timer, manager);
}

static int connect_bus(Manager *manager) {
        int r;

        r = connection_open(manager->options->is_user, &manager->bus);
        if (r < 0)
                return r;
        r = sd_bus_set_exit_on_disconnect(manager->bus, true);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(manager->bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        return log_bus_add(manager->bus);
}

static bool start(Manager *manager) {
        const char *replay = manager->options->replay;
        g_autoptr(GError) error = NULL;
        int r;

        r = start_loop(manager);
        if (r < 0) {
                log_event(LOG_ERR, NULL, NULL, "the event loop cannot be started: %s",
                          g_strerror(-r));
                return false;
        }

        r = connect_bus(manager);
        if (r < 0) {
                log_event(LOG_ERR, NULL, NULL, "the %s cannot be reached: %s; is it running?",
                          bus_word(manager),
                          r == -ENOMEDIUM ? "its address is not known" : g_strerror(-r));
                return false;
        }

        /* A recording may be of another host. */
        manager->service = service_new(replay ? NULL : g_get_host_name(), on_wanted,
                                       replay ? NULL : on_trial, on_stuck, manager);
        manager->source = source_new(manager->event, replay, on_host, manager);
        if (!replay) {
                manager->trier = trier_new(manager->event, on_evidence, manager);
                watch(manager);
        }
        if (!service_add_to_bus(manager->service, manager->bus, &error)) {
                log_event(LOG_ERR, NULL, NULL, "%s", error->message);
                return false;
        }

        return true;
}

static bool replay_is_good(const char *path) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Host) host = source_read_file(path, &error);

        if (!host)
                log_event(LOG_ERR, NULL, NULL, "%s", error->message);
        return host != NULL;
}

int manager_run(const ManagerOptions *options) {
        g_auto(Manager) manager = { .options = options };
        int r;

        if (options->replay && !replay_is_good(options->replay))
                return EXIT_ARGUMENTS;
        if (!start(&manager))
                return EXIT_FAILED;

        (void) service_refresh(manager.service, NULL, NULL);
        r = sd_event_loop(manager.event);
        notify("STOPPING=1");

        if (r < 0)
                log_event(LOG_ERR, NULL, NULL, "the event loop failed: %s", g_strerror(-r));
        else if (r > 0 && !manager.has_failed)
                log_event(LOG_ERR, NULL, NULL, "the %s went away", bus_word(&manager));
        return r == 0 ? EXIT_DONE : EXIT_FAILED;
}
