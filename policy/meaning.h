/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a field is called and means, which may depend on who made the processor */

#include <stdint.h>

#include "policy/field.h"

/* @vendor: one of Vendor, or 0 where it is not known */
const char *meaning_label(const Field *field, uint8_t vendor);
const char *meaning_summary(const Field *field, uint8_t vendor);

/* What it means to the vendors that @vendor's meaning is not for, a sentence each */
char **meaning_elsewhere(const Field *field, uint8_t vendor);

/* Names of fields that have the text in them, the first few */
char *meaning_near(const char *what);
