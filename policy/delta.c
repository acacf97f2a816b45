/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Read off two offers, with the capability and without it, so it cannot say anything else than the
 * check does. */

#include "policy/delta.h"

#include "policy/offer.h"

static void add_operation(GArray *delta, const Offer *offer, const CapabilityOperation *operation) {
        const FieldGroup *group = &field_groups[operation->word / N_REGISTERS];
        uint32_t word = offer->words->word[operation->word];
        DeltaOperation added = {
                .leaf = group->leaf,
                .subleaf = group->subleaf,
                .reg = operation->word % N_REGISTERS,
                .low = operation->low,
                .high = operation->high,
                .operation = capability_operation_to_string(operation->kind),
                .value = (word >> operation->low) &
                        (UINT32_MAX >> (31 - (operation->high - operation->low))),
        };

        g_array_append_val(delta, added);
}

/* A view replaces the whole answer: what it changes is every field that is not the same with it. */
static void add_view(GArray *delta, const Offer *with, const Offer *without) {
        for (size_t i = 0; i < N_FIELDS; i++) {
                const Field *field = &field_table[i];
                CapabilityOperation operation = {
                        .kind = CAPABILITY_VIEW,
                        .word = field->word,
                        .low = field->low,
                        .high = field->high,
                };

                if (field->word != FIELD_NONE && words_tell(with->words, field) &&
                    words_tell(without->words, field) &&
                    words_get(with->words, field) != words_get(without->words, field))
                        add_operation(delta, with, &operation);
        }
}

GArray *delta_new(Host *host, const Capability *capability) {
        GArray *delta = g_array_new(FALSE, FALSE, sizeof(DeltaOperation));
        CapabilitySet base = capability_set_default() | capability->requires;
        g_autoptr(Offer) without = offer_new(host, base & ~capability_bit(capability));
        g_autoptr(Offer) with = offer_new(host, base | capability_bit(capability));

        for (size_t i = 0; i < capability->n_operations; i++)
                if (capability->operations[i].kind == CAPABILITY_VIEW)
                        add_view(delta, with, without);
                else
                        add_operation(delta, with, &capability->operations[i]);

        return delta;
}
