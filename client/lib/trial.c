/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trials: asked of a daemon alone, since only that has a KVM */

#include "client/formats/json-text.h"
#include "client/lib/private.h"

static void place_free(void *p) {
        CpuiddTrialPlace *place = p;

        free_const(place->where);
        free_const(place->field);
        free_const(place->rule);
        free_const(place->severity);
        free_const(place->outcome);
        free_const(place->message);
        g_free(place);
}

static void contradiction_free(void *p) {
        CpuiddContradiction *contradiction = p;

        free_const(contradiction->where);
        free_const(contradiction->field);
        free_const(contradiction->rule);
        free_const(contradiction->kind);
        free_const(contradiction->message);
        free_const(contradiction->subject);
        g_free(contradiction);
}

CpuiddTrial *trial_new(const CpuiddHost *host, const CpuiddGuest *guest) {
        CpuiddTrial *trial = g_new0(CpuiddTrial, 1);

        trial->n_refs = 1;
        trial->guest = guest ? g_strdup(guest->guest->name) : NULL;
        trial->host = g_strdup(host->name);
        trial->capabilities = g_new0(char *, 1);
        trial->needs = g_new0(char *, 1);
        trial->places = g_ptr_array_new_with_free_func(place_free);
        trial->contradictions = g_ptr_array_new_with_free_func(contradiction_free);
        return trial;
}

void trial_take_place(CpuiddTrial *trial, CpuiddFinding *from) {
        CpuiddTrialPlace *place = g_new0(CpuiddTrialPlace, 1);

        place->where = from->where;
        place->field = from->field;
        place->rule = from->rule;
        place->severity = from->severity;
        place->outcome = from->cause;
        place->message = from->message;
        place->set = from->guest;
        place->back = from->host;
        place->leaf = from->leaf;
        place->subleaf = from->subleaf;
        place->reg = from->reg;
        place->low = from->low;
        place->high = from->high;
        free_const_strv(from->remedy);
        g_ptr_array_add(trial->places, place);
}

void trial_take_contradiction(CpuiddTrial *trial, CpuiddFinding *from) {
        CpuiddContradiction *contradiction = g_new0(CpuiddContradiction, 1);

        contradiction->where = from->where;
        contradiction->field = from->field;
        contradiction->rule = from->rule;
        contradiction->kind = from->cause;
        contradiction->message = from->message;
        contradiction->subject = g_strdup(from->remedy[0]);
        contradiction->set = from->guest;
        contradiction->back = from->host;
        contradiction->leaf = from->leaf;
        contradiction->subleaf = from->subleaf;
        contradiction->reg = from->reg;
        contradiction->low = from->low;
        contradiction->high = from->high;
        free_const(from->severity);
        free_const_strv(from->remedy);
        g_ptr_array_add(trial->contradictions, contradiction);
}

static bool has_kvm(const CpuiddHost *host, GError **error) {
        if (host->bus)
                return true;

        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT,
                    "%s: is a profile, and a trial needs this machine's KVM", host->name);
        return false;
}

CpuiddTrial *cpuidd_host_try(CpuiddHost *host, const CpuiddGuest *guest, CpuiddTryFlags flags,
                             GError **error) {
        g_autoptr(CpuiddGuest) resolved = NULL;

        if (!has_kvm(host, error))
                return NULL;

        resolved = cpuidd_guest_resolve((CpuiddGuest *) guest, host, error);
        return resolved ? bus_try(host, resolved, flags, error) : NULL;
}

CpuiddTrial *cpuidd_host_try_self(CpuiddHost *host, CpuiddTryFlags flags, GError **error) {
        return has_kvm(host, error) ? bus_try(host, NULL, flags, error) : NULL;
}

CpuiddTrial *cpuidd_trial_ref(CpuiddTrial *trial) {
        trial->n_refs++;
        return trial;
}

CpuiddTrial *cpuidd_trial_unref(CpuiddTrial *trial) {
        if (!trial || --trial->n_refs > 0)
                return NULL;

        g_free(trial->outcome);
        g_free(trial->guest);
        g_free(trial->host);
        g_free(trial->fingerprint);
        g_free(trial->verdict);
        g_strfreev(trial->capabilities);
        g_strfreev(trial->needs);
        g_ptr_array_unref(trial->places);
        g_ptr_array_unref(trial->contradictions);
        g_free(trial);
        return NULL;
}

const char *cpuidd_trial_get_outcome(const CpuiddTrial *trial) {
        return trial->outcome;
}

const char *cpuidd_trial_get_guest(const CpuiddTrial *trial) {
        return trial->guest;
}

const char *cpuidd_trial_get_host(const CpuiddTrial *trial) {
        return trial->host;
}

const char *cpuidd_trial_get_fingerprint(const CpuiddTrial *trial) {
        return trial->fingerprint;
}

const char *const *cpuidd_trial_get_capabilities(const CpuiddTrial *trial) {
        return (const char *const *) trial->capabilities;
}

const char *cpuidd_trial_get_verdict(const CpuiddTrial *trial) {
        return trial->verdict;
}

const char *const *cpuidd_trial_get_needs(const CpuiddTrial *trial) {
        return (const char *const *) trial->needs;
}

uint32_t cpuidd_trial_get_n_tables(const CpuiddTrial *trial) {
        return trial->n_tables;
}

size_t cpuidd_trial_get_n_places(const CpuiddTrial *trial) {
        return trial->places->len;
}

const CpuiddTrialPlace *cpuidd_trial_get_place(const CpuiddTrial *trial, size_t i) {
        return i < trial->places->len ? trial->places->pdata[i] : NULL;
}

size_t cpuidd_trial_get_n_contradictions(const CpuiddTrial *trial) {
        return trial->contradictions->len;
}

const CpuiddContradiction *cpuidd_trial_get_contradiction(const CpuiddTrial *trial, size_t i) {
        return i < trial->contradictions->len ? trial->contradictions->pdata[i] : NULL;
}

static void add_place(JsonText *json, const void *element) {
        const CpuiddTrialPlace *place = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "where", place->where);
        json_text_add_text(json, "field", place->field);
        json_text_add_text(json, "rule", place->rule);
        json_text_add_text(json, "severity", place->severity);
        json_text_add_text(json, "outcome", place->outcome);
        json_text_add_hex(json, "set", place->set);
        json_text_add_hex(json, "back", place->back);
        json_text_add_text(json, "message", place->message);
        json_text_close(json);
}

static void add_contradiction(JsonText *json, const void *element) {
        const CpuiddContradiction *contradiction = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "where", contradiction->where);
        json_text_add_text(json, "field", contradiction->field);
        json_text_add_text(json, "rule", contradiction->rule);
        json_text_add_text(json, "kind", contradiction->kind);
        json_text_add_text(json, "subject", contradiction->subject);
        json_text_add_hex(json, "set", contradiction->set);
        json_text_add_hex(json, "back", contradiction->back);
        json_text_add_text(json, "message", contradiction->message);
        json_text_close(json);
}

static void add_text_or_null(JsonText *json, const char *key, const char *text) {
        if (text)
                json_text_add_text(json, key, text);
        else
                json_text_add_null(json, key);
}

char *cpuidd_trial_to_json(const CpuiddTrial *trial, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.trial/1");
        json_text_add_text(json, "outcome", trial->outcome);
        add_text_or_null(json, "guest", trial->guest);
        json_text_add_text(json, "host", trial->host);
        json_text_add_text(json, "fingerprint", trial->fingerprint);
        json_text_add_texts(json, "capabilities", cpuidd_trial_get_capabilities(trial));
        add_text_or_null(json, "verdict", trial->verdict);
        json_text_add_texts(json, "needs", cpuidd_trial_get_needs(trial));
        json_text_add_number(json, "tables", trial->n_tables);
        json_text_add_list(json, "places", trial->places, add_place);
        json_text_add_list(json, "contradictions", trial->contradictions, add_contradiction);
        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
