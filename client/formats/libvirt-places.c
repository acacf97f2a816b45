/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of the bits that a <cpu> decides: a change of what a host offers, or a guest of which
 * everything else is unknown, as sizes and topology, which have no name. */

#include "client/formats/libvirt-places.h"

#include <string.h>

#include "client/formats/mask.h"
#include "client/formats/names.h"
#include "policy/field.h"

static LibvirtPlace *look_for(const GArray *places, bool is_msr, uint32_t leaf, uint32_t subleaf) {
        for (size_t i = 0; i < places->len; i++) {
                LibvirtPlace *other = &g_array_index(places, LibvirtPlace, i);

                if (other->is_msr == is_msr && other->leaf == leaf && other->subleaf == subleaf)
                        return other;
        }

        return NULL;
}

LibvirtPlace *libvirt_find_place(GArray *places, bool is_msr, uint32_t leaf, uint32_t subleaf) {
        LibvirtPlace place = { .is_msr = is_msr, .leaf = leaf, .subleaf = subleaf };
        LibvirtPlace *other = look_for(places, is_msr, leaf, subleaf);

        if (other)
                return other;

        g_array_append_val(places, place);
        return &g_array_index(places, LibvirtPlace, places->len - 1);
}

static bool row_is_indexed(const LibvirtPlace *place) {
        const FieldLeaf *leaf = field_leaf_find(FIELD_INTERFACE_CPU, place->leaf);

        return place->subleaf > 0 || (leaf && leaf->indexed);
}

static uint64_t msr_of(const uint32_t registers[N_REGISTERS]) {
        return (uint64_t) registers[REGISTER_EDX] << 32 | registers[REGISTER_EAX];
}

Template *libvirt_make_template(const GArray *places) {
        Template *template = template_new();

        for (size_t i = 0; i < places->len; i++) {
                const LibvirtPlace *place = &g_array_index(places, LibvirtPlace, i);
                TemplateRow row = { .leaf = place->leaf,
                                    .subleaf = place->subleaf,
                                    .flags = row_is_indexed(place) ? LEAF_FLAG_INDEXED : 0 };
                const TemplateMsr msr = { place->leaf, msr_of(place->known),
                                          msr_of(place->values) };

                memcpy(row.masks, place->known, sizeof(row.masks));
                memcpy(row.values, place->values, sizeof(row.values));
                if (place->is_msr)
                        g_array_append_val(template->msrs, msr);
                else
                        g_array_append_val(template->rows, row);
        }

        return template;
}

/* The maximum is not told, and has to be one that hides none of the rows. */
static void add_row(LeafTable *table, const LibvirtPlace *place, uint32_t maximum) {
        Leaf row = { .leaf = place->leaf,
                     .subleaf = place->subleaf,
                     .flags = row_is_indexed(place) ? LEAF_FLAG_INDEXED : 0 };

        memcpy(row.registers, place->values, sizeof(row.registers));
        if (place->leaf == 0)
                row.registers[REGISTER_EAX] = maximum;
        leaf_table_add(table, &row);
}

static LeafTable *make_table(const GArray *places, Unknown *unknown) {
        LeafTable *table = leaf_table_new();
        uint32_t maximum = 0;

        for (size_t i = 0; i < places->len; i++) {
                const LibvirtPlace *place = &g_array_index(places, LibvirtPlace, i);

                if (!place->is_msr && place->leaf < 0x40000000)
                        maximum = MAX(maximum, place->leaf);
        }

        for (size_t i = 0; i < places->len; i++) {
                const LibvirtPlace *place = &g_array_index(places, LibvirtPlace, i);

                if (place->is_msr)
                        continue;
                add_row(table, place, maximum);
                for (Register reg = 0; reg < N_REGISTERS; reg++)
                        unknown_add_bits(unknown, place->leaf, place->subleaf, reg,
                                         ~place->known[reg]);
        }

        leaf_table_sort(table);
        mask_add_gaps(unknown, table, 0, 0x7fffffff);
        mask_add_gaps(unknown, table, 0x80000000, UINT32_MAX);
        return table;
}

/* Whether the guest's CPUID is known not to show the MSR */
static bool is_hidden(const GArray *places, uint32_t index) {
        int group = field_group_find(FIELD_INTERFACE_MSR, index, 0);
        const LibvirtPlace *place;
        const Field *when;

        if (group < 0 || field_groups[group].when == FIELD_NONE)
                return false;

        when = &field_table[field_groups[group].when];
        place = look_for(places, false, when->leaf, when->subleaf);
        return place && (place->known[when->reg] & ~place->values[when->reg] & field_mask(when));
}

/* The value of named bits, as QEMU makes it of them */
static void tell_controls(uint32_t index, uint64_t *known, uint64_t *value) {
        uint64_t names = *known, on = *value;

        for (unsigned bit = 0; bit < 64; bit++) {
                uint64_t mask, told;

                if (!(names >> bit & 1))
                        continue;
                feature_name_msr_bits(index, bit, on >> bit & 1, &mask, &told);
                *known |= mask;
                *value = (*value & ~mask) | told;
        }
}

static void set_msrs(const GArray *places, Guest *guest, Unknown *unknown) {
        for (size_t i = 0; i < places->len; i++) {
                const LibvirtPlace *place = &g_array_index(places, LibvirtPlace, i);
                uint32_t index = place->leaf;
                uint64_t value = msr_of(place->values), known = msr_of(place->known);

                bool is_judged = field_leaf_find(FIELD_INTERFACE_MSR, index) != NULL;

                if (!place->is_msr || known == 0 || is_hidden(places, index) ||
                    (value == 0 && !is_judged))
                        continue;
                tell_controls(index, &known, &value);
                guest_set_msr(guest, index, value);
                unknown_add_msr(unknown, index, ~known);
        }
}

Guest *libvirt_make_guest(const GArray *places) {
        g_autoptr(Unknown) unknown = unknown_new();
        Guest *guest = guest_new(make_table(places, unknown));

        set_msrs(places, guest, unknown);
        guest_take_unknown(guest, g_steal_pointer(&unknown));
        return guest;
}
