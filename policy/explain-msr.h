/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is to be explained of a field of a MSR and of none of CPUID */

#include "policy/field.h"
#include "policy/host.h"

/* "a, b", of a list that is ended by FIELD_NONE */
char *explain_field_names(const int16_t *fields);

/* When it is judged, and what it is judged together with */
char *explain_msr_condition(const Field *field);

/* What a host says of it */
char *explain_msr_host(const Field *field, const Host *host);
