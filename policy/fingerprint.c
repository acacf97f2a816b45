/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two hosts with one fingerprint give every guest the same verdict, so a fleet needs to ask one
 * host of each kind. */

#include "policy/fingerprint.h"

#include <string.h>

#include "policy/tsc.h"

/* The bits of each word that can decide: reserved bits too */
static void deciding_masks(const Host *host, uint32_t masks[N_FIELD_WORDS]) {
        for (size_t i = 0; i < N_FIELD_WORDS; i++)
                masks[i] = ~field_words[i].known;
        for (size_t i = 0; i < N_FIELDS; i++)
                if (field_table[i].word != FIELD_NONE && field_decides(&field_table[i]))
                        masks[field_table[i].word] |= field_mask(&field_table[i]);
        for (size_t i = 0; i < N_FIELD_WORDS; i++)
                masks[i] &= ~host_uncertain_mask(host, i);
}

/* The words that a capability takes from the hardware, or from another answer, as they are */
static void taken_masks(CapabilityOperationKind kind, uint32_t masks[N_FIELD_WORDS]) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < capability_table[i].n_operations; j++) {
                        const CapabilityOperation *operation = &capability_table[i].operations[j];

                        if (operation->kind == kind)
                                masks[operation->word] |= (UINT32_MAX >> (31 - operation->high)) &
                                        (UINT32_MAX << operation->low);
                }
}

/* By its place: where a word is in a Words changes with every row that the field table gains. */
static void add_words_only(GString *text, const char *title, const Words *words,
                           const uint32_t masks[N_FIELD_WORDS]) {
        for (size_t i = 0; words && i < N_FIELD_GROUPS * N_REGISTERS; i++) {
                const FieldGroup *group = &field_groups[i / N_REGISTERS];
                uint32_t value = words->word[i] & masks[i];

                if (value != 0)
                        g_string_append_printf(text, "%s %u %x.%u.%u %x\n", title, group->interface,
                                               group->leaf, group->subleaf,
                                               (unsigned) (i % N_REGISTERS), value);
        }
}

static void add_values(GString *text, const char *title, const Words *words,
                       const uint32_t masks[N_FIELD_WORDS]) {
        add_words_only(text, title, words, masks);
        for (size_t i = 0; i < words->n_extra; i++)
                g_string_append_printf(text, "%s %x.%u.%u %x\n", title, words->extra[i].leaf,
                                       words->extra[i].subleaf, words->extra[i].reg,
                                       words->extra[i].value);
}

/* Also where there is nothing in it, which is not the same as that it is not known */
static void add_words(GString *text, const char *title, const Words *words,
                      const uint32_t masks[N_FIELD_WORDS]) {
        if (!words)
                return;

        g_string_append_printf(text, "%s\n", title);
        add_values(text, title, words, masks);
}

/* What an offer may have: KVM's answer, or may be there where it is not told, and what capabilities
 * bring. That something else can never be had decides nothing. */
static void offered_masks(const Host *host, uint32_t masks[N_FIELD_WORDS]) {
        g_autofree const char **views = host_list_views(host);
        const Words *supported = host_words(host, HOST_SUPPORTED);

        memset(masks, 0, N_FIELD_WORDS * sizeof(*masks));
        for (CapabilityOperationKind i = 0; i < N_CAPABILITY_OPERATIONS; i++)
                if (i != CAPABILITY_VIEW && i != CAPABILITY_REMOVE)
                        taken_masks(i, masks);

        for (size_t i = 0; i < N_FIELD_WORDS; i++) {
                masks[i] |= supported->word[i] | words_untold(supported, i);
                for (size_t j = 0; views[j]; j++)
                        masks[i] |= host_view_words(host, views[j])->word[i];
        }
}

/* Bits alone: what was in a row that a vCPU loses is among them. That nothing is forced decides as
 * little as that nobody could measure it; of a view it is another thing, since a view of which
 * nothing is told has what the base has. */
static void add_forced(GString *text, const Host *host, const char *view) {
        const Words *on = forced_words(host_forced(host), view, FORCED_ON),
                    *off = forced_words(host_forced(host), view, FORCED_OFF);
        g_autofree char *suffix = view ? g_strconcat(" ", view, NULL) : g_strdup(""),
                        *on_title = g_strconcat("forced-on", suffix, NULL),
                        *off_title = g_strconcat("forced-off", suffix, NULL);
        uint32_t masks[N_FIELD_WORDS];

        if (view)
                g_string_append_printf(text, "forced %s\n", view);
        memset(masks, 0xff, sizeof(masks));
        if (on)
                add_values(text, on_title, on, masks);
        offered_masks(host, masks);
        if (off)
                add_words_only(text, off_title, off, masks);
}

static void add_tables(GString *text, const Host *host) {
        g_autofree const char **views = host_list_views(host),
                              **forced_views = forced_list_views(host_forced(host));
        uint32_t deciding[N_FIELD_WORDS], hardware[N_FIELD_WORDS] = {},
                                          emulated[N_FIELD_WORDS] = {};

        deciding_masks(host, deciding);
        taken_masks(CAPABILITY_HARDWARE, hardware);
        taken_masks(CAPABILITY_EMULATED, emulated);
        for (size_t i = 0; i < N_FIELD_WORDS; i++) {
                hardware[i] &= deciding[i];
                emulated[i] &= deciding[i];
        }

        add_words(text, "supported", host_words(host, HOST_SUPPORTED), deciding);
        for (size_t i = 0; views[i]; i++)
                add_words(text, views[i], host_view_words(host, views[i]), deciding);
        add_words(text, "emulated", host_words(host, HOST_EMULATED), emulated);
        add_words(text, "hyperv", host_words(host, HOST_HYPERV), deciding);
        add_words_only(text, "hardware", host_words(host, HOST_HARDWARE), hardware);
        add_forced(text, host, NULL);
        for (size_t i = 0; forced_views[i]; i++)
                add_forced(text, host, forced_views[i]);
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static void add_unknown(GString *text, const Host *host) {
        g_auto(GStrv) texts = unknown_to_texts(host_unknown(host));

        qsort(texts, g_strv_length(texts), sizeof(*texts), compare_texts);
        for (size_t i = 0; texts[i]; i++)
                g_string_append_printf(text, "unknown %s\n", texts[i]);
}

char *fingerprint_new(const Host *host) {
        g_autoptr(GString) text = g_string_new("cpuidd-fingerprint 1\n");
        g_autofree char *sum = NULL;

        add_tables(text, host);
        add_unknown(text, host);

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                g_string_append_printf(text, "%s %d\n", capability_table[i].name,
                                       host_has(host, &capability_table[i]));

        g_string_append_printf(text, "msrs %d\n", host_has_msrs(host));
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].is_unlisted &&
                    host_get_msr(host, field_groups[i].leaf, &(uint64_t){ 0 }))
                        g_string_append_printf(text, "lists %x\n", field_groups[i].leaf);
        tsc_fingerprint(host, text);

        sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, text->len);
        return g_strdup_printf("sha256:%s", sum);
}
