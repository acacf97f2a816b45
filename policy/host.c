/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A host as it was recorded. What was not recorded stays unknown: it is never taken for zero or
 * absent. */

#include "policy/host.h"

#include <string.h>

#include "policy/error.h"
#include "policy/fingerprint.h"
#include "policy/presence.h"

struct Host {
        unsigned n_ref;
        bool is_sealed;
        HostInfo info;
        LeafTable *tables[N_HOST_TABLES];
        Words *words[N_HOST_TABLES];
        GHashTable *views;      /* name -> LeafTable */
        GHashTable *view_words; /* name -> Words */
        GHashTable *extensions; /* name -> int64_t; NULL: not recorded, as with the next three */
        GHashTable *attributes; /* name -> uint64_t */
        GHashTable *msrs;       /* index -> uint64_t */
        GHashTable *parameters; /* name -> text */
        Kinds *kinds;
        Forced *forced;
        GArray *varies;
        GArray *corrections; /* HostCorrection */
        uint32_t varying[N_FIELD_WORDS];
        Known known[N_CAPABILITIES];
        CapabilitySet capabilities;
        uint8_t vendor;
        char *fingerprint;
        Unknown *unknown; /* NULL: nothing is */
};

Host *host_new(void) {
        Host *host = g_new0(Host, 1);

        host->n_ref = 1;
        host->views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) leaf_table_free);
        host->view_words =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) words_free);
        host->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        host->kinds = kinds_new();
        host->forced = forced_new();
        host->varies = g_array_new(FALSE, FALSE, sizeof(Place));
        host->corrections = g_array_new(FALSE, FALSE, sizeof(HostCorrection));
        return host;
}

Host *host_ref(Host *host) {
        host->n_ref++;
        return host;
}

Host *host_unref(Host *host) {
        if (!host || --host->n_ref > 0)
                return NULL;

        for (HostTable i = 0; i < N_HOST_TABLES; i++) {
                leaf_table_free(host->tables[i]);
                words_free(host->words[i]);
        }

        g_hash_table_unref(host->views);
        g_hash_table_unref(host->view_words);
        g_hash_table_unref(host->parameters);
        kinds_free(host->kinds);
        forced_free(host->forced);
        unknown_free(host->unknown);
        g_clear_pointer(&host->extensions, g_hash_table_unref);
        g_clear_pointer(&host->attributes, g_hash_table_unref);
        g_clear_pointer(&host->msrs, g_hash_table_unref);
        g_array_unref(host->varies);
        g_array_unref(host->corrections);
        g_free(host->info.name);
        g_free(host->info.kernel);
        g_free(host->info.vendor);
        g_free(host->info.microcode);
        g_free(host->info.probed_at);
        g_strfreev(host->info.modules);
        g_free(host->fingerprint);
        g_free(host);
        return NULL;
}

HostInfo *host_info_mutable(Host *host) {
        g_assert(!host->is_sealed);
        return &host->info;
}

void host_take_table(Host *host, HostTable which, LeafTable *table) {
        g_assert(!host->is_sealed);
        leaf_table_free(host->tables[which]);
        host->tables[which] = table;
}

void host_take_view(Host *host, const char *capability, LeafTable *table) {
        g_assert(!host->is_sealed);
        g_hash_table_replace(host->views, g_strdup(capability), table);
}

void host_set_extensions_recorded(Host *host) {
        if (!host->extensions)
                host->extensions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void host_set_extension(Host *host, const char *name, int64_t value) {
        host_set_extensions_recorded(host);
        g_hash_table_replace(host->extensions, g_strdup(name), g_memdup2(&value, sizeof(value)));
}

void host_set_attributes_recorded(Host *host) {
        if (!host->attributes)
                host->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void host_set_attribute(Host *host, const char *name, uint64_t value) {
        host_set_attributes_recorded(host);
        g_hash_table_replace(host->attributes, g_strdup(name), g_memdup2(&value, sizeof(value)));
}

void host_set_msrs_recorded(Host *host) {
        if (!host->msrs)
                host->msrs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

void host_set_msr(Host *host, uint32_t index, uint64_t value) {
        host_set_msrs_recorded(host);
        g_hash_table_replace(host->msrs, GUINT_TO_POINTER(index), g_memdup2(&value, sizeof(value)));
}

void host_set_parameter(Host *host, const char *name, const char *value) {
        g_hash_table_replace(host->parameters, g_strdup(name), g_strdup(value));
}

void host_take_unknown(Host *host, Unknown *unknown) {
        g_assert(!host->is_sealed);
        unknown_free(host->unknown);
        host->unknown = !unknown_is_empty(unknown) ? unknown : unknown_free(unknown);
}

const Unknown *host_unknown(const Host *host) {
        return host->unknown;
}

void host_add_varying(Host *host, const Place *place) {
        if (place->is_msr)
                return; /* they are asked of one CPU */

        g_array_append_val(host->varies, *place);
}

Kinds *host_kinds_mutable(Host *host) {
        g_assert(!host->is_sealed);
        return host->kinds;
}

Forced *host_forced_mutable(Host *host) {
        g_assert(!host->is_sealed);
        return host->forced;
}

/* Leaf 1 EAX: family, model and stepping as every vendor counts them (SDM and APM, CPUID leaf 1) */
static void read_signature(HostInfo *info, const LeafTable *table) {
        const Leaf *row = leaf_table_find(table, 1, 0);
        uint32_t eax = row ? row->registers[REGISTER_EAX] : 0;
        uint32_t family = (eax >> 8) & 0xf, model = (eax >> 4) & 0xf;

        if (info->family != 0 || info->model != 0)
                return;

        info->family = family == 0xf ? family + ((eax >> 20) & 0xff) : family;
        info->model = family == 0xf || family == 0x6 || family == 0x7 ?
                model | ((eax >> 12) & 0xf0) :
                model;
        info->stepping = eax & 0xf;
}

/* Twelve letters and a NUL; empty where there is no leaf 0 */
static void vendor_text(const LeafTable *table, char ret[13]) {
        const Leaf *row = leaf_table_find(table, 0, 0);

        memset(ret, 0, 13);
        if (!row)
                return;

        memcpy(ret, &row->registers[REGISTER_EBX], 4);
        memcpy(ret + 4, &row->registers[REGISTER_EDX], 4);
        memcpy(ret + 8, &row->registers[REGISTER_ECX], 4);
}

static void read_vendor(HostInfo *info, const LeafTable *table) {
        char text[13];

        vendor_text(table, text);
        if (!info->vendor && g_str_is_ascii(text) && text[0])
                info->vendor = g_strdup(text);
}

static uint8_t vendor_from_string(const char *name) {
        static const struct {
                const char *name;
                Vendor vendor;
        } vendors[] = {
                { "GenuineIntel", VENDOR_INTEL },   { "AuthenticAMD", VENDOR_AMD },
                { "HygonGenuine", VENDOR_HYGON },   { "CentaurHauls", VENDOR_CENTAUR },
                { "  Shanghai  ", VENDOR_ZHAOXIN },
        };

        for (size_t i = 0; name && i < G_N_ELEMENTS(vendors); i++)
                if (strcmp(vendors[i].name, name) == 0)
                        return vendors[i].vendor;

        return 0;
}

uint8_t vendor_of_table(const LeafTable *table) {
        char text[13];

        vendor_text(table, text);
        return vendor_from_string(text);
}

static void mark_varying(Host *host) {
        for (size_t i = 0; i < host->varies->len; i++) {
                const Place *place = &g_array_index(host->varies, Place, i);
                uint32_t mask = (UINT32_MAX >> (31 - place->high)) & (UINT32_MAX << place->low);
                int group = field_group_find(FIELD_INTERFACE_CPU, place->leaf, place->subleaf);

                if (group >= 0)
                        host->varying[group * N_REGISTERS + place->reg] |= mask;
        }
}

const HostInfo *host_info(const Host *host) {
        return &host->info;
}

const char *host_fingerprint(const Host *host) {
        return host->fingerprint;
}

uint8_t host_vendor(const Host *host) {
        return host->vendor;
}

const LeafTable *host_table(const Host *host, HostTable which) {
        return host->tables[which];
}

const Words *host_words(const Host *host, HostTable which) {
        return host->words[which];
}

const LeafTable *host_view(const Host *host, const char *capability) {
        return g_hash_table_lookup(host->views, capability);
}

const Words *host_view_words(const Host *host, const char *capability) {
        return g_hash_table_lookup(host->view_words, capability);
}

const Kinds *host_kinds(const Host *host) {
        return host->kinds;
}

const Forced *host_forced(const Host *host) {
        return host->forced;
}

const LeafTable *host_common(const Host *host) {
        return kinds_common(host->kinds) ?: host->tables[HOST_SUPPORTED];
}

const LeafTable *host_common_view(const Host *host, const char *capability) {
        return kinds_common_view(host->kinds, capability) ?: host_view(host, capability);
}

bool host_get_extension(const Host *host, const char *name, int64_t *ret) {
        const int64_t *value =
                host->extensions ? g_hash_table_lookup(host->extensions, name) : NULL;

        *ret = value ? *value : 0;
        return host->extensions != NULL;
}

bool host_get_attribute(const Host *host, const char *name, uint64_t *ret) {
        const uint64_t *value =
                host->attributes ? g_hash_table_lookup(host->attributes, name) : NULL;

        *ret = value ? *value : 0;
        return host->attributes != NULL;
}

bool host_get_msr(const Host *host, uint32_t index, uint64_t *ret) {
        const uint64_t *value =
                host->msrs ? g_hash_table_lookup(host->msrs, GUINT_TO_POINTER(index)) : NULL;

        *ret = value ? *value : 0;
        return value != NULL;
}

bool host_has_msrs(const Host *host) {
        return host->msrs != NULL;
}

const char *host_get_parameter(const Host *host, const char *name) {
        return g_hash_table_lookup(host->parameters, name);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static const char **sorted_keys(GHashTable *table) {
        GHashTableIter iter;
        gpointer key;
        const char **names;
        size_t n = 0;

        if (!table)
                return g_new0(const char *, 1);

        names = g_new0(const char *, g_hash_table_size(table) + 1);
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                names[n++] = key;

        qsort(names, n, sizeof(*names), compare_names);
        return names;
}

const char **host_list_views(const Host *host) {
        return sorted_keys(host->views);
}

const char **host_list_extensions(const Host *host) {
        return sorted_keys(host->extensions);
}

const char **host_list_attributes(const Host *host) {
        return sorted_keys(host->attributes);
}

const char **host_list_parameters(const Host *host) {
        return sorted_keys(host->parameters);
}

static int compare_indexes(const void *a, const void *b) {
        uint32_t left = *(const uint32_t *) a, right = *(const uint32_t *) b;

        return (left > right) - (left < right);
}

GArray *host_list_msrs(const Host *host) {
        GArray *indexes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        GHashTableIter iter;
        gpointer key;

        if (!host->msrs)
                return indexes;

        g_hash_table_iter_init(&iter, host->msrs);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                uint32_t index = GPOINTER_TO_UINT(key);

                g_array_append_val(indexes, index);
        }

        g_array_sort(indexes, compare_indexes);
        return indexes;
}

const HostCorrection *host_corrections(const Host *host, size_t *ret_n) {
        *ret_n = host->corrections->len;
        return (const HostCorrection *) host->corrections->data;
}

const Place *host_varying(const Host *host, size_t *ret_n) {
        *ret_n = host->varies->len;
        return (const Place *) host->varies->data;
}

uint32_t host_varying_mask(const Host *host, size_t word) {
        return host->varying[word];
}

uint32_t host_uncertain_mask(const Host *host, size_t word) {
        return kinds_size(host->kinds) > 0 ? 0 : host->varying[word];
}

/* Every check asks, and looking a name up costs more than the rest of the check. */
static void find_capabilities(Host *host) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                Known known = presence_of(host, &capability_table[i]);

                host->known[i] = known;
                if (known == KNOWN_YES || (known == KNOWN_NOT && capability_table[i].is_default))
                        host->capabilities |= UINT64_C(1) << i;
        }
}

/* Enabling a capability changes no feature MSR: they stand in every answer of KVM's. */
static void fill_msrs(Host *host) {
        g_autoptr(GArray) indexes = host_list_msrs(host);

        for (guint i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                GHashTableIter iter;
                gpointer words;
                uint64_t value = 0;

                host_get_msr(host, index, &value);
                words_set_msr(host->words[HOST_SUPPORTED], index, value);
                g_hash_table_iter_init(&iter, host->view_words);
                while (g_hash_table_iter_next(&iter, NULL, &words))
                        words_set_msr(words, index, value);
        }
}

/* A bare table is believed: whether it is KVM's answer or the CPU's own, nothing in it tells. */
static void correct(Host *host) {
        g_autofree const char **views = host_list_views(host);

        if (!host->extensions)
                return;

        corrections_apply(host, NULL, host->words[HOST_SUPPORTED], host->corrections);
        for (size_t i = 0; views[i]; i++)
                corrections_apply(host, views[i], g_hash_table_lookup(host->view_words, views[i]),
                                  host->corrections);
}

bool host_seal(Host *host, GError **error) {
        GHashTableIter iter;
        gpointer name;

        if (!host->tables[HOST_SUPPORTED]) {
                g_set_error_literal(
                        error, POLICY_ERROR, POLICY_ERROR_TABLE,
                        "a host needs a 'supported' table, the answer of KVM_GET_SUPPORTED_CPUID");
                return false;
        }

        kinds_seal(host->kinds, host->tables[HOST_SUPPORTED], host->views);
        for (HostTable i = 0; i < N_HOST_TABLES; i++)
                if (host->tables[i])
                        host->words[i] = words_new_partial(
                                i == HOST_SUPPORTED ? host_common(host) : host->tables[i],
                                i == HOST_HYPERV ? FIELD_INTERFACE_HYPERV : N_FIELD_INTERFACES,
                                i == HOST_SUPPORTED ? host->unknown : NULL);

        g_hash_table_iter_init(&iter, host->views);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                g_hash_table_replace(host->view_words, g_strdup(name),
                                     words_new_partial(host_common_view(host, name),
                                                       N_FIELD_INTERFACES, host->unknown));

        forced_seal(host->forced);
        fill_msrs(host);
        correct(host);
        read_vendor(&host->info, host->tables[HOST_SUPPORTED]);
        read_signature(&host->info, host->tables[HOST_SUPPORTED]);
        host->vendor = vendor_from_string(host->info.vendor);
        mark_varying(host);
        find_capabilities(host);
        host->is_sealed = true;
        host->fingerprint = fingerprint_new(host);
        return true;
}

Known host_has(const Host *host, const Capability *capability) {
        return host->known[capability_index(capability)];
}

CapabilitySet host_capabilities(const Host *host) {
        return host->capabilities;
}

uint64_t host_capability_value(const Host *host, const Capability *capability) {
        int64_t extension = 0;
        uint64_t attribute = 0;

        for (size_t i = 0; i < capability->n_conditions; i++) {
                const CapabilityCondition *condition = &capability->conditions[i];

                if (condition->kind == CONDITION_EXTENSION &&
                    host_get_extension(host, condition->name, &extension))
                        return extension;
                if (condition->kind == CONDITION_ATTRIBUTE &&
                    host_get_attribute(host, condition->name, &attribute))
                        return attribute;
        }

        return host_has(host, capability) == KNOWN_YES;
}
