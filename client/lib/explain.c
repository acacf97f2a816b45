/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What policy has to say of a place, a field or a capability, handed on */

#include "policy/explain.h"
#include "client/formats/json-text.h"
#include "client/lib/private.h"

static void paragraph_free(void *p) {
        CpuiddParagraph *paragraph = p;

        free_const(paragraph->title);
        free_const(paragraph->text);
        g_free(paragraph);
}

CpuiddExplanation *cpuidd_explain(CpuiddHost *host, const char *what, GError **error) {
        g_autoptr(Host) policy = host ? host_get_policy(host, error) : NULL;
        g_autoptr(GPtrArray) paragraphs = NULL;
        GError *local_error = NULL;
        CpuiddExplanation *explanation;

        if (host && !policy)
                return NULL;

        paragraphs = explain(what, policy, &local_error);
        if (!paragraphs) {
                set_error_input(error, local_error, NULL);
                return NULL;
        }

        explanation = g_new0(CpuiddExplanation, 1);
        explanation->topic = g_strdup(what);
        explanation->paragraphs = g_ptr_array_new_with_free_func(paragraph_free);
        for (size_t i = 0; i < paragraphs->len; i++) {
                const Explanation *from = paragraphs->pdata[i];
                CpuiddParagraph *paragraph = g_new0(CpuiddParagraph, 1);

                paragraph->title = g_strdup(from->title);
                paragraph->text = g_strdup(from->text);
                g_ptr_array_add(explanation->paragraphs, paragraph);
        }

        return explanation;
}

CpuiddExplanation *cpuidd_explanation_free(CpuiddExplanation *explanation) {
        if (!explanation)
                return NULL;

        free_const(explanation->topic);
        g_ptr_array_unref(explanation->paragraphs);
        g_free(explanation);
        return NULL;
}

static void add_paragraph(JsonText *json, const void *element) {
        const CpuiddParagraph *paragraph = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "title", paragraph->title);
        json_text_add_text(json, "text", paragraph->text);
        json_text_close(json);
}

static void add_explanation(JsonText *json, const void *element) {
        const CpuiddExplanation *explanation = element;

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.explanation/1");
        json_text_add_text(json, "topic", explanation->topic);
        json_text_add_list(json, "paragraphs", explanation->paragraphs, add_paragraph);
        json_text_close(json);
}

char *cpuidd_explanations_to_json(GPtrArray *explanations, CpuiddJson style) {
        return json_text_several(explanations, style == CPUIDD_JSON_PRETTY, add_explanation);
}
