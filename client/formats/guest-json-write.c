/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A guest as `cpuidd.guest/1`, the one form that carries all there is of a guest */

#include "client/formats/json-write.h"

#include "client/formats/json-text.h"

static void add_capabilities(JsonText *json, CapabilitySet set) {
        g_autofree const char **names = capability_set_names(set);

        json_text_add_texts(json, "capabilities", names);
}

static void add_msrs(JsonText *json, const Guest *guest) {
        g_autoptr(GArray) indexes = guest_list_msrs(guest);

        if (indexes->len == 0)
                return;

        json_text_open_object(json, "msrs");
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) guest_get_msr(guest, index, &value);
                json_text_add_msr(json, index, value);
        }
        json_text_close(json);
}

static void add_unknown(JsonText *json, const Guest *guest) {
        g_auto(GStrv) texts = unknown_to_texts(guest->unknown);

        if (!unknown_is_empty(guest->unknown))
                json_text_add_texts(json, "unknown", (const char *const *) texts);
}

char *json_write_guest(const Guest *guest, bool is_pretty) {
        JsonText *json = json_text_new(is_pretty);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.guest/1");
        json_text_add_text(json, "name", guest->name);
        json_text_add_table(json, "cpuid", guest->table);
        add_capabilities(json, guest->capabilities);
        add_msrs(json, guest);
        if (guest->tsc_khz > 0)
                json_text_add_number(json, "tsc_khz", guest->tsc_khz);
        add_unknown(json, guest);
        json_text_close(json);
        return json_text_finish(json);
}
