/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verdicts as the library's users have them: the same whether they came from the engine here or
 * over the bus. */

#include <string.h>

#include "client/formats/json-text.h"
#include "client/lib/private.h"

struct CpuiddVerdict {
        unsigned n_refs;
        char *word;
        char *guest;
        char *host;
        char *fingerprint;
        char **capabilities;
        char **needs;
        char **unchecked;
        GPtrArray *findings; /* CpuiddFinding */
};

static void finding_free_public(void *p) {
        CpuiddFinding *finding = p;

        free_const(finding->where);
        free_const(finding->field);
        free_const(finding->rule);
        free_const(finding->severity);
        free_const(finding->cause);
        free_const(finding->message);
        free_const_strv(finding->remedy);
        g_free(finding);
}

CpuiddVerdict *verdict_new(const CpuiddHost *host, const CpuiddGuest *guest, const char *word,
                           const char *fingerprint) {
        CpuiddVerdict *verdict = g_new0(CpuiddVerdict, 1);

        verdict->n_refs = 1;
        verdict->word = g_strdup(word);
        verdict->guest = g_strdup(guest->guest->name);
        verdict->host = g_strdup(host->name);
        verdict->fingerprint = g_strdup(fingerprint);
        verdict->capabilities =
                capability_set_to_names(capability_set_close(guest->guest->capabilities));
        verdict->needs = g_new0(char *, 1);
        verdict->unchecked = g_new0(char *, 1);
        verdict->findings = g_ptr_array_new_with_free_func(finding_free_public);
        return verdict;
}

void verdict_take_needs(CpuiddVerdict *verdict, char **needs) {
        g_strfreev(verdict->needs);
        verdict->needs = needs;
}

void verdict_take_unchecked(CpuiddVerdict *verdict, char **unchecked) {
        g_strfreev(verdict->unchecked);
        verdict->unchecked = unchecked;
}

void verdict_take_finding(CpuiddVerdict *verdict, CpuiddFinding *finding) {
        g_ptr_array_add(verdict->findings, finding);
}

static CpuiddFinding *finding_new_from_policy(const Finding *from) {
        CpuiddFinding *finding = g_new0(CpuiddFinding, 1);

        finding->where = finding_where(from);
        finding->field = g_strdup(from->field ?: "");
        finding->rule = g_strdup(field_rule_to_string(from->rule));
        finding->severity = g_strdup(severity_to_string(from->severity));
        finding->cause = g_strdup(cause_to_string(from->cause));
        finding->message = g_strdup(from->message ?: "");
        finding->remedy =
                (const char *const *) capability_change_to_strv(from->enable, from->disable);
        finding->guest = from->guest;
        finding->host = from->host;
        finding->leaf = from->leaf;
        finding->subleaf = from->subleaf;
        finding->reg = from->reg;
        finding->low = from->low;
        finding->high = from->high;
        return finding;
}

CpuiddVerdict *verdict_new_from_policy(const CpuiddHost *host, const CpuiddGuest *guest,
                                       const Verdict *answer) {
        CpuiddVerdict *verdict = verdict_new(host, guest, verdict_kind_to_string(answer->kind),
                                             host_fingerprint(host->host));

        verdict_take_needs(
                verdict, capability_change_to_strv(answer->needs_enabled, answer->needs_disabled));
        verdict_take_unchecked(verdict, unknown_to_texts(answer->unchecked));
        for (size_t i = 0; answer->findings && i < answer->findings->len; i++)
                verdict_take_finding(verdict, finding_new_from_policy(answer->findings->pdata[i]));

        return verdict;
}

CpuiddVerdict *cpuidd_verdict_ref(CpuiddVerdict *verdict) {
        verdict->n_refs++;
        return verdict;
}

CpuiddVerdict *cpuidd_verdict_unref(CpuiddVerdict *verdict) {
        if (!verdict || --verdict->n_refs > 0)
                return NULL;

        g_free(verdict->word);
        g_free(verdict->guest);
        g_free(verdict->host);
        g_free(verdict->fingerprint);
        g_strfreev(verdict->capabilities);
        g_strfreev(verdict->needs);
        g_strfreev(verdict->unchecked);
        g_ptr_array_unref(verdict->findings);
        g_free(verdict);
        return NULL;
}

const char *cpuidd_verdict_get_word(const CpuiddVerdict *verdict) {
        return verdict->word;
}

bool cpuidd_verdict_is_supported(const CpuiddVerdict *verdict) {
        return g_str_equal(verdict->word, verdict_kind_to_string(VERDICT_SUPPORTED));
}

const char *cpuidd_verdict_get_guest(const CpuiddVerdict *verdict) {
        return verdict->guest;
}

const char *cpuidd_verdict_get_host(const CpuiddVerdict *verdict) {
        return verdict->host;
}

const char *cpuidd_verdict_get_fingerprint(const CpuiddVerdict *verdict) {
        return verdict->fingerprint;
}

const char *const *cpuidd_verdict_get_capabilities(const CpuiddVerdict *verdict) {
        return (const char *const *) verdict->capabilities;
}

const char *const *cpuidd_verdict_get_needs(const CpuiddVerdict *verdict) {
        return (const char *const *) verdict->needs;
}

const char *const *cpuidd_verdict_get_unchecked(const CpuiddVerdict *verdict) {
        return (const char *const *) verdict->unchecked;
}

size_t cpuidd_verdict_get_n_findings(const CpuiddVerdict *verdict) {
        return verdict->findings->len;
}

const CpuiddFinding *cpuidd_verdict_get_finding(const CpuiddVerdict *verdict, size_t i) {
        return i < verdict->findings->len ? verdict->findings->pdata[i] : NULL;
}

static size_t count(const CpuiddVerdict *verdict, Severity severity) {
        size_t n = 0;

        for (size_t i = 0; i < verdict->findings->len; i++) {
                const CpuiddFinding *finding = verdict->findings->pdata[i];

                if (g_str_equal(finding->severity, severity_to_string(severity)))
                        n++;
        }

        return n;
}

size_t cpuidd_verdict_get_n_errors(const CpuiddVerdict *verdict) {
        return count(verdict, SEVERITY_ERROR);
}

size_t cpuidd_verdict_get_n_warnings(const CpuiddVerdict *verdict) {
        return count(verdict, SEVERITY_WARNING);
}

size_t cpuidd_verdict_get_n_notes(const CpuiddVerdict *verdict) {
        return count(verdict, SEVERITY_NOTE);
}

static void add_finding(JsonText *json, const void *element) {
        const CpuiddFinding *finding = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "where", finding->where);
        json_text_add_text(json, "field", finding->field);
        json_text_add_text(json, "rule", finding->rule);
        json_text_add_text(json, "severity", finding->severity);
        json_text_add_text(json, "cause", finding->cause);
        json_text_add_hex(json, "guest", finding->guest);
        json_text_add_hex(json, "host", finding->host);
        json_text_add_text(json, "message", finding->message);
        json_text_add_texts(json, "remedy", finding->remedy);
        json_text_close(json);
}

static void add_verdict(JsonText *json, const void *element) {
        const CpuiddVerdict *verdict = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.verdict/1");
        json_text_add_text(json, "verdict", verdict->word);
        json_text_add_text(json, "guest", verdict->guest);
        json_text_add_text(json, "host", verdict->host);
        json_text_add_text(json, "fingerprint", verdict->fingerprint);
        json_text_add_texts(json, "capabilities", cpuidd_verdict_get_capabilities(verdict));
        json_text_add_texts(json, "needs", cpuidd_verdict_get_needs(verdict));
        if (*verdict->unchecked)
                json_text_add_texts(json, "unchecked", cpuidd_verdict_get_unchecked(verdict));
        json_text_add_list(json, "findings", verdict->findings, add_finding);
        json_text_close(json);
}

char *cpuidd_verdict_to_json(const CpuiddVerdict *verdict, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        add_verdict(json, verdict);
        return json_text_finish(g_steal_pointer(&json));
}

char *cpuidd_verdicts_to_json(GPtrArray *verdicts, CpuiddJson style) {
        return json_text_several(verdicts, style == CPUIDD_JSON_PRETTY, add_verdict);
}
