/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Brings a table into the dense form. All that is known here of CPUID's structure is how KVM
 * looks a row up, what range a leaf belongs to, and how the interfaces of hypervisors are found. */

#include "policy/words.h"

#include <string.h>

#include <glib.h>

#define HYPERVISOR_BASE 0x40000000u
#define HYPERVISOR_LAST 0x4fffffffu
#define HYPERVISOR_BLOCK 0x100u

static bool is_hypervisor_leaf(uint32_t leaf) {
        return leaf >= HYPERVISOR_BASE && leaf <= HYPERVISOR_LAST;
}

/* The leaf that holds the maximum of the range to which a leaf belongs
 * (get_out_of_range_cpuid_entry()) */
uint32_t words_range_base(uint32_t leaf) {
        if (is_hypervisor_leaf(leaf))
                return leaf & ~(HYPERVISOR_BLOCK - 1);
        if (leaf >= 0xc0000000)
                return 0xc0000000;
        return leaf & 0x80000000;
}

/* A range that was looked up last: rows of one range mostly come together */
typedef struct Range {
        const Unknown *unknown; /* of the table; NULL: nothing is */
        const Leaf *row;        /* of the base; NULL: none that tells a maximum */
        uint32_t base;
        bool is_set;
} Range;

static bool is_zero(const Leaf *row) {
        return (row->registers[REGISTER_EAX] | row->registers[REGISTER_EBX] |
                row->registers[REGISTER_ECX] | row->registers[REGISTER_EDX]) == 0;
}

/* Leaves above the maximum of their range are not the guest's to see: they answer with other
 * leaves' values or zero. Without a row for the base, or with a zero one, there is no maximum; a
 * hypervisor's 0 means that it was not told. */
static bool is_above_maximum(const LeafTable *table, Range *range, uint32_t leaf) {
        uint32_t base = words_range_base(leaf);
        const Leaf *row;

        if (!range->is_set || range->base != base)
                *range = (Range){ .unknown = range->unknown,
                                  .row = unknown_mask(range->unknown, base, 0, REGISTER_EAX) ?
                                          NULL :
                                          leaf_table_find(table, base, 0),
                                  .base = base,
                                  .is_set = true };

        row = range->row;
        if (!row || is_zero(row))
                return false;
        if (is_hypervisor_leaf(leaf) && row->registers[REGISTER_EAX] == 0)
                return false;
        if (leaf == base)
                return base != 0 && row->registers[REGISTER_EAX] < base;
        return leaf > row->registers[REGISTER_EAX];
}

bool words_is_above(const LeafTable *table, uint32_t leaf) {
        Range range = {};

        return is_above_maximum(table, &range, leaf);
}

/* Hyper-V is known by its interface ("Hv#1" in the leaf behind the base), KVM by its signature
 * (kvm_cpuid_base()). */
static bool interface_of_base(const LeafTable *table, Range *range, const Leaf *row,
                              FieldInterface *ret) {
        static const uint32_t kvm_signature[] = { 0x4b4d564b, 0x564b4d56, 0x4d };
        const Leaf *next = leaf_table_find(table, row->leaf + 1, 0);

        if (next && next->registers[REGISTER_EAX] == 0x31237648 &&
            !is_above_maximum(table, range, row->leaf + 1)) {
                *ret = FIELD_INTERFACE_HYPERV;
                return true;
        }

        if (memcmp(&row->registers[REGISTER_EBX], kvm_signature, sizeof(kvm_signature)) == 0) {
                *ret = FIELD_INTERFACE_KVM;
                return true;
        }

        return false;
}

/* Where each interface is, by the rows of bases that answer and are not above their own maximum:
 * others are not in the words. A table without any base row (a few bits of KVM's leaves alone) has
 * KVM's at the usual place. */
static void find_bases(const LeafTable *table, FieldInterface only, const Unknown *unknown,
                       uint32_t bases[N_FIELD_INTERFACES]) {
        bool has_first = false;
        Range range = { .unknown = unknown };

        if (only != N_FIELD_INTERFACES) {
                bases[only] = HYPERVISOR_BASE;
                return;
        }

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);
                FieldInterface interface;

                if (!is_hypervisor_leaf(row->leaf) || row->leaf % HYPERVISOR_BLOCK != 0 ||
                    is_zero(row) || leaf_table_find(table, row->leaf, 0) != row ||
                    is_above_maximum(table, &range, row->leaf))
                        continue;
                if (row->leaf == HYPERVISOR_BASE &&
                    (row->registers[REGISTER_EBX] | row->registers[REGISTER_ECX] |
                     row->registers[REGISTER_EDX]))
                        has_first = true;
                if (interface_of_base(table, &range, row, &interface) &&
                    (bases[interface] == 0 || row->leaf < bases[interface]))
                        bases[interface] = row->leaf;
        }

        if (!has_first && bases[FIELD_INTERFACE_KVM] == 0)
                bases[FIELD_INTERFACE_KVM] = HYPERVISOR_BASE;
}

bool words_locate(const Words *words, uint32_t leaf, FieldInterface *ret_interface,
                  uint32_t *ret_leaf) {
        if (!is_hypervisor_leaf(leaf)) {
                *ret_interface = FIELD_INTERFACE_CPU;
                *ret_leaf = leaf;
                return true;
        }

        for (FieldInterface i = FIELD_INTERFACE_KVM; i < N_FIELD_INTERFACES; i++)
                if (words->base[i] != 0 && words_range_base(leaf) == words->base[i]) {
                        *ret_interface = i;
                        *ret_leaf = leaf - words->base[i] + HYPERVISOR_BASE;
                        return true;
                }

        return false;
}

const char *words_title(const Words *words, uint32_t leaf) {
        FieldInterface interface;
        const FieldLeaf *known;
        uint32_t number;

        if (!words_locate(words, leaf, &interface, &number))
                return NULL;

        known = field_leaf_find(interface, number);
        return known ? known->title : NULL;
}

static void fill_group(Words *words, bool *filled, int group, const Leaf *row) {
        uint32_t *word = &words->word[group * N_REGISTERS];

        if (filled[group])
                return;

        memcpy(word, row->registers, sizeof(row->registers));
        filled[group] = true;
}

/* A moved interface's own maximum is a leaf number too */
static void unmove_maxima(Words *words) {
        for (FieldInterface i = FIELD_INTERFACE_KVM; i < N_FIELD_INTERFACES; i++) {
                int group = field_group_find(i, HYPERVISOR_BASE, 0);

                if (words->base[i] > HYPERVISOR_BASE && group >= 0 &&
                    words->word[group * N_REGISTERS] >= words->base[i])
                        words->word[group * N_REGISTERS] -= words->base[i] - HYPERVISOR_BASE;
        }
}

static void add_extra(GArray *extra, const Leaf *row, FieldInterface interface, uint32_t leaf) {
        uint32_t known[N_REGISTERS] = {};

        if (interface < N_FIELD_INTERFACES)
                field_wildcard_masks(interface, leaf, row->subleaf, known);

        for (Register reg = 0; reg < N_REGISTERS; reg++) {
                ExtraWord word = { row->leaf, row->subleaf, reg,
                                   row->registers[reg] & ~known[reg] };

                if (word.value)
                        g_array_append_val(extra, word);
        }
}

/* What is being made of a table */
typedef struct Filling {
        const LeafTable *table;
        Words *words;
        GArray *extra;
        bool filled[N_FIELD_GROUPS];
        Range range;
        int group; /* where the leaf of the last row begins; the next one is near */
} Filling;

static bool is_group_of(int group, FieldInterface interface, uint32_t leaf) {
        return group >= 0 && group < N_FIELD_GROUPS && field_groups[group].leaf == leaf &&
                field_groups[group].interface == interface;
}

/* The leaf's first group, or -1 */
static int find_group(Filling *filling, FieldInterface interface, uint32_t leaf) {
        int group = filling->group;

        if (is_group_of(group, interface, leaf))
                return group;

        while (group >= 0 && group + 1 < N_FIELD_GROUPS &&
               field_groups[group + 1].leaf == field_groups[group].leaf)
                group++;
        if (!is_group_of(++group, interface, leaf))
                group = field_group_first(interface, leaf, 0);
        if (group >= 0)
                filling->group = group;
        return group;
}

/* A row answers for its own sub-leaf, and without the index flag for every other one too. Returns
 * whether its own has rows in the field table. */
static bool fill_leaf(Filling *filling, FieldInterface interface, uint32_t leaf, const Leaf *row) {
        bool is_found = false;

        for (int i = find_group(filling, interface, leaf); is_group_of(i, interface, leaf); i++) {
                bool is_own = field_groups[i].subleaf == row->subleaf;

                is_found |= is_own;
                if (is_own || !(row->flags & LEAF_FLAG_INDEXED))
                        fill_group(filling->words, filling->filled, i, row);
        }

        return is_found;
}

static void add_row(Filling *filling, const Leaf *row) {
        FieldInterface interface = N_FIELD_INTERFACES;
        uint32_t leaf = row->leaf;
        bool is_known = words_locate(filling->words, row->leaf, &interface, &leaf);

        if (is_known && fill_leaf(filling, interface, leaf, row))
                return;
        if (!is_zero(row) && leaf_table_find(filling->table, row->leaf, row->subleaf) == row)
                add_extra(filling->extra, row, is_known ? interface : N_FIELD_INTERFACES, leaf);
}

static int compare_extra(const void *a, const void *b) {
        const ExtraWord *left = a, *right = b;

        if (left->leaf != right->leaf)
                return left->leaf < right->leaf ? -1 : 1;
        if (left->subleaf != right->subleaf)
                return left->subleaf < right->subleaf ? -1 : 1;
        return (left->reg > right->reg) - (left->reg < right->reg);
}

uint32_t words_place(const Words *words, const Unknown *unknown, const FieldGroup *group) {
        FieldInterface other;
        uint32_t leaf = words_leaf(words, group->interface, group->leaf), base = HYPERVISOR_BASE;

        if (group->interface == FIELD_INTERFACE_CPU || words->base[group->interface] != 0)
                return leaf;

        if (words_locate(words, base, &other, &base) &&
            unknown_mask(unknown, HYPERVISOR_BASE, 0, REGISTER_EBX) == 0)
                leaf += HYPERVISOR_BLOCK;
        return leaf;
}

/* As the table has the group: a row without the index flag answers for other sub-leaves too */
static uint32_t untold_mask(const LeafTable *table, const Unknown *unknown, uint32_t leaf,
                            uint32_t subleaf, Register reg) {
        const Leaf *row = leaf_table_find(table, leaf, subleaf);
        uint32_t mask = unknown_mask(unknown, leaf, subleaf, reg);

        return row && row->subleaf != subleaf ?
                mask | unknown_mask(unknown, leaf, row->subleaf, reg) :
                mask;
}

/* Sub-leaves above a highest one that is told are not there. */
static void drop_beyond(Words *words) {
        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                int group;

                if (!(field->flags & FIELD_MAXIMUM_SUBLEAF) || !words_tell(words, field))
                        continue;

                group = field->word / N_REGISTERS;
                for (; group < N_FIELD_GROUPS && field_groups[group].leaf == field->leaf &&
                     field_groups[group].interface == field->interface;
                     group++)
                        if (field_groups[group].subleaf > words_get(words, field))
                                memset(&words->untold[group * N_REGISTERS], 0,
                                       N_REGISTERS * sizeof(*words->untold));
        }
}

static uint32_t text_is_untold(const Words *words, const Field *head) {
        uint32_t untold = 0;

        for (size_t i = 0; i < head->n_text; i++)
                untold |= words->untold[head->word - head->reg + head->text[i]];

        return untold;
}

void words_widen_untold(Words *words) {
        for (size_t i = 0; words->untold && i < N_FIELDS; i++) {
                const Field *field = &field_table[i];

                if (field->word == FIELD_NONE)
                        continue;
                if (words->untold[field->word] & field_mask(field))
                        words->untold[field->word] |= field_mask(field);
                if (field->n_text > 0 && text_is_untold(words, field))
                        for (size_t j = 0; j < field->n_text; j++)
                                words->untold[field->word - field->reg + field->text[j]] =
                                        UINT32_MAX;
        }

        for (size_t i = 0; words->untold && i < N_FIELD_WORDS; i++)
                words->word[i] &= ~words->untold[i];
}

/* Of one group; a MSR's halves are the first two words */
static void find_untold_of(Words *words, const LeafTable *table, Range *range,
                           const FieldGroup *group) {
        uint32_t *untold = &words->untold[(group - field_groups) * N_REGISTERS];
        uint32_t leaf = words_place(words, range->unknown, group);
        uint64_t mask;

        if (group->interface == FIELD_INTERFACE_MSR) {
                mask = unknown_msr_mask(range->unknown, group->leaf);
                untold[REGISTER_EAX] = mask;
                untold[REGISTER_EBX] = mask >> 32;
                return;
        }

        if (is_above_maximum(table, range, leaf))
                return;
        for (Register reg = 0; reg < N_REGISTERS; reg++)
                untold[reg] = untold_mask(table, range->unknown, leaf, group->subleaf, reg);
}

static void find_untold(Words *words, const LeafTable *table, const Unknown *unknown) {
        Range range = { .unknown = unknown };

        words->untold = g_new0(uint32_t, N_FIELD_WORDS);
        for (size_t i = 0; i < N_FIELD_GROUPS; i++)
                find_untold_of(words, table, &range, &field_groups[i]);

        words_widen_untold(words);
        drop_beyond(words);
}

Words *words_new(const LeafTable *table, FieldInterface only) {
        return words_new_partial(table, only, NULL);
}

Words *words_new_partial(const LeafTable *table, FieldInterface only, const Unknown *unknown) {
        g_autoptr(GArray) extra = g_array_new(FALSE, FALSE, sizeof(ExtraWord));
        Words *words = g_new0(Words, 1);
        Filling filling = { .table = table, .words = words, .extra = extra, .group = -1 };
        gsize n_extra;

        filling.range.unknown = unknown;
        find_bases(table, only, unknown, words->base);

        for (size_t i = 0; i < leaf_table_size(table); i++) {
                const Leaf *row = leaf_table_at(table, i);

                if (!is_above_maximum(table, &filling.range, row->leaf))
                        add_row(&filling, row);
                else if (!is_zero(row))
                        words->has_above = true;
        }

        unmove_maxima(words);
        g_array_sort(extra, compare_extra);
        words->extra = g_array_steal(extra, &n_extra);
        words->n_extra = n_extra;
        if (!unknown_is_empty(unknown))
                find_untold(words, table, unknown);
        return words;
}

bool words_see(const LeafTable *table, const Unknown *unknown, uint32_t leaf) {
        Range range = { .unknown = unknown };

        return !is_above_maximum(table, &range, leaf);
}

Words *words_copy(const Words *words) {
        Words *copy = g_memdup2(words, sizeof(*words));

        copy->extra = g_memdup2(words->extra, words->n_extra * sizeof(ExtraWord));
        if (words->untold)
                copy->untold = g_memdup2(words->untold, N_FIELD_WORDS * sizeof(*words->untold));
        return copy;
}

Words *words_free(Words *words) {
        if (!words)
                return NULL;

        g_free(words->extra);
        g_free(words->untold);
        g_free(words);
        return NULL;
}

uint32_t words_get(const Words *words, const Field *field) {
        return field->word == FIELD_NONE ?
                0 :
                (words->word[field->word] & field_mask(field)) >> field->low;
}

uint32_t words_untold(const Words *words, size_t word) {
        return words->untold ? words->untold[word] : 0;
}

bool words_tell(const Words *words, const Field *field) {
        return field->word == FIELD_NONE || !(words_untold(words, field->word) & field_mask(field));
}

void words_set_msr(Words *words, uint32_t index, uint64_t value) {
        int group = field_group_find(FIELD_INTERFACE_MSR, index, 0);

        if (group < 0)
                return;

        group *= N_REGISTERS;
        words->word[group + REGISTER_EAX] = value & ~words_untold(words, group + REGISTER_EAX);
        words->word[group + REGISTER_EBX] =
                value >> 32 & ~words_untold(words, group + REGISTER_EBX);
}

uint32_t words_extra(const Words *words, uint32_t leaf, uint32_t subleaf, Register reg) {
        ExtraWord wanted = { leaf, subleaf, reg, 0 };

        for (size_t i = 0; i < words->n_extra; i++)
                if (compare_extra(&words->extra[i], &wanted) == 0)
                        return words->extra[i].value;

        return 0;
}

uint32_t words_leaf(const Words *words, FieldInterface interface, uint32_t leaf) {
        if (interface == FIELD_INTERFACE_CPU || words->base[interface] == 0)
                return leaf;
        return leaf - HYPERVISOR_BASE + words->base[interface];
}
