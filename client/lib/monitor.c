/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A daemon's host over time. Signals only say that something may be another: what it is, is found by
 * asking, so that nothing is missed when signals come together or the daemon is started again. A
 * daemon that was stopped is not started by being watched. */

#include <errno.h>

#include "client/formats/json-text.h"
#include "client/lib/private.h"
#include "dbus/names.h"
#include "policy/host-change.h"

struct CpuiddMonitor {
        CpuiddHost *host;
        sd_bus_slot *changed;
        sd_bus_slot *owner;
        Host *known;   /* the last that there was, or NULL */
        char *problem; /* why it is not ready; NULL: it is, or there is no daemon */
        bool is_there; /* the daemon */
        bool is_asked; /* something may be another */
};

static void number_free(gpointer data) {
        CpuiddChangeNumber *number = data;

        free_const(number->name);
        free_const(number->before);
        free_const(number->after);
        g_free(number);
}

CpuiddChange *cpuidd_change_free(CpuiddChange *change) {
        if (!change)
                return NULL;

        free_const(change->at);
        free_const(change->old_fingerprint);
        free_const(change->new_fingerprint);
        free_const(change->problem);
        free_const(change->text);
        free_const_strv(change->lost);
        free_const_strv(change->gained);
        g_ptr_array_unref(change->numbers);
        g_free(change);
        return NULL;
}

CpuiddMonitor *cpuidd_monitor_free(CpuiddMonitor *monitor) {
        if (!monitor)
                return NULL;

        sd_bus_slot_unref(monitor->changed);
        sd_bus_slot_unref(monitor->owner);
        cpuidd_host_unref(monitor->host);
        g_clear_pointer(&monitor->known, host_unref);
        g_free(monitor->problem);
        g_free(monitor);
        return NULL;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CpuiddMonitor *monitor = userdata;

        (void) m;
        (void) error;
        monitor->is_asked = true;
        return 0;
}

static bool subscribe(CpuiddMonitor *monitor, GError **error) {
        sd_bus *bus = bus_connection(monitor->host->bus);
        int r;

        r = sd_bus_match_signal(bus, &monitor->changed, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                CPUIDD_INTERFACE, "ProfileChanged", on_signal, monitor);
        if (r >= 0)
                r = sd_bus_add_match(bus, &monitor->owner,
                                     "type='signal',sender='org.freedesktop.DBus',"
                                     "member='NameOwnerChanged',arg0='" CPUIDD_BUS_NAME "'",
                                     on_signal, monitor);
        return r >= 0 || bus_set_error_write(error, "the signals", r);
}

/* What there is now; @ret_host is NULL where the daemon is not ready, and says why as @ret_problem,
 * or is not there */
static bool ask(const CpuiddMonitor *monitor, Host **ret_host, char **ret_problem,
                bool *ret_is_there, GError **error) {
        g_autoptr(GError) problem = NULL;
        Host *host = NULL;

        if (!bus_has_owner(monitor->host->bus, ret_is_there, error))
                return false;

        if (*ret_is_there)
                host = bus_get_profile(monitor->host->bus, &problem);
        if (problem && !g_error_matches(problem, CPUIDD_ERROR, CPUIDD_ERROR_NOT_READY) &&
            !g_error_matches(problem, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE)) {
                g_propagate_error(error, g_steal_pointer(&problem));
                return false;
        }

        /* It went away meanwhile: that is a signal of its own. */
        if (g_error_matches(problem, CPUIDD_ERROR, CPUIDD_ERROR_UNREACHABLE))
                *ret_is_there = false;
        *ret_host = host;
        *ret_problem = *ret_is_there && problem ? g_strdup(problem->message) : NULL;
        return true;
}

CpuiddMonitor *cpuidd_monitor_new(CpuiddHost *host, GError **error) {
        CpuiddMonitor *monitor;

        if (!host->bus) {
                g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                            "%s is a file, which does not change: only a daemon's host can be "
                            "watched",
                            host->name);
                return NULL;
        }

        monitor = g_new0(CpuiddMonitor, 1);
        monitor->host = cpuidd_host_ref(host);
        /* The first question starts a daemon that is started by questions. */
        if (!subscribe(monitor, error) || !bus_wake(host->bus, error) ||
            !ask(monitor, &monitor->known, &monitor->problem, &monitor->is_there, error))
                return cpuidd_monitor_free(monitor);

        return monitor;
}

static const char *fingerprint_of(const Host *host) {
        return host ? host_fingerprint(host) : "";
}

static char **names_of(const GPtrArray *names) {
        GPtrArray *copy = g_ptr_array_new();

        for (size_t i = 0; i < names->len; i++)
                g_ptr_array_add(copy, g_strdup(names->pdata[i]));
        g_ptr_array_add(copy, NULL);
        return (char **) g_ptr_array_free(copy, FALSE);
}

static void describe(CpuiddChange *change, Host *before, Host *after) {
        g_autoptr(HostChange) difference = host_change_new(before, after);

        change->lost = (const char *const *) names_of(difference->lost);
        change->gained = (const char *const *) names_of(difference->gained);
        change->text = host_change_to_text(difference);
        for (size_t i = 0; i < difference->numbers->len; i++) {
                const HostChangeNumber *number = difference->numbers->pdata[i];
                CpuiddChangeNumber copy = { g_strdup(number->name), g_strdup(number->before),
                                            g_strdup(number->after) };

                g_ptr_array_add(change->numbers, g_memdup2(&copy, sizeof(copy)));
        }
}

static CpuiddChange *change_new(const char *event, const Host *before, const Host *after) {
        CpuiddChange *change = g_new0(CpuiddChange, 1);
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();

        change->event = event;
        change->at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
        change->old_fingerprint = g_strdup(fingerprint_of(before));
        change->new_fingerprint = g_strdup(fingerprint_of(after));
        change->numbers = g_ptr_array_new_with_free_func(number_free);
        return change;
}

/* What has become of it since it was asked last; NULL: nothing. Takes all over. */
static CpuiddChange *compare(CpuiddMonitor *monitor, Host *host, char *problem, bool is_there) {
        bool was_ready = monitor->is_there && !monitor->problem;
        bool was_there = monitor->is_there;
        g_autoptr(Host) before = monitor->known ? host_ref(monitor->known) : NULL;
        g_autofree char *old_problem = g_steal_pointer(&monitor->problem);
        CpuiddChange *change = NULL;

        monitor->is_there = is_there;
        monitor->problem = problem;
        if (host) {
                g_clear_pointer(&monitor->known, host_unref);
                monitor->known = host;
        }

        if (host && (!was_ready || g_strcmp0(fingerprint_of(before), fingerprint_of(host)) != 0))
                change = change_new(was_ready ? "changed" : "ready", before, host);
        else if (!is_there && was_there)
                change = change_new("gone", was_ready ? before : NULL, NULL);
        else if (problem && g_strcmp0(problem, old_problem) != 0)
                change = change_new("not-ready", was_ready ? before : NULL, NULL);
        if (!change)
                return NULL;

        if (host && before)
                describe(change, before, host);
        change->problem = g_strdup(problem);
        change->lost = change->lost ?: (const char *const *) g_new0(char *, 1);
        change->gained = change->gained ?: (const char *const *) g_new0(char *, 1);
        return change;
}

static bool look(CpuiddMonitor *monitor, CpuiddChange **ret, GError **error) {
        Host *host = NULL;
        char *problem = NULL;
        bool is_there;

        monitor->is_asked = false;
        if (!ask(monitor, &host, &problem, &is_there, error))
                return false;

        *ret = compare(monitor, host, problem, is_there);
        return true;
}

bool cpuidd_monitor_wait(CpuiddMonitor *monitor, int timeout_msec, CpuiddChange **ret,
                         GError **error) {
        int64_t end = g_get_monotonic_time() + timeout_msec * INT64_C(1000);

        *ret = NULL;
        for (;;) {
                int64_t left = end - g_get_monotonic_time();

                if (!bus_process(monitor->host->bus, error))
                        return false;
                if (monitor->is_asked && !look(monitor, ret, error))
                        return false;
                if (*ret || (timeout_msec >= 0 && left <= 0))
                        return true;
                if (!monitor->is_asked &&
                    !bus_wait(monitor->host->bus, timeout_msec < 0 ? -1 : left, error))
                        return false;
        }
}

int cpuidd_monitor_get_fd(const CpuiddMonitor *monitor) {
        return sd_bus_get_fd(bus_connection(monitor->host->bus));
}

char *cpuidd_change_to_json(const CpuiddChange *change, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.change/1");
        json_text_add_text(json, "at", change->at);
        json_text_add_text(json, "event", change->event);
        json_text_add_text(json, "old", change->old_fingerprint);
        json_text_add_text(json, "new", change->new_fingerprint);
        json_text_add_text(json, "problem", change->problem);
        json_text_add_texts(json, "lost", change->lost);
        json_text_add_texts(json, "gained", change->gained);
        json_text_open_object(json, "numbers");
        for (size_t i = 0; i < change->numbers->len; i++) {
                const CpuiddChangeNumber *number = change->numbers->pdata[i];

                json_text_open_object(json, number->name);
                json_text_add_text(json, "before", number->before);
                json_text_add_text(json, "after", number->after);
                json_text_close(json);
        }
        json_text_close(json);
        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
