/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates become guests: of what a host, from a file or a daemon's, offers with the capabilities
 * that the template's VMM enables. */

#include "client/formats/template.h"

#include "client/lib/private.h"

/* Whether the host's own MSRs have to be known. Of a daemon that is the whole profile. */
static bool needs_msrs(const Template *template) {
        for (size_t i = 0; i < template->msrs->len; i++)
                if (g_array_index(template->msrs, TemplateMsr, i).mask != UINT64_MAX)
                        return true;

        return false;
}

/* NULL in @ret where they were not recorded */
static bool read_msrs(CpuiddHost *host, GHashTable **ret, GError **error) {
        g_autoptr(Host) policy = host_get_policy(host, error);
        g_autoptr(GArray) indexes = NULL;
        GHashTable *msrs;

        if (!policy)
                return false;
        if (!host_has_msrs(policy))
                return true;

        msrs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        indexes = host_list_msrs(policy);
        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                (void) host_get_msr(policy, index, &value);
                g_hash_table_replace(msrs, GUINT_TO_POINTER(index),
                                     g_memdup2(&value, sizeof(value)));
        }

        *ret = msrs;
        return true;
}

static LeafTable *read_offer(CpuiddHost *host, CapabilitySet capabilities, GError **error) {
        g_auto(GStrv) names = capability_set_to_names(capabilities);
        g_autofree uint32_t *words = NULL;
        GError *local_error = NULL;
        LeafTable *table;
        size_t n_words;

        words = cpuidd_host_get_cpuid(host, (const char *const *) names, &n_words, error);
        if (!words)
                return NULL;

        table = leaf_table_new_from_words(words, n_words, &local_error);
        if (!table)
                (void) set_error_input(error, local_error, host->name);
        return table;
}

static void set_msrs(CpuiddGuest *guest, GHashTable *msrs) {
        GHashTableIter iter;
        void *key, *value;

        if (!msrs)
                return;

        g_hash_table_iter_init(&iter, msrs);
        while (g_hash_table_iter_next(&iter, &key, &value))
                cpuidd_guest_set_msr(guest, GPOINTER_TO_UINT(key), *(const uint64_t *) value);
}

/* What the host does not tell, and with that the template; not of what was set since. */
static void set_unknown(CpuiddGuest *resolved, const CpuiddGuest *guest, const CpuiddHost *host,
                        const Unknown *applied) {
        g_autoptr(Unknown) unknown = unknown_new();

        if (host->host && host_unknown(host->host))
                unknown_add_all(unknown, host_unknown(host->host));
        for (size_t i = 0; i < unknown_n_msrs(applied); i++) {
                const UnknownMsr *msr = unknown_msr_at(applied, i);

                if (!guest_has_msr(guest->guest, msr->index))
                        unknown_add_msr(unknown, msr->index, msr->mask);
        }

        guest_take_unknown(resolved->guest, g_steal_pointer(&unknown));
}

/* @applied, with what was set of the template itself since it was read */
static CpuiddGuest *guest_new_resolved(const CpuiddGuest *guest, const CpuiddHost *host,
                                       const Guest *applied, GError **error) {
        CpuiddGuest *resolved = cpuidd_guest_new_from_words(
                cpuidd_guest_get_name(guest), leaf_table_words(applied->table),
                leaf_table_size(applied->table) * LEAF_N_WORDS, error);

        if (!resolved)
                return NULL;

        cpuidd_guest_set_name(resolved, cpuidd_guest_get_name(guest));
        resolved->guest->capabilities = guest->guest->capabilities;
        cpuidd_guest_set_tsc_khz(resolved, guest->guest->tsc_khz);
        set_msrs(resolved, applied->msrs);
        set_msrs(resolved, guest->guest->msrs);
        set_unknown(resolved, guest, host, applied->unknown);

        g_strfreev(resolved->warnings);
        resolved->warnings = g_strdupv(guest->warnings);
        return resolved;
}

CpuiddGuest *cpuidd_guest_resolve(CpuiddGuest *guest, CpuiddHost *host, GError **error) {
        g_autoptr(LeafTable) offer = NULL;
        g_autoptr(GHashTable) msrs = NULL;
        g_autoptr(Guest) applied = NULL;

        if (!guest->template)
                return cpuidd_guest_ref(guest);

        offer = read_offer(host, guest->guest->capabilities, error);
        if (!offer)
                return NULL;

        if (needs_msrs(guest->template) && !read_msrs(host, &msrs, error))
                return NULL;

        applied = template_apply(guest->template, offer, msrs);
        return guest_new_resolved(guest, host, applied, error);
}

GPtrArray *guests_resolve(CpuiddGuest *const *guests, size_t n_guests, CpuiddHost *host,
                          GError **error) {
        g_autoptr(GPtrArray) resolved =
                g_ptr_array_new_with_free_func((GDestroyNotify) cpuidd_guest_unref);

        for (size_t i = 0; i < n_guests; i++) {
                CpuiddGuest *guest = cpuidd_guest_resolve(guests[i], host, error);

                if (!guest)
                        return NULL;
                g_ptr_array_add(resolved, guest);
        }

        return g_steal_pointer(&resolved);
}
