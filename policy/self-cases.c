/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lays out what is tried of a host: in which order, and in which process. Which bits and
 * capabilities there are is the host's offer. */

#include "policy/self-cases.h"

#include <string.h>

#include "policy/place.h"

typedef struct Laying {
        const Offer *offer;
        LeafTable *table; /* the offer's */
        LeafTable *bare;
        GPtrArray *all;
        SelfCases *first;
        GHashTable *with; /* CapabilitySet -> case with the offer's table, in the first request */
        GArray *bits;     /* Bits */
} Laying;

/* Of one register: a feature, or a bit without a row */
typedef struct Bits {
        SelfCase where;
        uint32_t mask;
} Bits;

static void cases_free(void *userdata) {
        SelfCases *cases = userdata;

        trial_request_free(cases->request);
        g_array_unref(cases->cases);
        g_free(cases);
}

static SelfCases *add_request(GPtrArray *all) {
        SelfCases *cases = g_new0(SelfCases, 1);

        cases->request = trial_request_new();
        cases->cases = g_array_new(FALSE, FALSE, sizeof(SelfCase));
        g_ptr_array_add(all, cases);
        return cases;
}

static size_t add_case(SelfCases *cases, const SelfCase *one, CapabilitySet capabilities,
                       LeafTable *table, GArray *msrs) {
        g_array_append_val(cases->cases, *one);
        return trial_request_add(cases->request, capabilities, table, msrs);
}

/* Feature bits -----------------------------------------------------------------------------------*/

static bool is_feature(const Field *field) {
        switch (field->rule) {
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_HINT:
        case FIELD_RULE_GUARANTEE:
        case FIELD_RULE_INVERTED:
        case FIELD_RULE_GRANTED:
                return true;
        default:
                return false;
        }
}

/* Those of a word, with the bits that have no row */
static uint32_t feature_mask(size_t word) {
        const FieldWord *rows = &field_words[word];
        uint32_t mask = ~rows->known;

        for (size_t i = rows->first_field; i < (size_t) rows->first_field + rows->n_fields; i++)
                if (is_feature(&field_table[i]))
                        mask |= field_mask(&field_table[i]);

        return mask;
}

static void clear_features(const Words *words, Leaf *row) {
        FieldInterface interface = N_FIELD_INTERFACES;
        uint32_t number = row->leaf, wildcards[N_REGISTERS] = {};
        bool is_known = words_locate(words, row->leaf, &interface, &number);
        int group = is_known ? field_group_find(interface, number, row->subleaf) : -1;

        if (is_known && group < 0)
                field_wildcard_masks(interface, number, row->subleaf, wildcards);

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                row->registers[reg] &=
                        group >= 0 ? ~feature_mask(group * N_REGISTERS + reg) : wildcards[reg];
}

static LeafTable *bare_new(const Offer *offer, const LeafTable *table) {
        LeafTable *bare = leaf_table_new();

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                Leaf row = *leaf_table_at(table, i);

                clear_features(offer->words, &row);
                leaf_table_add(bare, &row);
        }

        return bare;
}

static void add_bits(Laying *laying, const SelfCase *where, uint32_t mask) {
        const Leaf *row = leaf_table_find(laying->table, where->leaf, where->subleaf),
                   *bare = leaf_table_find(laying->bare, where->leaf, where->subleaf);
        bool is_full = laying->first->cases->len + 2 * (laying->bits->len + 1) > TRIAL_CASES_MAX;
        const Bits bits = { .where = *where, .mask = mask };

        if (!is_full && row && bare && (row->registers[where->reg] & mask) != 0)
                g_array_append_val(laying->bits, bits);
}

static void add_bits_case(Laying *laying, const Bits *bits, SelfCaseKind kind) {
        SelfCase one = bits->where;
        bool is_alone = kind == SELF_CASE_ALONE;
        const Leaf *row = leaf_table_find(laying->table, one.leaf, one.subleaf),
                   *bare = leaf_table_find(laying->bare, one.leaf, one.subleaf);
        const TrialChange change = {
                .leaf = one.leaf,
                .subleaf = one.subleaf,
                .reg = one.reg,
                .value = is_alone ?
                        bare->registers[one.reg] | (row->registers[one.reg] & bits->mask) :
                        row->registers[one.reg] & ~bits->mask,
        };

        one.kind = kind;
        g_array_append_val(laying->first->cases, one);
        trial_request_add_like(laying->first->request, is_alone ? 1 : 0, &change);
}

/* The offer without each, and then all of them alone: those that are like the same case stand
 * together, since the other one's takes another VM. What both show is said of the offer. */
static void lay_bits(Laying *laying) {
        static const SelfCaseKind kinds[] = { SELF_CASE_CLEAR, SELF_CASE_ALONE };

        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
                for (size_t j = 0; j < laying->bits->len; j++)
                        add_bits_case(laying, &g_array_index(laying->bits, Bits, j), kinds[i]);
}

static void add_fields(Laying *laying) {
        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                SelfCase one = { .row = field,
                                 .leaf = words_leaf(laying->offer->words, field->interface,
                                                    field->leaf),
                                 .subleaf = field->subleaf,
                                 .reg = field->reg,
                                 .low = field->low };

                if (field->word != FIELD_NONE && field->interface != FIELD_INTERFACE_MSR &&
                    is_feature(field) && words_get(laying->offer->words, field) != 0)
                        add_bits(laying, &one, field_mask(field));
        }
}

static void add_reserved(Laying *laying, const SelfCase *where, uint32_t bits) {
        for (; bits; bits &= bits - 1) {
                SelfCase one = *where;

                one.low = __builtin_ctz(bits);
                add_bits(laying, &one, bits & -bits);
        }
}

static void add_unknown(Laying *laying) {
        const Words *words = laying->offer->words;

        for (size_t i = 0; i < N_FIELD_GROUPS * N_REGISTERS; i++) {
                const FieldGroup *group = &field_groups[i / N_REGISTERS];
                SelfCase one = { .leaf = words_leaf(words, group->interface, group->leaf),
                                 .subleaf = group->subleaf,
                                 .reg = i % N_REGISTERS };

                if (group->interface != FIELD_INTERFACE_MSR)
                        add_reserved(laying, &one, words->word[i] & ~field_words[i].known);
        }

        for (size_t i = 0; i < words->n_extra; i++) {
                SelfCase one = { .leaf = words->extra[i].leaf,
                                 .subleaf = words->extra[i].subleaf,
                                 .reg = words->extra[i].reg };

                add_reserved(laying, &one, words->extra[i].value);
        }
}

/* Capabilities -----------------------------------------------------------------------------------*/

static bool is_permission(const Capability *capability) {
        return capability->enabling.kind == ENABLING_PERMISSION;
}

/* The case in which the offer's table has these capabilities; made where there is none */
static size_t with_case(Laying *laying, CapabilitySet set, const SelfCase *one) {
        gpointer found;
        size_t at;

        if (g_hash_table_lookup_extended(laying->with, &set, NULL, &found))
                return GPOINTER_TO_SIZE(found);

        at = add_case(laying->first, one, set, leaf_table_copy(laying->table), NULL);
        g_hash_table_insert(laying->with, g_memdup2(&set, sizeof(set)), GSIZE_TO_POINTER(at));
        return at;
}

/* Whatever implies the capability goes with it. */
static CapabilitySet without(CapabilitySet set, const Capability *capability) {
        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (capability_table[i].implies & capability_bit(capability))
                        set &= ~(UINT64_C(1) << i);

        return set & ~capability_bit(capability);
}

static void add_with(Laying *laying, const Capability *capability) {
        CapabilitySet set = capability_set_close(laying->offer->capabilities |
                                                 capability->requires | capability_bit(capability));
        SelfCase base = { .kind = SELF_CASE_BASE, .capability = capability };
        SelfCase one = { .kind = SELF_CASE_WITH, .capability = capability };

        if (capability->is_default) {
                base.kind = SELF_CASE_LACK;
                with_case(laying, without(set, capability), &base);
                return;
        }

        one.without = with_case(laying, without(set, capability), &base);
        if (is_permission(capability))
                add_case(add_request(laying->all), &one, set, leaf_table_copy(laying->table), NULL);
        else {
                /* Made already as what another one requires, it is compared now. */
                size_t at = with_case(laying, set, &one);

                g_array_index(laying->first->cases, SelfCase, at) = one;
        }
}

static void add_own(Laying *laying, const Capability *capability, size_t *n_permissions) {
        CapabilitySet set =
                laying->offer->capabilities | capability->requires | capability_bit(capability);
        SelfCase one = { .kind = SELF_CASE_OWN, .capability = capability };
        SelfCases *cases = laying->first;
        g_autoptr(Offer) offer = NULL;

        if (capability->is_default)
                return;
        if (is_permission(capability))
                cases = g_ptr_array_index(laying->all, ++*n_permissions);

        offer = offer_new(laying->offer->host, set);
        add_case(cases, &one, set, offer_to_table(offer), NULL);
}

static void add_capabilities(Laying *laying) {
        CapabilitySet has = host_capabilities(laying->offer->host);
        size_t n_permissions = 0;

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has & (UINT64_C(1) << i))
                        add_with(laying, &capability_table[i]);

        for (size_t i = 0; i < N_CAPABILITIES; i++)
                if (has & (UINT64_C(1) << i))
                        add_own(laying, &capability_table[i], &n_permissions);
}

/* ------------------------------------------------------------------------------------------------*/

/* Those that the table's own features make visible */
static GArray *feature_msrs(const Offer *offer) {
        g_autoptr(GArray) indexes = host_list_msrs(offer->host);
        GArray *msrs = g_array_new(FALSE, FALSE, sizeof(TrialMsr));

        for (guint i = 0; i < indexes->len && msrs->len < TRIAL_MSRS_MAX; i++) {
                TrialMsr msr = { .index = g_array_index(indexes, uint32_t, i) };
                int group = field_group_find(FIELD_INTERFACE_MSR, msr.index, 0);

                if (group < 0 ||
                    (field_groups[group].when != FIELD_NONE &&
                     words_get(offer->words, &field_table[field_groups[group].when]) == 0))
                        continue;
                host_get_msr(offer->host, msr.index, &msr.value);
                g_array_append_val(msrs, msr);
        }

        return msrs;
}

GPtrArray *self_cases_new(const Offer *offer) {
        GPtrArray *all = g_ptr_array_new_with_free_func(cases_free);
        g_autoptr(LeafTable) table = offer_to_table(offer), bare = bare_new(offer, table);
        g_autoptr(GHashTable) with =
                g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        g_autoptr(GArray) bits = g_array_new(FALSE, FALSE, sizeof(Bits));
        Laying laying = {
                .offer = offer,
                .table = table,
                .bare = bare,
                .all = all,
                .with = with,
                .bits = bits,
        };
        CapabilitySet set = offer->capabilities;
        SelfCase one = { .kind = SELF_CASE_OFFER };

        laying.first = add_request(all);
        add_case(laying.first, &one, set, leaf_table_copy(table), feature_msrs(offer));
        g_hash_table_insert(with, g_memdup2(&set, sizeof(set)), GSIZE_TO_POINTER(0));
        one.kind = SELF_CASE_BARE;
        add_case(laying.first, &one, set, leaf_table_copy(bare), NULL);

        add_capabilities(&laying);
        add_fields(&laying);
        add_unknown(&laying);
        lay_bits(&laying);
        return all;
}

const char *self_case_subject(const SelfCase *one) {
        g_autofree char *place = NULL, *text = NULL;
        const char *name = one->row ? one->row->name : NULL;

        if ((one->kind == SELF_CASE_ALONE || one->kind == SELF_CASE_CLEAR) && !name)
                name = place = place_format(one->leaf, one->subleaf, one->reg, one->low, one->low);

        switch (one->kind) {
        case SELF_CASE_OFFER:
                return "offer";
        case SELF_CASE_BARE:
                return "no features";
        case SELF_CASE_LACK:
        case SELF_CASE_BASE:
                text = g_strdup_printf("without capability %s", one->capability->name);
                break;
        case SELF_CASE_WITH:
        case SELF_CASE_OWN:
                text = g_strdup_printf("capability %s", one->capability->name);
                break;
        case SELF_CASE_ALONE:
                text = g_strdup_printf("%s alone", name);
                break;
        default:
                text = g_strdup_printf("without %s", name);
                break;
        }

        return g_intern_string(text);
}
