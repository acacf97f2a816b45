/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Guests as the library's users have them: policy's Guest, counted, with a name that is never
 * missing. */

#include <string.h>

#include "client/formats/file.h"
#include "client/formats/format.h"
#include "client/lib/json-text.h"
#include "client/lib/private.h"

/* Takes @guest over. Without a name of its own it has its file's. */
static CpuiddGuest *guest_wrap(Guest *policy, const char *name) {
        CpuiddGuest *guest = g_new0(CpuiddGuest, 1);

        guest->n_refs = 1;
        guest->name =
                policy->name && *policy->name ? g_strdup(policy->name) : g_path_get_basename(name);
        guest->guest = policy;
        return guest;
}

CpuiddGuest *cpuidd_guest_new_from_bytes(const char *name, const void *bytes, size_t n_bytes,
                                         const char *form, GError **error) {
        GError *local_error = NULL;
        Guest *guest = format_read_guest(bytes, n_bytes, form, &local_error);

        if (!guest) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return guest_wrap(guest, name);
}

CpuiddGuest *cpuidd_guest_new_from_file(const char *path, const char *form, GError **error) {
        const char *name = file_display_name(path);
        GError *local_error = NULL;
        g_autofree char *text = NULL;
        size_t n_text;

        if (!file_read(path, &text, &n_text, &local_error)) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return cpuidd_guest_new_from_bytes(name, text, n_text, form, error);
}

CpuiddGuest *cpuidd_guest_new_from_words(const char *name, const uint32_t *words, size_t n_words,
                                         GError **error) {
        GError *local_error = NULL;
        LeafTable *table = leaf_table_new_from_words(words, n_words, &local_error);

        if (!table) {
                set_error_input(error, local_error, name);
                return NULL;
        }

        return guest_wrap(guest_new(table), name);
}

CpuiddGuest *cpuidd_guest_ref(CpuiddGuest *guest) {
        guest->n_refs++;
        return guest;
}

CpuiddGuest *cpuidd_guest_unref(CpuiddGuest *guest) {
        if (!guest || --guest->n_refs > 0)
                return NULL;

        guest_free(guest->guest);
        g_free(guest->name);
        g_free(guest);
        return NULL;
}

const char *cpuidd_guest_get_name(const CpuiddGuest *guest) {
        return guest->name;
}

void cpuidd_guest_set_name(CpuiddGuest *guest, const char *name) {
        char *copy = g_strdup(name);

        g_free(guest->name);
        guest->name = copy;
}

const uint32_t *cpuidd_guest_get_words(const CpuiddGuest *guest, size_t *ret_n) {
        *ret_n = leaf_table_size(guest->guest->table) * LEAF_N_WORDS;
        return leaf_table_words(guest->guest->table);
}

char **cpuidd_guest_get_capabilities(const CpuiddGuest *guest) {
        return capability_set_to_names(guest->guest->capabilities);
}

bool cpuidd_guest_set_capabilities(CpuiddGuest *guest, const char *const *capabilities,
                                   GError **error) {
        return capability_set_from_names(capabilities, &guest->guest->capabilities, error);
}

static bool guest_change(CpuiddGuest *guest, const char *enable, const char *disable,
                         GError **error) {
        g_auto(GStrv) base = cpuidd_guest_get_capabilities(guest);
        const char *const enabled[] = { enable, NULL };
        const char *const disabled[] = { disable, NULL };
        g_auto(GStrv) changed =
                cpuidd_capabilities_change((const char *const *) base, enabled, disabled, error);

        return changed &&
                cpuidd_guest_set_capabilities(guest, (const char *const *) changed, error);
}

bool cpuidd_guest_enable(CpuiddGuest *guest, const char *capability, GError **error) {
        return guest_change(guest, capability, NULL, error);
}

bool cpuidd_guest_disable(CpuiddGuest *guest, const char *capability, GError **error) {
        return guest_change(guest, NULL, capability, error);
}

bool cpuidd_guest_get_msr(const CpuiddGuest *guest, uint32_t index, uint64_t *ret_value) {
        GHashTable *msrs = guest->guest->msrs;
        const uint64_t *value = msrs ? g_hash_table_lookup(msrs, GUINT_TO_POINTER(index)) : NULL;

        if (!value)
                return false;

        *ret_value = *value;
        return true;
}

void cpuidd_guest_set_msr(CpuiddGuest *guest, uint32_t index, uint64_t value) {
        guest_set_msr(guest->guest, index, value);
}

static int compare_indexes(const void *a, const void *b) {
        uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return (left > right) - (left < right);
}

GArray *cpuidd_guest_list_msrs(const CpuiddGuest *guest) {
        GArray *indexes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        GHashTableIter iter;
        void *key;

        if (!guest->guest->msrs)
                return indexes;

        g_hash_table_iter_init(&iter, guest->guest->msrs);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                uint32_t index = GPOINTER_TO_UINT(key);

                g_array_append_val(indexes, index);
        }

        g_array_sort(indexes, compare_indexes);
        return indexes;
}

uint64_t cpuidd_guest_get_tsc_khz(const CpuiddGuest *guest) {
        return guest->guest->tsc_khz;
}

void cpuidd_guest_set_tsc_khz(CpuiddGuest *guest, uint64_t tsc_khz) {
        guest->guest->tsc_khz = tsc_khz;
}

static void add_msrs(JsonText *json, const CpuiddGuest *guest) {
        g_autoptr(GArray) indexes = cpuidd_guest_list_msrs(guest);

        if (indexes->len == 0)
                return;

        json_text_open_object(json, "msrs");
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                g_autofree char *key = g_strdup_printf("0x%x", index);
                uint64_t value = 0;

                (void) cpuidd_guest_get_msr(guest, index, &value);
                json_text_add_hex(json, key, value);
        }
        json_text_close(json);
}

char *cpuidd_guest_to_json(const CpuiddGuest *guest, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style);
        g_auto(GStrv) capabilities = cpuidd_guest_get_capabilities(guest);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.guest/1");
        json_text_add_text(json, "name", guest->name);
        json_text_add_table(json, "cpuid", guest->guest->table);
        json_text_add_texts(json, "capabilities", (const char *const *) capabilities);
        add_msrs(json, guest);
        if (guest->guest->tsc_khz > 0)
                json_text_add_number(json, "tsc_khz", guest->guest->tsc_khz);
        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
