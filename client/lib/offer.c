/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a host offers, field by field, beside what KVM itself says */

#include <string.h>

#include "client/formats/json-text.h"
#include "client/lib/private.h"
#include "policy/explain.h"
#include "policy/meaning.h"
#include "policy/place.h"

static void field_free(void *p) {
        CpuiddOfferField *field = p;

        free_const(field->name);
        free_const(field->label);
        free_const(field->summary);
        free_const(field->place);
        free_const(field->rule);
        free_const(field->text);
        free_const(field->kvm_text);
        free_const(field->by_kind);
        free_const(field->correction);
        g_free(field);
}

static void leaf_free(void *p) {
        CpuiddOfferLeaf *leaf = p;

        free_const(leaf->title);
        free_const(leaf->place);
        g_ptr_array_unref(leaf->fields);
        g_free(leaf);
}

static uint32_t bits_of(uint32_t word, unsigned low, unsigned high) {
        return (word >> low) & (UINT32_MAX >> (31 - (high - low)));
}

static void append_word(GString *text, uint32_t word) {
        for (unsigned i = 0; i < sizeof(word); i++)
                g_string_append_c(text, (word >> (i * 8)) & 0xff);
}

/* A name that is spread over registers, and over leaves behind this one */
static char *read_name(const Offer *offer, const CpuiddOfferLeaf *leaf, const Field *field) {
        g_autoptr(GString) text = g_string_new(NULL);

        for (unsigned i = 0; i < field->n_text; i++)
                append_word(text, leaf->registers[field->text[i]]);

        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *part = &field_table[i];

                if (part->continues == (int) field_index(field) && part->word != FIELD_NONE &&
                    part->leaf != field->leaf)
                        append_word(text, words_get(offer->words, part));
        }

        for (size_t i = 0; i < text->len; i++)
                if (text->str[i] != '\0' && !g_ascii_isprint(text->str[i]))
                        text->str[i] = '.';

        return g_strdup(g_strstrip(text->str));
}

static CpuiddOfferField *field_new(const CpuiddOfferLeaf *leaf, const Host *host, unsigned reg,
                                   unsigned low, unsigned high) {
        CpuiddOfferField *field = g_new0(CpuiddOfferField, 1);
        const Place place = { leaf->leaf, leaf->subleaf, reg, low, high };

        field->place = place_format(leaf->leaf, leaf->subleaf, reg, high, low);
        field->value = bits_of(leaf->registers[reg], low, high);
        field->kvm = bits_of(leaf->kvm[reg], low, high);
        field->reg = reg;
        field->low = low;
        field->high = high;
        field->is_set = field->value != 0;
        field->is_changed = field->value != field->kvm;
        field->by_kind = kinds_describe_values(host, &place);
        return field;
}

static char *correction_of(const Offer *offer, int word, uint32_t mask, const Field *field) {
        const HostCorrection *correction =
                word < 0 ? NULL : correction_find(offer->host, offer_view(offer), word, mask);

        return correction ? correction_to_text(correction, field) : NULL;
}

static void set_forced(CpuiddOfferField *field, const Offer *offer, int word, uint32_t mask) {
        const Words *on = offer->forced[FORCED_ON], *off = offer->forced[FORCED_OFF];

        field->is_forced_on = word >= 0 && on && (on->word[word] & mask & offer->words->word[word]);
        field->is_forced_off = word >= 0 && off && (off->word[word] & mask);
}

static void add_named(CpuiddOfferLeaf *leaf, const Offer *offer, const Field *from) {
        CpuiddOfferField *field = field_new(leaf, offer->host, from->reg, from->low, from->high);
        uint32_t mask = field_mask(from);
        uint8_t vendor = host_vendor(offer->host);

        field->name = g_strdup(from->name);
        field->label = g_strdup(meaning_label(from, vendor));
        field->summary = g_strdup(meaning_summary(from, vendor));
        field->rule = g_strdup(field_rule_to_string(from->rule));
        field->is_flag = from->show == FIELD_SHOW_FLAG;
        field->is_dynamic = from->rule == FIELD_RULE_DYNAMIC;
        field->is_continuation = from->continues != FIELD_NONE;
        if (!words_tell(offer->words, from)) {
                field->kvm = field->value;
                field->is_changed = false;
        }
        if (from->word != FIELD_NONE) {
                field->is_dynamic |= (offer->dynamic[from->word] & mask) != 0;
                field->varies = (host_varying_mask(offer->host, from->word) & mask) != 0;
                set_forced(field, offer, from->word, mask);
                field->correction = correction_of(offer, from->word, mask, from);
        }

        field->text =
                from->n_text > 0 ? read_name(offer, leaf, from) : explain_value(from, field->value);
        field->kvm_text = from->n_text > 0 ? g_strdup("") : explain_value(from, field->kvm);
        g_ptr_array_add(leaf->fields, field);
}

/* Neighbours without a name are one field. */
static void add_nameless(CpuiddOfferLeaf *leaf, const Offer *offer, int group,
                         const uint32_t known[N_REGISTERS]) {
        for (unsigned reg = 0; reg < N_REGISTERS; reg++) {
                uint32_t left = (leaf->registers[reg] | leaf->kvm[reg]) & ~known[reg];
                int word = group < 0 ? -1 : group * N_REGISTERS + (int) reg;

                while (left) {
                        unsigned low = __builtin_ctz(left), high = low;
                        CpuiddOfferField *field;
                        uint32_t mask;

                        while (high < 31 && (left & (UINT32_C(2) << high)))
                                high++;
                        mask = (UINT32_MAX >> (31 - (high - low))) << low;
                        left &= ~mask;

                        field = field_new(leaf, offer->host, reg, low, high);
                        field->name = g_strdup("");
                        field->label = g_strdup("");
                        field->summary = g_strdup("bits that have no name here");
                        field->rule = g_strdup(field_rule_to_string(FIELD_RULE_RESERVED));
                        field->text = g_strdup_printf("0x%x", field->value);
                        field->kvm_text = g_strdup_printf("0x%x", field->kvm);
                        field->correction = correction_of(offer, word, mask, NULL);
                        set_forced(field, offer, word, mask);
                        g_ptr_array_add(leaf->fields, field);
                }
        }
}

static int compare_fields(const void *a, const void *b) {
        const CpuiddOfferField *left = *(CpuiddOfferField *const *) a,
                               *right = *(CpuiddOfferField *const *) b;

        return left->reg != right->reg ? left->reg - right->reg : left->low - right->low;
}

static void add_fields(CpuiddOfferLeaf *leaf, const Offer *offer) {
        uint32_t known[N_REGISTERS] = {};
        FieldInterface interface;
        uint32_t number;
        int group = -1;

        if (words_locate(offer->words, leaf->leaf, &interface, &number)) {
                const FieldLeaf *named = field_leaf_find(interface, number);

                group = field_group_find(interface, number, leaf->subleaf);
                if (named)
                        leaf->title = g_strdup(named->title);

                for (size_t i = 0; i < N_FIELDS; i++) {
                        const Field *field = &field_table[i];

                        if (field->interface != interface || field->leaf != number ||
                            leaf->subleaf < field->subleaf || leaf->subleaf > field->subleaf_last)
                                continue;
                        known[field->reg] |= field_mask(field);
                        add_named(leaf, offer, field);
                }
        }

        if (!leaf->title)
                leaf->title = g_strdup("");
        add_nameless(leaf, offer, group, known);
        g_ptr_array_sort(leaf->fields, compare_fields);
}

/* A row of its own: KVM's lookup would answer for sub-leaves that the table has no row for. */
static const Leaf *find_row(const LeafTable *table, const Leaf *like) {
        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (row->leaf == like->leaf && row->subleaf == like->subleaf)
                        return row;
        }

        return NULL;
}

/* Capabilities can tell what KVM's own answer does not. */
static uint32_t untold_bits(const Offer *offer, const Leaf *row, Register reg) {
        FieldInterface interface;
        uint32_t number;
        int group = -1;

        if (words_locate(offer->words, row->leaf, &interface, &number))
                group = field_group_find(interface, number, row->subleaf);
        return group >= 0 ? words_untold(offer->words, group * N_REGISTERS + reg) :
                            unknown_mask(host_unknown(offer->host), row->leaf, row->subleaf, reg);
}

static CpuiddOfferLeaf *leaf_new(const Offer *offer, const Leaf *offered, const Leaf *kvm) {
        const Leaf *row = offered ?: kvm;
        CpuiddOfferLeaf *leaf = g_new0(CpuiddOfferLeaf, 1);

        leaf->place = g_strdup_printf("0x%x.%u", row->leaf, row->subleaf);
        leaf->fields = g_ptr_array_new_with_free_func(field_free);
        leaf->leaf = row->leaf;
        leaf->subleaf = row->subleaf;
        leaf->flags = row->flags;
        leaf->is_offered = offered != NULL;
        if (offered)
                memcpy(leaf->registers, offered->registers, sizeof(leaf->registers));
        for (Register i = 0; i < N_REGISTERS; i++) {
                leaf->untold[i] = untold_bits(offer, row, i);
                if (kvm)
                        leaf->kvm[i] = kvm->registers[i] & ~leaf->untold[i] &
                                ~unknown_mask(host_unknown(offer->host), row->leaf, row->subleaf,
                                              i);
        }
        leaf->is_changed = memcmp(leaf->registers, leaf->kvm, sizeof(leaf->kvm)) != 0;
        add_fields(leaf, offer);
        return leaf;
}

static int compare_leaves(const void *a, const void *b) {
        const CpuiddOfferLeaf *left = *(CpuiddOfferLeaf *const *) a,
                              *right = *(CpuiddOfferLeaf *const *) b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        return (left->subleaf > right->subleaf) - (left->subleaf < right->subleaf);
}

static GPtrArray *list_leaves(const Offer *offer) {
        GPtrArray *leaves = g_ptr_array_new_with_free_func(leaf_free);
        const LeafTable *kvm = host_table(offer->host, HOST_SUPPORTED);
        g_autoptr(LeafTable) offered = offer_to_table(offer);

        for (size_t i = 0; i < leaf_table_size(offered); i++) {
                const Leaf *row = leaf_table_at(offered, i);

                g_ptr_array_add(leaves, leaf_new(offer, row, find_row(kvm, row)));
        }

        for (size_t i = 0; i < leaf_table_size(kvm); i++) {
                const Leaf *row = leaf_table_at(kvm, i);

                if (!find_row(offered, row) && find_row(kvm, row) == row)
                        g_ptr_array_add(leaves, leaf_new(offer, NULL, row));
        }

        g_ptr_array_sort(leaves, compare_leaves);
        return leaves;
}

CpuiddOffer *cpuidd_host_get_offer(CpuiddHost *host, const char *const *capabilities,
                                   GError **error) {
        g_autoptr(Host) policy = NULL;
        g_autoptr(Offer) offer = NULL;
        CapabilitySet set;
        CpuiddOffer *ret;

        if (!capability_set_from_names(capabilities, &set, error))
                return NULL;
        policy = host_get_policy(host, error);
        if (!policy)
                return NULL;

        offer = offer_new(policy, set);
        ret = g_new0(CpuiddOffer, 1);
        ret->host = g_strdup(host->name);
        ret->fingerprint = g_strdup(host_fingerprint(policy));
        ret->capabilities = (const char *const *) capability_set_to_names(offer->capabilities);
        ret->leaves = list_leaves(offer);
        ret->unknown = (const char *const *) unknown_to_texts(host_unknown(policy));
        return ret;
}

CpuiddOffer *cpuidd_offer_free(CpuiddOffer *offer) {
        if (!offer)
                return NULL;

        free_const(offer->host);
        free_const(offer->fingerprint);
        free_const_strv(offer->capabilities);
        free_const_strv(offer->unknown);
        g_ptr_array_unref(offer->leaves);
        g_free(offer);
        return NULL;
}

static void add_row(JsonText *json, const CpuiddOfferLeaf *leaf) {
        Leaf row = { .leaf = leaf->leaf, .subleaf = leaf->subleaf, .flags = leaf->flags };

        memcpy(row.registers, leaf->registers, sizeof(row.registers));
        json_text_add_row(json, &row);
}

static void add_field(JsonText *json, const CpuiddOfferField *field) {
        json_text_open_object(json, *field->name ? field->name : field->place);
        json_text_add_text(json, "where", field->place);
        json_text_add_hex(json, "value", field->value);
        json_text_add_hex(json, "kvm", field->kvm);
        if (!field->is_flag)
                json_text_add_text(json, "text", field->text);
        json_text_add_text(json, "by_kind", field->by_kind);
        json_text_add_text(json, "correction", field->correction);
        if (field->is_forced_on || field->is_forced_off)
                json_text_add_text(json, "forced", field->is_forced_on ? "on" : "off");
        json_text_close(json);
}

char *cpuidd_offer_to_json(const CpuiddOffer *offer, bool only_changed, CpuiddJson style) {
        g_autoptr(JsonText) json = json_text_new(style == CPUIDD_JSON_PRETTY);

        json_text_open_object(json, NULL);
        json_text_add_text(json, "schema", "cpuidd.offer/1");
        json_text_add_text(json, "host", offer->host);
        json_text_add_text(json, "fingerprint", offer->fingerprint);
        json_text_add_texts(json, "capabilities", offer->capabilities);
        if (*offer->unknown)
                json_text_add_texts(json, "unknown", offer->unknown);

        json_text_open_array(json, "cpuid");
        for (size_t i = 0; i < offer->leaves->len; i++) {
                const CpuiddOfferLeaf *leaf = offer->leaves->pdata[i];

                if (leaf->is_offered && (leaf->is_changed || !only_changed))
                        add_row(json, leaf);
        }
        json_text_close(json);

        json_text_open_object(json, "fields");
        for (size_t i = 0; i < offer->leaves->len; i++) {
                const CpuiddOfferLeaf *leaf = offer->leaves->pdata[i];

                for (size_t j = 0; j < leaf->fields->len; j++) {
                        const CpuiddOfferField *field = leaf->fields->pdata[j];

                        if (field->is_changed || field->is_forced_on ||
                            ((field->is_set || field->by_kind) && !only_changed))
                                add_field(json, field);
                }
        }
        json_text_close(json);

        json_text_close(json);
        return json_text_finish(g_steal_pointer(&json));
}
