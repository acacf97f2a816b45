/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a guest's CPUID entitles it to. What KVM says when it is tried is daemon/kvm's business. */

#include "policy/control.h"

#include <string.h>

const Control *control_find(const char *name) {
        for (size_t i = 0; i < N_CONTROLS; i++)
                if (strcmp(control_table[i].name, name) == 0)
                        return &control_table[i];

        return NULL;
}

size_t control_index(const Control *control) {
        return control - control_table;
}

static bool has_any(const int16_t *fields, const Words *words) {
        for (size_t i = 0; fields[i] != FIELD_NONE; i++)
                if (words_get(words, &field_table[fields[i]]))
                        return true;

        return false;
}

static bool has_needs(const Control *control, const Words *words) {
        for (size_t i = 0; control->needs && control->needs[i] != FIELD_NONE; i++)
                if (words_get(words, &field_table[control->needs[i]]) <= control->above[i])
                        return false;

        return true;
}

bool control_is_entitled(const Control *control, const Words *words) {
        return has_any(control->fields, words) && has_needs(control, words);
}
