/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host at a glance. A daemon that has no KVM is one too: what it says of that is part of the
 * answer. */

#include <string.h>

#include "client/formats/json-text.h"
#include "client/lib/private.h"
#include "policy/forced-text.h"

/* The leaves with the processor's name: 16 bytes each */
#define BRAND_FIRST 0x80000002u
#define BRAND_LAST 0x80000004u

static char *read_brand(const LeafTable *table) {
        g_autoptr(GString) brand = g_string_new(NULL);

        for (uint32_t leaf = BRAND_FIRST; leaf <= BRAND_LAST; leaf++) {
                const Leaf *row = leaf_table_find(table, leaf, 0);

                if (!row)
                        return NULL;
                g_string_append_len(brand, (const char *) row->registers, sizeof(row->registers));
        }

        g_strstrip(brand->str);
        return *brand->str && g_str_is_ascii(brand->str) ? g_strdup(brand->str) : NULL;
}

static size_t count_bits(const LeafTable *table) {
        size_t n = 0;

        for (size_t i = 0; table && i < leaf_table_size(table); i++)
                for (Register j = 0; j < N_REGISTERS; j++)
                        n += __builtin_popcount(leaf_table_at(table, i)->registers[j]);

        return n;
}

static size_t count_rows(const Host *host, HostTable which) {
        return host_table(host, which) ? leaf_table_size(host_table(host, which)) : 0;
}

/* Each error once, in however many words and views it shows */
static size_t count_corrections(const Host *host) {
        bool seen[N_CORRECTIONS] = {};
        size_t n_found = 0, n;
        const HostCorrection *corrections = host_corrections(host, &n);

        for (size_t i = 0; i < n; i++) {
                n_found += !seen[corrections[i].correction];
                seen[corrections[i].correction] = true;
        }

        return n_found;
}

static void fill_counts(CpuiddStatus *status, const Host *host) {
        g_autofree const char **extensions = host_list_extensions(host);
        g_autoptr(GArray) msrs = host_list_msrs(host);
        int64_t value;

        status->n_rows = count_rows(host, HOST_SUPPORTED);
        status->n_hardware_rows = count_rows(host, HOST_HARDWARE);
        status->n_msrs = msrs->len;
        status->n_capabilities = __builtin_popcountll(host_capabilities(host));
        status->n_capabilities_all = N_CAPABILITIES;
        status->n_forced = count_bits(forced_table(host_forced(host), NULL, FORCED_ON)) +
                count_bits(forced_table(host_forced(host), NULL, FORCED_OFF));
        (void) host_varying(host, &status->n_varies);
        status->n_corrections = count_corrections(host);
        for (size_t i = 0; extensions[i]; i++)
                if (host_get_extension(host, extensions[i], &value) && value != 0)
                        status->n_extensions++;
}

/* Takes @texts over */
static void replace_texts(const char *const **ret, char **texts) {
        free_const_strv(*ret);
        *ret = (const char *const *) texts;
}

static void fill_forced(CpuiddStatus *status, const Host *host) {
        const Forced *forced = host_forced(host);
        const LeafTable *on = forced_table(forced, NULL, FORCED_ON),
                        *off = forced_table(forced, NULL, FORCED_OFF);
        const Words *words = host_words(host, HOST_SUPPORTED);
        char **dropped = forced_dropped(forced, NULL);

        status->is_forced_known = on && off;
        replace_texts(&status->forced_on, forced_names(on, NULL, words));
        replace_texts(&status->forced_off, forced_names(off, NULL, words));
        replace_texts(&status->taken_away,
                      forced_names(off, host_table(host, HOST_SUPPORTED), words));
        if (dropped)
                replace_texts(&status->dropped, dropped);
}

static void fill(CpuiddStatus *status, const Host *host) {
        const HostInfo *info = host_info(host);

        status->is_ready = true;
        status->fingerprint = g_strdup(host_fingerprint(host));
        status->vendor = g_strdup(info->vendor);
        status->brand = read_brand(host_table(host, HOST_SUPPORTED));
        status->kernel = g_strdup(info->kernel);
        status->microcode = g_strdup(info->microcode);
        status->probed_at = g_strdup(info->probed_at);
        if (info->modules) {
                free_const_strv(status->modules);
                status->modules = (const char *const *) g_strdupv(info->modules);
        }
        free_const_strv(status->kinds);
        free_const_strv(status->differences);
        status->kinds = (const char *const *) kinds_list_cpus(host);
        status->differences = (const char *const *) kinds_list_differences(host);
        free_const_strv(status->unknown);
        status->unknown = (const char *const *) unknown_to_texts(host_unknown(host));
        status->n_kinds = kinds_size(host_kinds(host));
        status->family = info->family;
        status->model = info->model;
        status->stepping = info->stepping;
        status->cpus = info->cpus;
        status->tsc_khz = info->tsc_khz;
        fill_counts(status, host);
        fill_forced(status, host);
}

CpuiddStatus *cpuidd_host_get_status(CpuiddHost *host, GError **error) {
        g_autoptr(CpuiddStatus) status = g_new0(CpuiddStatus, 1);
        g_autoptr(GError) local_error = NULL;
        g_autoptr(Host) policy = NULL;

        status->name = g_strdup(host->name);
        status->is_offline = !host->bus;
        status->modules = (const char *const *) g_new0(char *, 1);
        status->kinds = (const char *const *) g_new0(char *, 1);
        status->differences = (const char *const *) g_new0(char *, 1);
        status->unknown = (const char *const *) g_new0(char *, 1);
        status->forced_on = (const char *const *) g_new0(char *, 1);
        status->forced_off = (const char *const *) g_new0(char *, 1);
        status->taken_away = (const char *const *) g_new0(char *, 1);
        status->dropped = (const char *const *) g_new0(char *, 1);
        if (host->bus) {
                status->version = bus_get_text(host->bus, "Version", error);
                if (!status->version)
                        return NULL;
        }

        policy = host_get_policy(host, &local_error);
        if (policy)
                fill(status, policy);
        else if (g_error_matches(local_error, CPUIDD_ERROR, CPUIDD_ERROR_NOT_READY))
                status->problem = g_strdup(local_error->message);
        else {
                g_propagate_error(error, g_steal_pointer(&local_error));
                return NULL;
        }

        return g_steal_pointer(&status);
}

CpuiddStatus *cpuidd_status_free(CpuiddStatus *status) {
        if (!status)
                return NULL;

        free_const(status->name);
        free_const(status->version);
        free_const(status->problem);
        free_const(status->fingerprint);
        free_const(status->vendor);
        free_const(status->brand);
        free_const(status->kernel);
        free_const(status->microcode);
        free_const(status->probed_at);
        free_const_strv(status->modules);
        free_const_strv(status->kinds);
        free_const_strv(status->differences);
        free_const_strv(status->unknown);
        free_const_strv(status->forced_on);
        free_const_strv(status->forced_off);
        free_const_strv(status->taken_away);
        free_const_strv(status->dropped);
        g_free(status);
        return NULL;
}

static void add_number(JsonText *json, const char *key, uint64_t value) {
        if (value > 0)
                json_text_add_number(json, key, value);
}

/* Where it is not known there are no lists, which is not the same as empty ones */
static void add_forced(JsonText *json, const CpuiddStatus *status) {
        if (!status->is_forced_known)
                return;

        json_text_add_texts(json, "forced_on", status->forced_on);
        json_text_add_texts(json, "forced_off", status->forced_off);
        json_text_add_texts(json, "taken_away", status->taken_away);
        json_text_add_texts(json, "dropped", status->dropped);
}

char *cpuidd_status_to_json(const CpuiddStatus *status, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.status/1");
        json_text_add_text(json, "name", status->name);
        json_text_add_bool(json, "ready", status->is_ready);
        json_text_add_bool(json, "offline", status->is_offline);
        json_text_add_text(json, "version", status->version);
        json_text_add_text(json, "problem", status->problem);
        json_text_add_text(json, "fingerprint", status->fingerprint);
        json_text_add_text(json, "kernel", status->kernel);
        json_text_add_texts(json, "modules", status->modules);
        json_text_add_text(json, "vendor", status->vendor);
        json_text_add_text(json, "brand", status->brand);
        if (status->is_ready) {
                json_text_add_number(json, "family", status->family);
                json_text_add_number(json, "model", status->model);
                json_text_add_number(json, "stepping", status->stepping);
        }
        json_text_add_text(json, "microcode", status->microcode);
        json_text_add_text(json, "probed_at", status->probed_at);
        add_number(json, "cpus", status->cpus);
        if (status->n_kinds > 0) {
                json_text_add_texts(json, "kinds", status->kinds);
                json_text_add_texts(json, "differences", status->differences);
        }
        add_number(json, "tsc_khz", status->tsc_khz);
        if (*status->unknown)
                json_text_add_texts(json, "unknown", status->unknown);
        if (status->is_ready) {
                json_text_add_number(json, "rows", status->n_rows);
                json_text_add_number(json, "hardware_rows", status->n_hardware_rows);
                json_text_add_number(json, "extensions", status->n_extensions);
                json_text_add_number(json, "msrs", status->n_msrs);
                json_text_add_number(json, "varies", status->n_varies);
                json_text_add_number(json, "forced", status->n_forced);
                add_forced(json, status);
                json_text_add_number(json, "corrections", status->n_corrections);
                json_text_add_number(json, "capabilities", status->n_capabilities);
                json_text_add_number(json, "capabilities_all", status->n_capabilities_all);
        }
        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
