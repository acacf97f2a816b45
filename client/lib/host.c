/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host that can be asked, wherever it is. Files are answered by policy here, a daemon answers
 * for itself; what a daemon has no member for is worked out here from its profile. */

#include "client/formats/file.h"
#include "client/formats/format.h"
#include "client/formats/json-text.h"
#include "client/formats/json-write.h"
#include "client/lib/private.h"
#include "policy/check.h"
#include "policy/recording.h"

static CpuiddHost *connect_place(const BusPlace *place, const char *name, GError **error) {
        Bus *bus = bus_connect(place, error);
        CpuiddHost *host;

        if (!bus)
                return NULL;

        host = g_new0(CpuiddHost, 1);
        host->n_refs = 1;
        host->name = g_strdup(name);
        host->bus = bus;
        return host;
}

CpuiddHost *cpuidd_host_connect(CpuiddBus which, const char *address, GError **error) {
        const BusPlace place = { .which = which, .address = address };

        return connect_place(&place, g_get_host_name(), error);
}

CpuiddHost *cpuidd_host_connect_remote(const char *remote, GError **error) {
        const BusPlace place = { .remote = remote };

        return connect_place(&place, remote, error);
}

CpuiddHost *cpuidd_host_connect_machine(const char *machine, GError **error) {
        const BusPlace place = { .machine = machine };

        return connect_place(&place, machine, error);
}

CpuiddHost *host_wrap(Host *policy, const char *name) {
        CpuiddHost *host = g_new0(CpuiddHost, 1);
        const char *own = host_info(policy)->name;

        host->n_refs = 1;
        host->name = own && *own ? g_strdup(own) : g_path_get_basename(name);
        host->host = policy;
        host->offers = offer_cache_new(policy);
        return host;
}

static CpuiddHost *host_take_input(FormatInput *input, const char *name) {
        CpuiddHost *host = host_wrap(g_steal_pointer(&input->host), name);

        host->warnings = input_take_warnings(input);
        return host;
}

CpuiddHost *cpuidd_host_new_from_bytes(const char *name, const void *bytes, size_t n_bytes,
                                       const CpuiddReadOptions *options, GError **error) {
        const FormatOptions read = read_options_to_format(options);
        g_auto(FormatInput) input = {};
        GError *local_error = NULL;

        if (!format_read_host(bytes, n_bytes, &read, &input, &local_error)) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return host_take_input(&input, name);
}

CpuiddHost *cpuidd_host_new_from_file(const char *path, const CpuiddReadOptions *options,
                                      GError **error) {
        const FormatOptions read = read_options_to_format(options);
        const char *name = file_display_name(path);
        g_auto(FormatInput) input = {};
        GError *local_error = NULL;

        if (!format_read_host_path(path, &read, &input, &local_error)) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return host_take_input(&input, name);
}

const char *const *cpuidd_host_get_warnings(const CpuiddHost *host) {
        static const char *const none[] = { NULL };

        return host->warnings ? (const char *const *) host->warnings : none;
}

CpuiddHost *cpuidd_host_ref(CpuiddHost *host) {
        host->n_refs++;
        return host;
}

CpuiddHost *cpuidd_host_unref(CpuiddHost *host) {
        if (!host || --host->n_refs > 0)
                return NULL;

        g_clear_pointer(&host->offers, offer_cache_free);
        g_clear_pointer(&host->host, host_unref);
        g_clear_pointer(&host->bus, bus_free);
        g_strfreev(host->warnings);
        g_free(host->name);
        g_free(host);
        return NULL;
}

bool cpuidd_host_is_offline(const CpuiddHost *host) {
        return !host->bus;
}

const char *cpuidd_host_get_name(const CpuiddHost *host) {
        return host->name;
}

Host *host_get_policy(CpuiddHost *host, GError **error) {
        return host->bus ? bus_get_profile(host->bus, error) : host_ref(host->host);
}

void cpuidd_host_set_interactive(CpuiddHost *host, bool is_interactive) {
        if (host->bus)
                bus_set_interactive(host->bus, is_interactive);
}

bool cpuidd_host_refresh(CpuiddHost *host, bool *ret_changed, GError **error) {
        if (host->bus)
                return bus_refresh(host->bus, ret_changed, error);

        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                    "%s: is a file, only a running daemon can be refreshed", host->name);
        return false;
}

char *cpuidd_host_get_profile(CpuiddHost *host, CpuiddJson style, GError **error) {
        g_autoptr(Host) policy = host_get_policy(host, error);

        return policy ? json_write_host(policy, host->name, style == CPUIDD_JSON_PRETTY) : NULL;
}

char *cpuidd_host_get_recording(CpuiddHost *host, GError **error) {
        g_autoptr(Host) policy = host_get_policy(host, error);

        return policy ? recording_write(policy) : NULL;
}

char *cpuidd_refresh_to_json(bool changed, const char *fingerprint, CpuiddJson style) {
        JsonText *json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.refresh/1");
        json_text_add_bool(json, "changed", changed);
        json_text_add_text(json, "fingerprint", fingerprint);
        json_text_close(json);
        return json_text_finish(json);
}

static CpuiddVerdict *check_here(const CpuiddHost *host, const CpuiddGuest *guest,
                                 CpuiddCheckFlags flags) {
        const Offer *offer = offer_cache_get(host->offers, guest->guest->capabilities);
        CheckFlags policy_flags = CHECK_LIST_UNCHECKED;
        g_auto(Verdict) answer = {};

        if (flags & CPUIDD_CHECK_STRICT)
                policy_flags |= CHECK_STRICT;
        if (flags & CPUIDD_CHECK_VERDICT_ONLY)
                policy_flags |= CHECK_VERDICT_ONLY;

        check(offer, guest->guest, policy_flags, &answer);
        return verdict_new_from_policy(host, guest, &answer);
}

GPtrArray *cpuidd_host_check_many(CpuiddHost *host, CpuiddGuest *const *guests, size_t n_guests,
                                  CpuiddCheckFlags flags, GError **error) {
        g_autoptr(GPtrArray) resolved = guests_resolve(guests, n_guests, host, error);
        GPtrArray *verdicts;

        if (!resolved)
                return NULL;
        if (host->bus)
                return bus_check(host, (CpuiddGuest *const *) resolved->pdata, n_guests, flags,
                                 error);

        verdicts = g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_verdict_unref);
        for (size_t i = 0; i < n_guests; i++)
                g_ptr_array_add(verdicts, check_here(host, resolved->pdata[i], flags));

        return verdicts;
}

CpuiddVerdict *cpuidd_host_check(CpuiddHost *host, const CpuiddGuest *guest, CpuiddCheckFlags flags,
                                 GError **error) {
        CpuiddGuest *one = (CpuiddGuest *) guest;
        g_autoptr(GPtrArray) verdicts = cpuidd_host_check_many(host, &one, 1, flags, error);

        return verdicts ? cpuidd_verdict_ref(verdicts->pdata[0]) : NULL;
}

uint32_t *cpuidd_host_get_cpuid(CpuiddHost *host, const char *const *capabilities, size_t *ret_n,
                                GError **error) {
        g_autoptr(LeafTable) table = NULL;
        g_auto(GStrv) names = NULL;
        CapabilitySet set;
        size_t n;

        if (!capability_set_from_names(capabilities, &set, error))
                return NULL;

        if (host->bus) {
                names = capability_set_to_names(set);
                return bus_get_cpuid(host->bus, (const char *const *) names, ret_n, error);
        }

        table = offer_to_table(offer_cache_get(host->offers, set));
        n = leaf_table_size(table) * LEAF_N_WORDS;
        *ret_n = n;
        return n > 0 ? g_memdup2(leaf_table_words(table), n * sizeof(uint32_t)) :
                       g_new0(uint32_t, 1);
}
