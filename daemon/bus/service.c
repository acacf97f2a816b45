/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service's one piece of state: a host with its offers, or the reason for there being none. And
 * the calls that are not answered at once: those of Refresh and Trial, and large ones of CheckMany.
 * Nothing else is kept for any client. */

#include "daemon/bus/service.h"

#include <errno.h>
#include <string.h>

#include "daemon/bus/batch.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/outbox.h"
#include "daemon/bus/vtable.h"
#include "dbus/names.h"

#define WAITING_MAX 64

/* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER */
#define NAME_IS_OURS 1

/* As long as it is waited for a word of whoever has our name */
#define OWNER_TIMEOUT_USEC G_USEC_PER_SEC

struct Service {
        sd_bus *bus;
        sd_bus_slot *slot;
        sd_bus_slot *name_slot;
        ServiceNameFunc name_func;
        ServiceAskFunc ask;
        TrialsFunc try;
        OutboxStuckFunc stuck;
        void *userdata;
        char *name;
        Host *host; /* NULL: not ready */
        OfferCache *offers;
        Access *access;
        Batches *batches;
        Turns *turns;
        Trials *trials; /* NULL: nothing to try on */
        Outbox *outbox;
        GError *problem;
        GPtrArray *waiting; /* calls that the question under way will answer */
        GPtrArray *queued;  /* calls for the one after */
        bool is_asking;
        bool is_queued;
        bool has_name;
        bool has_asked_owner;
};

static void set_not_ready(Service *service, const char *reason) {
        g_clear_error(&service->problem);
        service->problem = g_error_new_literal(SERVICE_ERROR, SERVICE_ERROR_NOT_READY, reason);
}

Service *service_new(const char *name, ServiceAskFunc ask, TrialsFunc try, OutboxStuckFunc stuck,
                     void *userdata) {
        Service *service = g_new0(Service, 1);

        service->name = g_strdup(name);
        service->ask = ask;
        service->try = try;
        service->stuck = stuck;
        service->userdata = userdata;
        service->batches = batches_new();
        service->turns = turns_new(vtable_check_later, service);
        service->waiting = g_ptr_array_new_with_free_func((GDestroyNotify) sd_bus_message_unref);
        service->queued = g_ptr_array_new_with_free_func((GDestroyNotify) sd_bus_message_unref);
        set_not_ready(service, "KVM is still being asked; try again in a moment");
        return service;
}

static void answer_calls(GPtrArray *calls, bool changed, const GError *problem) {
        for (size_t i = 0; i < calls->len; i++)
                (void) (problem ? bus_error_send(calls->pdata[i], problem) :
                                  sd_bus_reply_method_return(calls->pdata[i], "b", changed));

        g_ptr_array_set_size(calls, 0);
}

Service *service_free(Service *service) {
        if (!service)
                return NULL;

        set_not_ready(service, "cpuidd is stopping");
        access_free(service->access, service->problem);
        trials_free(service->trials, service->problem);
        answer_calls(service->waiting, false, service->problem);
        answer_calls(service->queued, false, service->problem);
        batches_free(service->batches, service->problem);
        turns_free(service->turns, service->problem);
        outbox_free(service->outbox);

        g_ptr_array_unref(service->waiting);
        g_ptr_array_unref(service->queued);
        g_clear_pointer(&service->offers, offer_cache_free);
        g_clear_pointer(&service->host, host_unref);
        g_error_free(service->problem);
        sd_bus_slot_unref(service->slot);
        sd_bus_slot_unref(service->name_slot);
        sd_bus_flush_close_unref(service->bus);
        g_free(service->name);
        g_free(service);
        return NULL;
}

bool service_add_to_bus(Service *service, sd_bus *bus, GError **error) {
        int r;

        r = outbox_new(bus, service->stuck, service->userdata, &service->outbox);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, &service->slot, CPUIDD_OBJECT_PATH,
                                             CPUIDD_INTERFACE, host_vtable, service);
        if (r < 0) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_NOT_READY,
                            "the object %s cannot be offered on the bus: %s", CPUIDD_OBJECT_PATH,
                            g_strerror(-r));
                return false;
        }

        service->bus = sd_bus_ref(bus);
        service->access = access_new(bus);
        if (service->try) {
                service->trials = trials_new(bus, service->try, service->userdata);
                trials_set_host(service->trials, service->host, service->problem);
        }
        return true;
}

static GError *name_problem(int code, const char *message) {
        if (code == EEXIST)
                return g_error_new(
                        SERVICE_ERROR, SERVICE_ERROR_NOT_READY,
                        "another process has the bus name %s: is cpuidd running already?",
                        CPUIDD_BUS_NAME);
        if (code == EACCES || code == EPERM)
                return g_error_new(
                        SERVICE_ERROR, SERVICE_ERROR_NOT_READY,
                        "the bus does not let this user have the name %s: run as root or "
                        "cpuidd, and see that its policy %s.conf is installed",
                        CPUIDD_BUS_NAME, CPUIDD_BUS_NAME);

        return g_error_new(SERVICE_ERROR, SERVICE_ERROR_NOT_READY,
                           "the bus does not give the name %s: %s", CPUIDD_BUS_NAME, message);
}

static int request_name(Service *service);

/* Whatever it says, or nothing */
static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        int r;

        (void) m;
        (void) error;
        r = request_name(service);
        if (r < 0) {
                g_autoptr(GError) problem = name_problem(-r, g_strerror(-r));

                service->name_func(problem, service->userdata);
        }
        return 0;
}

/* A bus that was full of our answers (outbox.h) reads no more from the process that was there before
 * us, and has not seen that it ended: it does when it has something to write to it. */
static bool ask_owner(Service *service) {
        g_autoptr(sd_bus_message) m = NULL;
        int r;

        if (service->has_asked_owner)
                return false;

        service->has_asked_owner = true;
        service->name_slot = sd_bus_slot_unref(service->name_slot);
        r = sd_bus_message_new_method_call(service->bus, &m, CPUIDD_BUS_NAME, CPUIDD_OBJECT_PATH,
                                           "org.freedesktop.DBus.Peer", "Ping");
        if (r >= 0)
                r = sd_bus_call_async(service->bus, &service->name_slot, m, on_owner, service,
                                      OWNER_TIMEOUT_USEC);
        return r >= 0;
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        const sd_bus_error *refusal = sd_bus_message_get_error(m);
        g_autoptr(GError) problem = NULL;
        uint32_t answer = 0;

        (void) error;
        if (refusal)
                problem = name_problem(sd_bus_error_get_errno(refusal), refusal->message);
        else if (sd_bus_message_read(m, "u", &answer) < 0 || answer != NAME_IS_OURS) {
                if (ask_owner(service))
                        return 0;
                problem = name_problem(EEXIST, NULL);
        }

        service->has_name = !problem;
        service->name_func(problem, service->userdata);
        return 0;
}

static int request_name(Service *service) {
        service->name_slot = sd_bus_slot_unref(service->name_slot);
        return sd_bus_request_name_async(service->bus, &service->name_slot, CPUIDD_BUS_NAME, 0,
                                         on_name, service);
}

void service_take_name(Service *service, ServiceNameFunc func) {
        g_autoptr(GError) problem = NULL;
        int r;

        service->name_func = func;
        r = request_name(service);
        if (r >= 0)
                return;

        problem = name_problem(-r, g_strerror(-r));
        func(problem, service->userdata);
}

static void ask(Service *service) {
        service->is_asking = true;
        service->is_queued = false;
        service->ask(service->userdata);
}

bool service_refresh(Service *service, sd_bus_message *call, GError **error) {
        GPtrArray *calls = service->is_asking ? service->queued : service->waiting;

        if (calls->len >= WAITING_MAX) {
                g_set_error(error, SERVICE_ERROR, SERVICE_ERROR_BUSY,
                            "%d are waiting for KVM to be asked again already; try again later",
                            WAITING_MAX);
                return false;
        }

        if (call)
                g_ptr_array_add(calls, sd_bus_message_ref(call));

        if (service->is_asking)
                service->is_queued = true;
        else
                ask(service);
        return true;
}

static const char *module_of(const Host *host) {
        char **modules = host_info(host)->modules;

        /* The generic module is loaded on every host and says nothing. */
        for (size_t i = 0; modules && modules[i]; i++)
                if (strcmp(modules[i], "kvm") != 0)
                        return modules[i];

        return NULL;
}

static const char *host_text(const Host *host, const char *property) {
        const char *text = !host                       ? NULL :
                strcmp(property, "Fingerprint") == 0   ? host_fingerprint(host) :
                strcmp(property, "Vendor") == 0        ? host_info(host)->vendor :
                strcmp(property, "KernelRelease") == 0 ? host_info(host)->kernel :
                strcmp(property, "Module") == 0        ? module_of(host) :
                                                         host_info(host)->probed_at;

        return text ?: "";
}

/* Signals that cannot be sent are for clients that have no bus either. */
static void emit_changes(const Service *service, const Host *old) {
        static const char *const texts[] = {
                "Fingerprint", "Vendor", "KernelRelease", "Module", "ProbedAt",
        };
        const char *changed[G_N_ELEMENTS(texts) + 2] = {};
        const char *before = host_text(old, "Fingerprint");
        const char *after = host_text(service->host, "Fingerprint");
        size_t n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                if (strcmp(host_text(old, texts[i]), host_text(service->host, texts[i])) != 0)
                        changed[n++] = texts[i];
        if (!old != !service->host)
                changed[n++] = "Ready";

        if (n > 0)
                (void) sd_bus_emit_properties_changed_strv(service->bus, CPUIDD_OBJECT_PATH,
                                                           CPUIDD_INTERFACE, (char **) changed);
        if (strcmp(before, after) != 0)
                (void) sd_bus_emit_signal(service->bus, CPUIDD_OBJECT_PATH, CPUIDD_INTERFACE,
                                          "ProfileChanged", "ss", before, after);
}

bool service_answer(Service *service, Host *host, const GError *problem) {
        g_autoptr(Host) old = g_steal_pointer(&service->host);
        bool changed;

        g_clear_pointer(&service->offers, offer_cache_free);
        service->host = host;
        if (host)
                service->offers = offer_cache_new(host);
        else
                set_not_ready(service, problem->message);
        service->is_asking = false;

        /* Before it has its name nobody can listen. */
        if (service->has_name)
                emit_changes(service, old);

        changed = strcmp(host_text(old, "Fingerprint"), host_text(host, "Fingerprint")) != 0;
        answer_calls(service->waiting, changed, host ? NULL : service->problem);
        if (service->trials)
                trials_set_host(service->trials, host, service->problem);

        if (service->is_queued) {
                GPtrArray *calls = service->waiting;

                service->waiting = service->queued;
                service->queued = calls;
                ask(service);
        }

        return changed;
}

Host *service_host(const Service *service, GError **error) {
        if (!service->host && error)
                *error = g_error_copy(service->problem);

        return service->host;
}

const Offer *service_offer(Service *service, CapabilitySet capabilities) {
        return offer_cache_get(service->offers, capabilities);
}

Access *service_access(const Service *service) {
        return service->access;
}

Turns *service_turns(const Service *service) {
        return service->turns;
}

Batches *service_batches(const Service *service) {
        return service->batches;
}

Trials *service_trials(const Service *service, GError **error) {
        if (!service->trials)
                g_set_error_literal(error, SERVICE_ERROR, SERVICE_ERROR_TRIAL,
                                    "this daemon serves a recording, so there is nothing to try a "
                                    "table on");

        return service->trials;
}

Outbox *service_outbox(const Service *service) {
        return service->outbox;
}

const char *service_name(const Service *service) {
        return service->name;
}

bool service_is_asking(const Service *service) {
        return service->is_asking;
}

bool service_is_ready(const Service *service) {
        return service->host != NULL;
}

const char *service_text(const Service *service, const char *property) {
        return host_text(service->host, property);
}
