/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a host says of a field, in words */

#include "policy/field.h"
#include "policy/host.h"
#include "policy/words.h"

/* The field's value in these words, or "not recorded" where they are NULL */
char *explain_words(const Field *field, const Words *words);

/* What KVM itself said with nothing enabled, before any correction */
char *explain_reported(const Field *field, const Host *host);

/* Each correction of KVM's answer and of the views that changed the field; "" if there is none */
char *explain_corrections(const Field *field, const Host *host);

/* The module parameters that hide the field */
char *explain_parameters(const Field *field);
