/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of a guest no -cpu option carries: bits without a name one by one, as comments, and the
 * rest in sentences. What QEMU works out by itself from what it is told is no loss. */

#include "client/formats/losses.h"
#include "client/formats/qemu-bits.h"
#include "policy/place.h"
#include "policy/words.h"

typedef struct Losses {
        FormatOutput *output;
        const Guest *guest;
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
                g_string_append(losses->output->text, "# bits that QEMU has no name for:\n");
        g_string_append_printf(losses->output->text, "# %s%s%s\n", place, field ? " " : "",
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

static void tell_numbers(const Losses *losses) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (size_t i = 0; i < losses->numbers->len; i++)
                g_ptr_array_add(names, (char *) ((const Field *) losses->numbers->pdata[i])->name);
        losses_add_places(losses->output, "what QEMU decides by itself", names);
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

static void tell_msrs(const Losses *losses) {
        g_autoptr(GArray) indexes = guest_list_msrs(losses->guest);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; i < indexes->len; i++) {
                uint32_t index = g_array_index(indexes, uint32_t, i);
                uint64_t value = 0;

                if (guest_get_msr(losses->guest, index, &value) && has_nameless(index, value))
                        g_ptr_array_add(names, g_strdup_printf("0x%x", index));
        }

        losses_add_places(losses->output, "bits of MSRs that QEMU has no name for", names);
}

static void tell(const Losses *losses) {
        FormatOutput *output = losses->output;

        if (losses->n_bits > 0)
                losses_add(output,
                           "bits that QEMU has no name for (they are comments above the option)");
        tell_numbers(losses);
        if (losses->has_topology)
                losses_add(output, "the topology, which QEMU's -smp lays out");
        if (losses->has_informational)
                losses_add(output, "caches, TLBs and the like: QEMU has its own");
        if (losses->has_hypervisor)
                losses_add(output,
                           "the leaves of Hyper-V or of another hypervisor, which QEMU has options "
                           "of its own for (hv-...)");
        tell_msrs(losses);
        losses_add_capabilities(output);
        if (!unknown_is_empty(output->guest->unknown))
                losses_add(output, "what is unknown of the guest: it is as in the model %s",
                           output->model ?: "max");
}

void qemu_write_losses(FormatOutput *output) {
        g_autoptr(GPtrArray) numbers = g_ptr_array_new();
        Losses losses = {
                .output = output,
                .guest = output->guest,
                .numbers = numbers,
        };

        for (size_t i = 0; i < leaf_table_size(output->guest->table); i++)
                look_at_row(&losses, leaf_table_at(output->guest->table, i));
        tell(&losses);
}
