/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of a guest no -cpu option carries: bits without a name one by one, as comments, and the
 * rest in sentences. What QEMU works out by itself from what it is told is no loss. */

#include "client/formats/qemu-bits.h"
#include "policy/place.h"
#include "policy/words.h"

/* That many numbers are listed */
#define N_LISTED_MAX 8

typedef struct Losses {
        const Guest *guest;
        GString *text;
        GPtrArray *sentences;
        GPtrArray *numbers; /* const Field */
        unsigned n_bits;    /* without a name */
        bool has_topology;
        bool has_informational;
        bool has_hypervisor;
} Losses;

typedef struct Carried {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t masks[N_REGISTERS];
} Carried;

#define ALL UINT32_MAX

/* By numbers and texts, or because QEMU makes it of the rest: maxima, signatures */
static const Carried carried[] = {
        { 0x0, 0, { ALL, ALL, ALL, ALL } },
        { 0x1, 0, { ALL } },
        { 0x7, 0, { ALL } },
        { 0x24, 0, { ALL, 0xff } },
        { 0x40000000, 0, { ALL, ALL, ALL, ALL } },
        { 0x80000000, 0, { ALL, ALL, ALL, ALL } },
        { 0x80000002, 0, { ALL, ALL, ALL, ALL } },
        { 0x80000003, 0, { ALL, ALL, ALL, ALL } },
        { 0x80000004, 0, { ALL, ALL, ALL, ALL } },
        { 0x80000008, 0, { 0xff } },
        { 0xc0000000, 0, { ALL, ALL, ALL, ALL } },
};

static uint32_t carried_mask(uint32_t leaf, uint32_t subleaf, Register reg) {
        /* The XSAVE area follows from the features that have a part in it. */
        if (leaf == 0xd)
                return subleaf == 1 && reg == REGISTER_EAX ? 0 : ALL;

        for (size_t i = 0; i < G_N_ELEMENTS(carried); i++)
                if (carried[i].leaf == leaf && carried[i].subleaf == subleaf)
                        return carried[i].masks[reg];

        return 0;
}

static bool is_flag(const Field *field) {
        switch (field->rule) {
        case FIELD_RULE_FEATURE:
        case FIELD_RULE_HINT:
        case FIELD_RULE_GUARANTEE:
        case FIELD_RULE_INVERTED:
        case FIELD_RULE_GRANTED:
        case FIELD_RULE_PROVIDED:
                return field->low == field->high;
        default:
                return false;
        }
}

static void add_nameless(Losses *losses, const Leaf *row, Register reg, unsigned bit,
                         const Field *field) {
        g_autofree char *place = place_format(row->leaf, row->subleaf, reg, bit, bit);

        if (losses->n_bits++ == 0)
                g_string_append(losses->text, "# bits that QEMU has no name for:\n");
        g_string_append_printf(losses->text, "# %s%s%s\n", place, field ? " " : "",
                               field ? field->name : "");
}

static void add_field(Losses *losses, const Field *field) {
        if (field->rule == FIELD_RULE_DYNAMIC)
                return;
        if (field->rule == FIELD_RULE_TOPOLOGY)
                losses->has_topology = true;
        else if (field->rule == FIELD_RULE_INFORMATIONAL)
                losses->has_informational = true;
        else if (!g_ptr_array_find(losses->numbers, field, NULL))
                g_ptr_array_add(losses->numbers, (Field *) field);
}

static void look_at_register(Losses *losses, const Leaf *row, FieldInterface interface,
                             uint32_t leaf, Register reg) {
        QemuBits bits = qemu_bits_of_register(losses->guest, row->leaf, row->subleaf, reg);
        uint32_t left = bits.value & ~carried_mask(leaf, row->subleaf, reg);

        for (unsigned bit = 0; bit < 32; bit++) {
                const Field *field;

                if (!(left >> bit & 1))
                        continue;

                field = field_at(interface, leaf, row->subleaf, reg, bit);
                if (field && !is_flag(field))
                        add_field(losses, field);
                /* What repeats another bit on AMD's processors does so in QEMU, too. */
                else if (!feature_name_of(leaf, row->subleaf, reg, bit, NAME_QEMU) &&
                         (!field || field->copy == FIELD_NONE))
                        add_nameless(losses, row, reg, bit, field);
        }
}

static void look_at_row(Losses *losses, const Leaf *row) {
        FieldInterface interface;
        uint32_t leaf;

        if (!words_see(losses->guest->table, losses->guest->unknown, row->leaf) ||
            leaf_table_find(losses->guest->table, row->leaf, row->subleaf) != row)
                return;
        if (!words_locate(losses->guest->words, row->leaf, &interface, &leaf) ||
            interface == FIELD_INTERFACE_HYPERV) {
                losses->has_hypervisor = true;
                return;
        }

        for (Register reg = 0; reg < N_REGISTERS; reg++)
                look_at_register(losses, row, interface, leaf, reg);
}

static void add_sentence(Losses *losses, const char *sentence) {
        g_ptr_array_add(losses->sentences, g_strdup(sentence));
}

static void tell_numbers(Losses *losses) {
        g_autoptr(GString) list = g_string_new(NULL);

        if (losses->numbers->len == 0)
                return;

        for (size_t i = 0; i < MIN(losses->numbers->len, N_LISTED_MAX); i++) {
                const Field *field = losses->numbers->pdata[i];

                g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", field->name);
        }
        if (losses->numbers->len > N_LISTED_MAX)
                g_string_append_printf(list, " and %u more", losses->numbers->len - N_LISTED_MAX);

        g_ptr_array_add(losses->sentences,
                        g_strdup_printf("QEMU decides these by itself: %s", list->str));
}

static int compare_indexes(const void *a, const void *b) {
        uint32_t one = GPOINTER_TO_UINT(*(void *const *) a);
        uint32_t other = GPOINTER_TO_UINT(*(void *const *) b);

        return one < other ? -1 : one > other;
}

static bool has_nameless(uint32_t index, uint64_t value) {
        uint64_t named = 0, mask, on;

        for (unsigned bit = 0; bit < 64; bit++)
                if (feature_name_of_msr(index, bit, NAME_QEMU)) {
                        feature_name_msr_bits(index, bit, true, &mask, &on);
                        named |= mask;
                }

        return (value & ~named) != 0;
}

static void tell_msrs(Losses *losses) {
        g_autoptr(GPtrArray) indexes = g_ptr_array_new();
        g_autoptr(GString) list = g_string_new(NULL);
        GHashTableIter iter;
        void *key, *value;

        if (!losses->guest->msrs)
                return;

        g_hash_table_iter_init(&iter, losses->guest->msrs);
        while (g_hash_table_iter_next(&iter, &key, &value))
                if (has_nameless(GPOINTER_TO_UINT(key), *(const uint64_t *) value))
                        g_ptr_array_add(indexes, key);
        if (indexes->len == 0)
                return;

        g_ptr_array_sort(indexes, compare_indexes);
        for (size_t i = 0; i < indexes->len; i++)
                g_string_append_printf(list, "%s0x%x", i > 0 ? ", " : "",
                                       GPOINTER_TO_UINT(indexes->pdata[i]));
        g_ptr_array_add(losses->sentences,
                        g_strdup_printf("MSRs have bits that QEMU has no name for: %s", list->str));
}

static void tell(Losses *losses, const FormatOutput *output) {
        if (losses->n_bits > 0)
                add_sentence(losses,
                             "bits that QEMU has no name for are comments above the option");
        tell_numbers(losses);
        if (losses->has_topology)
                add_sentence(losses, "the topology is for QEMU's -smp to lay out");
        if (losses->has_informational)
                add_sentence(losses, "caches, TLBs and the like are QEMU's own");
        if (losses->has_hypervisor)
                add_sentence(losses,
                             "leaves of Hyper-V or another hypervisor are left out; QEMU has "
                             "options of its own for them, hv-...");
        tell_msrs(losses);
        if (output->guest->capabilities != capability_set_default())
                add_sentence(losses,
                             "capabilities are left out; QEMU has options of its own for what "
                             "it enables in KVM");
        if (!unknown_is_empty(output->guest->unknown))
                g_ptr_array_add(
                        losses->sentences,
                        g_strdup_printf("what is unknown of the guest is as in the model %s",
                                        output->model ?: "max"));
}

void qemu_write_losses(FormatOutput *output) {
        g_autoptr(GPtrArray) numbers = g_ptr_array_new();
        Losses losses = {
                .guest = output->guest,
                .text = output->text,
                .sentences = output->losses,
                .numbers = numbers,
        };

        for (size_t i = 0; i < leaf_table_size(output->guest->table); i++)
                look_at_row(&losses, leaf_table_at(output->guest->table, i));
        tell(&losses, output);
}
