/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An offer row by row: as text that `cpuid -r` could have written, and as a grid of bits. What is not
 * told is '?' in both. */

#include "client/ctl/show.h"

static const char *const register_names[] = { "eax", "ebx", "ecx", "edx" };

static bool is_register_shown(const CpuiddOfferLeaf *leaf, unsigned reg, bool only_changed) {
        if (only_changed)
                return leaf->registers[reg] != leaf->kvm[reg];
        return leaf->registers[reg] || leaf->kvm[reg] || leaf->untold[reg];
}

static void add_digits(Output *output, Style style, const CpuiddOfferLeaf *leaf, unsigned reg) {
        char digits[] = "00000000";

        g_snprintf(digits, sizeof(digits), "%08x", leaf->registers[reg]);
        for (unsigned i = 0; i < 8; i++)
                if (leaf->untold[reg] >> (28 - 4 * i) & 0xf)
                        digits[i] = '?';

        output_addf(output, style, "0x%s", digits);
}

static void add_register(Output *output, const CpuiddOfferLeaf *leaf, unsigned reg) {
        output_addf(output, STYLE_PLAIN, " %s=", register_names[reg]);
        add_digits(output, STYLE_PLAIN, leaf, reg);
}

void show_raw(Output *output, const CpuiddOffer *offer, bool only_changed) {
        output_document(output, "CPU:");
        for (size_t i = 0; i < offer->leaves->len; i++) {
                const CpuiddOfferLeaf *leaf = offer->leaves->pdata[i];

                if (!leaf->is_offered || (only_changed && !leaf->is_changed))
                        continue;
                output_addf(output, STYLE_PLAIN, "   0x%08x 0x%02x:", leaf->leaf, leaf->subleaf);
                for (unsigned reg = 0; reg < G_N_ELEMENTS(register_names); reg++)
                        add_register(output, leaf, reg);
                output_end_line(output);
        }
}

/* A bit, and what KVM's own answer has there */
static void print_bit(Output *output, bool is_set, bool is_kvm) {
        if (is_set == is_kvm)
                output_add(output, is_set ? STYLE_PLAIN : STYLE_DIM, is_set ? "1" : ".");
        else
                output_add(output, is_set ? STYLE_GOOD : STYLE_BAD, is_set ? "+" : "-");
}

static void print_register(Output *output, const CpuiddOfferLeaf *leaf, unsigned reg,
                           unsigned column) {
        output_addf(output, STYLE_PLAIN, "%s:%s", leaf->place, register_names[reg]);
        output_column(output, column);
        for (unsigned bit = 32; bit-- > 0;) {
                if (leaf->untold[reg] >> bit & 1)
                        output_add(output, STYLE_DOUBTFUL, "?");
                else
                        print_bit(output, (leaf->registers[reg] >> bit) & 1,
                                  (leaf->kvm[reg] >> bit) & 1);
                if (bit % 8 == 0 && bit > 0)
                        output_add(output, STYLE_PLAIN, " ");
        }
        output_add(output, STYLE_DIM, "  ");
        add_digits(output, STYLE_DIM, leaf, reg);
        output_end_line(output);
}

void show_grid(Output *output, const CpuiddOffer *offer, bool only_changed) {
        unsigned column = 0;

        for (size_t i = 0; i < offer->leaves->len; i++) {
                const CpuiddOfferLeaf *leaf = offer->leaves->pdata[i];

                column = MAX(column, text_width(leaf->place) + 6);
        }

        output_column(output, column);
        output_add(output, STYLE_DIM, "31    24 23    16 15     8 7      0");
        output_end_line(output);
        for (size_t i = 0; i < offer->leaves->len; i++)
                for (unsigned reg = 0; reg < G_N_ELEMENTS(register_names); reg++)
                        if (is_register_shown(offer->leaves->pdata[i], reg, only_changed))
                                print_register(output, offer->leaves->pdata[i], reg, column);

        output_end_line(output);
        output_add(output, STYLE_DIM,
                   *offer->unknown ? "1 set, . clear, ? not told; beside KVM's own answer: + "
                                     "added, - taken away" :
                                     "1 set, . clear; beside KVM's own answer: + added, - taken "
                                     "away");
        output_end_line(output);
        show_unknown(output, offer);
}
