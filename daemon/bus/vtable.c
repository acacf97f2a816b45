/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The handlers: read, ask the engine, reply. None of them waits for anything: what takes longer is
 * answered by whoever has the answer. */

#include "daemon/bus/vtable.h"

#include "config.h"
#include "daemon/bus/access.h"
#include "daemon/bus/batch.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-util.h"
#include "daemon/bus/call-log.h"
#include "daemon/bus/service.h"
#include "daemon/bus/trials.h"
#include "daemon/bus/wire.h"
#include "policy/check.h"

static int reply_check(Service *service, sd_bus_message *m, const Guest *guest, CheckFlags flags) {
        g_autoptr(sd_bus_message) reply = NULL;
        g_auto(Verdict) verdict = {};
        int r;

        check(service_offer(service, guest->capabilities), guest, flags, &verdict);
        call_log_outcome(verdict_kind_to_string(verdict.kind));

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = wire_append_verdict(reply, &verdict);
        return r < 0 ? r : outbox_send(service_outbox(service), reply, wire_verdict_size(&verdict));
}

/* The host may be another one by now, or none. */
void vtable_check_later(sd_bus_message *call, Guest *guest, CheckFlags flags, void *userdata) {
        Service *service = userdata;
        g_autoptr(GError) error = NULL;

        bus_error_answer(call,
                         service_host(service, &error) ? reply_check(service, call, guest, flags) :
                                                         -ENODEV,
                         error);
}

static int method_check(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(Guest) guest = NULL;
        g_autoptr(GError) local_error = NULL;
        CheckFlags flags;
        int r;

        if (!service_host(service, &local_error))
                return bus_error_reply(error, 0, local_error);
        r = wire_read_guest(m, &guest, &flags, &local_error);
        if (r < 0)
                return bus_error_reply(error, r, local_error);

        if (check_accepts(service_offer(service, guest->capabilities), guest) ||
            !turns_must_wait(service_turns(service), m))
                return reply_check(service, m, guest, flags);

        r = turns_add(service_turns(service), m, g_steal_pointer(&guest), flags, &local_error);
        return r < 0 ? bus_error_reply(error, r, local_error) : r;
}

static int method_check_many(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(GError) local_error = NULL;
        Host *host = service_host(service, &local_error);
        int r;

        if (!host)
                return bus_error_reply(error, 0, local_error);

        r = batches_answer(service_batches(service), service_outbox(service), host, m,
                           &local_error);
        return r < 0 ? bus_error_reply(error, r, local_error) : r;
}

static int method_get_cpuid(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(LeafTable) table = NULL;
        g_autoptr(GError) local_error = NULL;
        CapabilitySet capabilities;
        int r;

        if (!service_host(service, &local_error))
                return bus_error_reply(error, 0, local_error);
        r = wire_read_capabilities(m, &capabilities, &local_error);
        if (r < 0)
                return bus_error_reply(error, r, local_error);

        table = offer_to_table(service_offer(service, capabilities));

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = wire_append_table(reply, table);
        return r < 0 ? r : sd_bus_message_send(reply);
}

static int method_list_capabilities(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(GError) local_error = NULL;
        const Host *host = service_host(service, &local_error);
        int r;

        if (!host)
                return bus_error_reply(error, 0, local_error);

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = wire_append_capabilities(reply, host);
        return r < 0 ? r : sd_bus_message_send(reply);
}

static int method_get_delta(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(GError) local_error = NULL;
        Host *host = service_host(service, &local_error);
        const Capability *capability;
        int r;

        if (!host)
                return bus_error_reply(error, 0, local_error);
        r = wire_read_capability(m, &capability, &local_error);
        if (r < 0)
                return bus_error_reply(error, r, local_error);

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = wire_append_delta(reply, host, capability);
        return r < 0 ? r : sd_bus_message_send(reply);
}

static int method_get_profile(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(GError) local_error = NULL;
        const Host *host = service_host(service, &local_error);
        int r;

        if (!host)
                return bus_error_reply(error, 0, local_error);

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = wire_append_profile(reply, host, service_name(service));
        return r < 0 ? r : outbox_send(service_outbox(service), reply, WIRE_PROFILE_SIZE);
}

static void on_refresh_access(sd_bus_message *m, uid_t uid, const GError *problem, void *userdata) {
        g_autoptr(GError) error = NULL;

        (void) uid;
        if (problem)
                (void) bus_error_send(m, problem);
        else if (!service_refresh(userdata, m, &error))
                (void) bus_error_send(m, error);
}

static int method_refresh(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        g_autoptr(GError) local_error = NULL;
        int r;

        r = access_ask(service_access(userdata), ACCESS_REFRESH, m, on_refresh_access, userdata,
                       &local_error);
        return r < 0 ? bus_error_reply(error, r, local_error) : r;
}

static int add_trial(Service *service, sd_bus_message *m, uid_t uid, GError **error) {
        g_autoptr(Guest) guest = NULL;
        CheckFlags flags;
        int r;

        r = wire_read_trial(m, &guest, &flags, error);
        return r < 0 ? r :
                       trials_add(service_trials(service, NULL), m, uid, g_steal_pointer(&guest),
                                  flags, error);
}

static void on_trial_access(sd_bus_message *m, uid_t uid, const GError *problem, void *userdata) {
        g_autoptr(GError) error = NULL;
        int r;

        if (problem)
                (void) bus_error_send(m, problem);
        else {
                r = add_trial(userdata, m, uid, &error);
                bus_error_answer(m, r, error);
        }
}

/* Read twice: what is kept while it is asked who calls is bounded by that, and nobody gives a
 * password for what is refused then. */
static int method_trial(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Service *service = userdata;
        g_autoptr(Guest) guest = NULL;
        g_autoptr(GError) local_error = NULL;
        CheckFlags flags;
        int r;

        if (!service_trials(service, &local_error) || !service_host(service, &local_error))
                return bus_error_reply(error, 0, local_error);
        r = wire_read_trial(m, &guest, &flags, &local_error);
        if (r < 0)
                return bus_error_reply(error, r, local_error);
        r = sd_bus_message_rewind(m, true);
        if (r < 0)
                return r;

        r = access_ask(service_access(service), ACCESS_TRIAL, m, on_trial_access, service,
                       &local_error);
        return r < 0 ? bus_error_reply(error, r, local_error) : r;
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void) bus;
        (void) path;
        (void) interface;
        (void) property;
        (void) userdata;
        (void) error;
        return sd_bus_message_append_basic(reply, 's', PACKAGE_VERSION);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        (void) bus;
        (void) path;
        (void) interface;
        (void) error;
        return sd_bus_message_append_basic(reply, 's', service_text(userdata, property));
}

static int get_ready(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        int is_ready = service_is_ready(userdata);

        (void) bus;
        (void) path;
        (void) interface;
        (void) property;
        (void) error;
        return sd_bus_message_append_basic(reply, 'b', &is_ready);
}

const sd_bus_vtable host_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS(
                "Check", SD_BUS_ARGS("au", table, "a{sv}", options),
                SD_BUS_RESULT("s", verdict, "as", needs, "a(uuyyyssssttsas)", findings),
                method_check, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckMany", SD_BUS_ARGS("a(aua{sv})", guests),
                                SD_BUS_RESULT("a(sasa(uuyyyssssttsas))", verdicts),
                                method_check_many, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCpuid", SD_BUS_ARGS("as", capabilities),
                                SD_BUS_RESULT("au", table), method_get_cpuid,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListCapabilities", SD_BUS_NO_ARGS,
                                SD_BUS_RESULT("a(sbts)", capabilities), method_list_capabilities,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetDelta", SD_BUS_ARGS("s", capability),
                                SD_BUS_RESULT("a(uuyyyst)", delta), method_get_delta,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetProfile", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", profile),
                                method_get_profile, SD_BUS_VTABLE_UNPRIVILEGED),
        /* For all, to be refused in words */
        SD_BUS_METHOD_WITH_ARGS("Refresh", SD_BUS_NO_ARGS, SD_BUS_RESULT("b", changed),
                                method_refresh, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "Trial", SD_BUS_ARGS("au", table, "a{sv}", options),
                SD_BUS_RESULT("s", outcome, "a(uuyyyssssttsas)", places, "a{sv}", details),
                method_trial, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Fingerprint", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Vendor", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("KernelRelease", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Module", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ProbedAt", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ready", "b", get_ready, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_SIGNAL_WITH_ARGS("ProfileChanged", SD_BUS_ARGS("s", old, "s", new), 0),
        SD_BUS_VTABLE_END,
};
