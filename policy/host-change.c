/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two offers side by side, for a line of a log. Not a judgement: a bit that says that something is
 * missing is gained like any other. */

#include "policy/host-change.h"

#include <string.h>

#include "policy/explain.h"
#include "policy/offer.h"
#include "policy/place.h"

/* A line with more of them is not read any more. */
#define NAMES_MAX 12

static void number_free(gpointer data) {
        HostChangeNumber *number = data;

        g_free(number->before);
        g_free(number->after);
        g_free(number);
}

HostChange *host_change_free(HostChange *change) {
        if (!change)
                return NULL;

        g_ptr_array_unref(change->lost);
        g_ptr_array_unref(change->gained);
        g_ptr_array_unref(change->numbers);
        g_free(change);
        return NULL;
}

static bool is_told_of(const Field *field) {
        switch ((FieldRule) field->rule) {
        case FIELD_RULE_DYNAMIC:
        case FIELD_RULE_TOPOLOGY:
        case FIELD_RULE_INFORMATIONAL:
        case FIELD_RULE_PROVIDED:
                return false;
        default:
                return field->word != FIELD_NONE && field->continues == FIELD_NONE;
        }
}

static void add_number(HostChange *change, const Field *field, uint32_t before, uint32_t after) {
        HostChangeNumber *number = g_new0(HostChangeNumber, 1);

        number->name = field->name;
        number->before = explain_value(field, before);
        number->after = explain_value(field, after);
        g_ptr_array_add(change->numbers, number);
}

static void compare_field(HostChange *change, const Field *field, const Offer *before,
                          const Offer *after) {
        uint32_t varying = host_varying_mask(before->host, field->word) |
                host_varying_mask(after->host, field->word);
        uint32_t was = words_get(before->words, field), is = words_get(after->words, field);

        if (was == is || (varying & field_mask(field)) || !words_tell(before->words, field) ||
            !words_tell(after->words, field))
                return;

        if (field->low == field->high && field->show == FIELD_SHOW_FLAG)
                g_ptr_array_add(is ? change->gained : change->lost, g_strdup(field->name));
        else
                add_number(change, field, was, is);
}

/* Runs of bits that have no row */
static void add_bits(GPtrArray *places, uint32_t leaf, uint32_t subleaf, Register reg,
                     uint32_t bits) {
        for (unsigned low = 0; low < 32; low++) {
                unsigned high = low;

                if (!(bits & (1u << low)))
                        continue;
                while (high < 31 && (bits & (1u << (high + 1))))
                        high++;
                g_ptr_array_add(places, place_format(leaf, subleaf, reg, high, low));
                low = high;
        }
}

static void compare_bits(HostChange *change, uint32_t leaf, uint32_t subleaf, Register reg,
                         uint32_t was, uint32_t is) {
        add_bits(change->lost, leaf, subleaf, reg, was & ~is);
        add_bits(change->gained, leaf, subleaf, reg, is & ~was);
}

static void compare_unknown_bits(HostChange *change, const Offer *before, const Offer *after) {
        for (size_t i = 0; i < N_FIELD_GROUPS * N_REGISTERS; i++) {
                const FieldGroup *group = &field_groups[i / N_REGISTERS];
                uint32_t unknown =
                        ~(field_words[i].known | host_varying_mask(before->host, i) |
                          host_varying_mask(after->host, i) | words_untold(before->words, i) |
                          words_untold(after->words, i));

                if (group->interface == FIELD_INTERFACE_MSR)
                        continue;
                compare_bits(change, words_leaf(after->words, group->interface, group->leaf),
                             group->subleaf, i % N_REGISTERS, before->words->word[i] & unknown,
                             after->words->word[i] & unknown);
        }
}

static void compare_extra(HostChange *change, const Words *before, const Words *after) {
        for (size_t i = 0; i < before->n_extra; i++) {
                const ExtraWord *extra = &before->extra[i];

                compare_bits(change, extra->leaf, extra->subleaf, extra->reg, extra->value,
                             words_extra(after, extra->leaf, extra->subleaf, extra->reg));
        }

        for (size_t i = 0; i < after->n_extra; i++) {
                const ExtraWord *extra = &after->extra[i];

                if (words_extra(before, extra->leaf, extra->subleaf, extra->reg) == 0)
                        compare_bits(change, extra->leaf, extra->subleaf, extra->reg, 0,
                                     extra->value);
        }
}

static void compare_capabilities(HostChange *change, const Host *before, const Host *after) {
        CapabilitySet was = host_capabilities(before), is = host_capabilities(after);

        for (size_t i = 0; i < N_CAPABILITIES; i++) {
                CapabilitySet bit = UINT64_C(1) << i;

                if ((was ^ is) & bit)
                        g_ptr_array_add(is & bit ? change->gained : change->lost,
                                        g_strdup(capability_table[i].name));
        }
}

HostChange *host_change_new(Host *before, Host *after) {
        g_autoptr(Offer) old = offer_new(before, capability_set_default());
        g_autoptr(Offer) new = offer_new(after, capability_set_default());
        HostChange *change = g_new0(HostChange, 1);

        change->lost = g_ptr_array_new_with_free_func(g_free);
        change->gained = g_ptr_array_new_with_free_func(g_free);
        change->numbers = g_ptr_array_new_with_free_func(number_free);

        compare_capabilities(change, before, after);
        for (size_t i = 0; i < N_FIELDS; i++)
                if (is_told_of(&field_table[i]))
                        compare_field(change, &field_table[i], old, new);
        compare_unknown_bits(change, old, new);
        compare_extra(change, old->words, new->words);
        return change;
}

static void append_names(GString *text, const char *title, const GPtrArray *names) {
        if (names->len == 0)
                return;

        g_string_append_printf(text, "%s%s: ", text->len > 0 ? "; " : "", title);
        for (size_t i = 0; i < MIN(names->len, NAMES_MAX); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                                       (const char *) names->pdata[i]);
        if (names->len > NAMES_MAX)
                g_string_append_printf(text, " and %u more", names->len - NAMES_MAX);
}

static void append_numbers(GString *text, const GPtrArray *numbers) {
        for (size_t i = 0; i < MIN(numbers->len, NAMES_MAX); i++) {
                const HostChangeNumber *number = numbers->pdata[i];

                g_string_append_printf(text, "%s%s: %s, was %s", text->len > 0 ? "; " : "",
                                       number->name, number->after, number->before);
        }
        if (numbers->len > NAMES_MAX)
                g_string_append_printf(text, "; and %u more numbers", numbers->len - NAMES_MAX);
}

char *host_change_to_text(const HostChange *change) {
        GString *text = g_string_new(NULL);

        append_names(text, "lost", change->lost);
        append_names(text, "gained", change->gained);
        append_numbers(text, change->numbers);
        if (text->len == 0)
                g_string_append(text, "nothing of what is offered with the usual capabilities");

        return g_string_free(text, FALSE);
}
