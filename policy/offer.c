/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Applies the capabilities' operations to KVM's answer and compiles the result for the check.
 * Which capability changes what is data; here is only what each operation does, and their order:
 * another source first, then grants, then what is missing, then removals. */

#include "policy/offer.h"

#include <string.h>

static uint32_t operation_mask(const CapabilityOperation *operation) {
        return (UINT32_MAX >> (31 - operation->high)) & (UINT32_MAX << operation->low);
}

/* Those that are enabled, that the host has, and for which all that they require is there too */
static CapabilitySet effective_set(const Host *host, CapabilitySet enabled) {
        CapabilitySet set = enabled & host_capabilities(host), before;

        do {
                before = set;
                for (size_t i = 0; i < N_CAPABILITIES; i++)
                        if ((set & (UINT64_C(1) << i)) && (capability_table[i].requires & ~set))
                                set &= ~(UINT64_C(1) << i);
        } while (set != before);

        return set;
}

/* Those of the host, but for the ones that the host is known not to have: what takes something
 * away is believed without proof */
static CapabilitySet possible_set(const Host *host, CapabilitySet enabled) {
        CapabilitySet set = enabled;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (host_has(host, &capability_table[i]) == KNOWN_NO)
                        set &= ~(UINT64_C(1) << i);

        return set;
}

static const char *view_of(const Host *host, CapabilitySet effective) {
        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                const Capability *capability = &capability_table[i];

                for (size_t j = 0; (effective & (UINT64_C(1) << i)) && j < capability->n_operations;
                     j++)
                        if (capability->operations[j].kind == CAPABILITY_VIEW &&
                            host_view(host, capability->name))
                                return capability->name;
        }

        return NULL;
}

const char *offer_view(const Offer *offer) {
        return view_of(offer->host, offer->effective);
}

CapabilitySet offer_lacks_required(const Offer *offer, const Capability *capability) {
        return capability->requires & ~offer->capabilities;
}

static const Words *base_words(const Host *host, CapabilitySet effective) {
        const char *view = view_of(host, effective);

        return view ? host_view_words(host, view) : host_words(host, HOST_SUPPORTED);
}

static const LeafTable *base_table(const Offer *offer) {
        const char *view = offer_view(offer);

        return view ? host_common_view(offer->host, view) : host_common(offer->host);
}

/* The two interfaces cannot be at one base: Hyper-V's comes first, KVM's moves behind it
 * (kvm_cpuid_base(), facts 4.4). */
static void make_room_for_hyperv(Offer *offer) {
        offer->words->base[FIELD_INTERFACE_HYPERV] = 0x40000000;
        offer->words->base[FIELD_INTERFACE_KVM] = 0x40000100;
}

static void take(Offer *offer, const CapabilityOperation *operation) {
        uint32_t mask = operation_mask(operation), *word = &offer->words->word[operation->word];
        const Words *source;
        uint32_t told = 0; /* what is known now, whatever was known of KVM's answer */

        switch (operation->kind) {
        case CAPABILITY_GRANT:
                *word |= mask;
                told = mask;
                break;
        case CAPABILITY_HARDWARE:
                source = host_words(offer->host, HOST_HARDWARE);
                if (source) {
                        *word = (*word & ~mask) | (source->word[operation->word] & mask);
                        told = mask;
                }
                break;
        case CAPABILITY_EMULATED:
                source = host_words(offer->host, HOST_EMULATED);
                told = source ? source->word[operation->word] & mask : 0;
                *word |= told;
                break;
        case CAPABILITY_HYPERV:
                source = host_words(offer->host, HOST_HYPERV);
                if (source) {
                        *word = (*word & ~mask) | (source->word[operation->word] & mask);
                        make_room_for_hyperv(offer);
                        told = mask;
                }
                break;
        case CAPABILITY_DYNAMIC:
                offer->dynamic[operation->word] |= mask;
                break;
        case CAPABILITY_BELOW:
                offer->below[operation->word] |= mask;
                break;
        default:
                break;
        }

        if (offer->words->untold)
                offer->words->untold[operation->word] &= ~told;
}

static void clear(Offer *offer, size_t word, uint32_t mask) {
        offer->words->word[word] &= ~mask;
        if (offer->words->untold)
                offer->words->untold[word] &= ~mask;
}

static void apply(Offer *offer, CapabilitySet possible) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; (offer->effective & (UINT64_C(1) << i)) &&
                     j < capability_table[i].n_operations;
                     j++)
                        take(offer, &capability_table[i].operations[j]);

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                for (size_t j = 0; j < capability_table[i].n_operations; j++) {
                        const CapabilityOperation *operation = &capability_table[i].operations[j];
                        CapabilitySet set = operation->kind == CAPABILITY_KEEP ? ~offer->effective :
                                operation->kind == CAPABILITY_REMOVE           ? possible :
                                                                                 0;

                        if (set & (UINT64_C(1) << i))
                                clear(offer, operation->word, operation_mask(operation));
                }
}

/* What KVM lists without looking at what else it has is not offered without that. */
static void apply_within(Offer *offer) {
        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];

                if (field->within == FIELD_NONE ||
                    words_get(offer->words, &field_table[field->within]) != 0)
                        continue;
                if (words_tell(offer->words, &field_table[field->within]))
                        clear(offer, field->word, field_mask(field));
                else if (words_get(offer->words, field) != 0)
                        offer->words->untold[field->word] |= field_mask(field);
        }
}

/* A bit that not every CPU has cannot be promised; a bit that a vCPU has or lacks whatever its
 * table says is what it gets, and known even where KVM's answer is not. */
static void apply_measured(Offer *offer) {
        const Words *on = offer->forced[FORCED_ON], *off = offer->forced[FORCED_OFF];

        for (size_t i = 0; i < N_FIELD_WORDS; i++) {
                uint32_t *word = &offer->words->word[i];

                *word &= ~(host_uncertain_mask(offer->host, i) & field_words[i].subset);
                offer->listed[i] = *word | words_untold(offer->words, i);
                if (on)
                        *word |= on->word[i];
                if (off)
                        *word &= ~off->word[i];
                if (offer->words->untold)
                        offer->words->untold[i] &= field_words[i].exact |
                                ~((on ? on->word[i] : 0) | (off ? off->word[i] : 0));
                if (*word & ~offer->listed[i])
                        offer->is_plain = false;
        }
}

/* What is not told may be there. */
static bool may_have(const Offer *offer, int field) {
        return words_get(offer->words, &field_table[field]) != 0 ||
                !words_tell(offer->words, &field_table[field]);
}

bool offer_implies(const Offer *offer, const Field *field) {
        if (field->copy != FIELD_NONE)
                return may_have(offer, field->copy);

        for (size_t i = 0; field->implied && field->implied[i] != FIELD_NONE; i++)
                if (!may_have(offer, field->implied[i]))
                        return false;

        return field->implied != NULL;
}

/* What a guest must be so that nothing is found: bits that it must not have, bits that it must,
 * and numbers that are taken for right without a second look where they are the same. */
static void compile(Offer *offer) {
        const Words *on = offer->forced[FORCED_ON];

        for (size_t i = 0; i < N_FIELD_WORDS; i++) {
                uint32_t offered = offer->words->word[i];
                uint32_t forced = on ? on->word[i] & offered : 0;

                offer->want[i] = offered;
                offer->care[i] = (field_words[i].subset & ~offered) |
                        (field_words[i].inverted & offered) | field_words[i].exact | forced;
        }

        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];

                if (field->word == FIELD_NONE)
                        continue;
                if (field->rule == FIELD_RULE_DYNAMIC ||
                    (offer_implies(offer, field) && words_get(offer->words, field) == 0) ||
                    ((field->flags & FIELD_ZERO_UNKNOWN) && words_get(offer->words, field) == 0 &&
                     field->n_values == 0))
                        offer->care[field->word] &= ~field_mask(field);
        }

        for (size_t i = 0; i < N_FIELD_WORDS; i++)
                offer->care[i] &= ~(offer->dynamic[i] | words_untold(offer->words, i));

        /* Guests that give MSRs are for the explaining way. */
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                if (field_groups[i].interface == FIELD_INTERFACE_MSR)
                        memset(&offer->care[i * N_REGISTERS], 0,
                               N_REGISTERS * sizeof(*offer->care));
}

static bool has_notice(CapabilitySet set) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if ((set & (UINT64_C(1) << i)) && capability_table[i].notice)
                        return true;

        return false;
}

Offer *offer_new(Host *host, CapabilitySet capabilities) {
        Offer *offer = g_new0(Offer, 1);

        offer->host = host_ref(host);
        offer->capabilities = capability_set_close(capabilities);
        offer->effective = effective_set(host, offer->capabilities);
        offer->is_plain =
                (offer->capabilities & ~offer->effective) == 0 && !has_notice(offer->capabilities);
        offer->words = words_copy(base_words(host, offer->effective));
        apply(offer, possible_set(host, offer->capabilities));
        apply_within(offer);
        words_widen_untold(offer->words);
        for (ForcedKind i = 0; i < N_FORCED_KINDS; i++)
                offer->forced[i] = forced_words(host_forced(host), offer_view(offer), i);
        apply_measured(offer);
        compile(offer);
        return offer;
}

Offer *offer_free(Offer *offer) {
        if (!offer)
                return NULL;

        words_free(offer->words);
        host_unref(offer->host);
        g_free(offer);
        return NULL;
}

static Leaf group_row(const Offer *offer, int group, uint32_t flags) {
        const FieldGroup *g = &field_groups[group];
        uint32_t leaf = words_leaf(offer->words, g->interface, g->leaf);
        Leaf row = { .leaf = leaf, .subleaf = g->subleaf, .flags = flags };

        memcpy(row.registers, &offer->words->word[group * N_REGISTERS], sizeof(row.registers));

        /* A moved interface's maximum moves with it. */
        if (leaf != g->leaf && row.registers[REGISTER_EAX] >= g->leaf && (g->leaf & 0xff) == 0)
                row.registers[REGISTER_EAX] += leaf - g->leaf;

        return row;
}

static bool group_is_zero(const Offer *offer, int group) {
        const uint32_t *word = &offer->words->word[group * N_REGISTERS];

        return (word[0] | word[1] | word[2] | word[3]) == 0;
}

/* Of a leaf with several sub-leaves each row speaks for its own: one of the host's without the
 * index flag would answer for others that a capability changed, or that come behind it in order.
 * Rows that stand behind one that answers for them are none. */
static uint32_t row_flags(const LeafTable *base, const Leaf *row, const FieldLeaf *known,
                          int group) {
        bool is_indexed = known && (known->indexed || group < 0);

        for (size_t i = 0; i < leaf_table_size(base) && !is_indexed; i++) {
                const Leaf *other = leaf_table_at(base, i);

                is_indexed = other->leaf == row->leaf && other->subleaf != row->subleaf &&
                        leaf_table_find(base, other->leaf, other->subleaf) == other;
        }

        return row->flags | (is_indexed ? LEAF_FLAG_INDEXED : 0);
}

/* As words are: what is not told is not offered. */
static void clear_untold(const Offer *offer, Leaf *row) {
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                row->registers[reg] &=
                        ~unknown_mask(host_unknown(offer->host), row->leaf, row->subleaf, reg);
}

LeafTable *offer_to_table(const Offer *offer) {
        const LeafTable *base = base_table(offer);
        const Words *located = base_words(offer->host, offer->effective);
        LeafTable *table = leaf_table_new();
        bool done[N_FIELD_GROUPS] = {};

        for (size_t i = 0; i < leaf_table_size(base); i++) {
                Leaf row = *leaf_table_at(base, i);
                FieldInterface interface = N_FIELD_INTERFACES;
                uint32_t leaf = row.leaf;
                bool is_known = words_locate(located, row.leaf, &interface, &leaf);
                int group = is_known ? field_group_find(interface, leaf, row.subleaf) : -1;

                if (!words_see(base, host_unknown(offer->host), row.leaf) ||
                    leaf_table_find(base, row.leaf, row.subleaf) != leaf_table_at(base, i))
                        continue;

                row.flags = row_flags(base, &row,
                                      is_known ? field_leaf_find(interface, leaf) : NULL, group);
                if (group >= 0) {
                        row = group_row(offer, group, row.flags);
                        done[group] = true;
                } else
                        clear_untold(offer, &row);
                leaf_table_add(table, &row);
        }

        for (int group = 0; group < N_FIELD_GROUPS; group++)
                if (!done[group] && field_groups[group].interface != FIELD_INTERFACE_MSR &&
                    !group_is_zero(offer, group)) {
                        const FieldLeaf *leaf = field_leaf_find(field_groups[group].interface,
                                                                field_groups[group].leaf);
                        Leaf row = group_row(offer, group, 0);

                        row.flags = row_flags(base, &row, leaf, group);
                        leaf_table_add(table, &row);
                }

        leaf_table_sort(table);
        return table;
}

#define OFFER_CACHE_MAX 64

struct OfferCache {
        Host *host;
        GHashTable *offers; /* CapabilitySet -> Offer */
};

OfferCache *offer_cache_new(Host *host) {
        OfferCache *cache = g_new0(OfferCache, 1);

        cache->host = host_ref(host);
        cache->offers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                              (GDestroyNotify) offer_free);
        return cache;
}

OfferCache *offer_cache_free(OfferCache *cache) {
        if (!cache)
                return NULL;

        g_hash_table_unref(cache->offers);
        host_unref(cache->host);
        g_free(cache);
        return NULL;
}

/* Whoever asks for more different sets than anyone needs pays for compiling them, and nobody's
 * memory. */
const Offer *offer_cache_get(OfferCache *cache, CapabilitySet capabilities) {
        CapabilitySet set = capability_set_close(capabilities);
        Offer *offer = g_hash_table_lookup(cache->offers, &set);

        if (offer)
                return offer;

        if (g_hash_table_size(cache->offers) >= OFFER_CACHE_MAX)
                g_hash_table_remove_all(cache->offers);

        offer = offer_new(cache->host, set);
        g_hash_table_insert(cache->offers, g_memdup2(&set, sizeof(set)), offer);
        return offer;
}
