/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One input to one form: for a fuzzer, and for those who replay what it found */

#include <stddef.h>
#include <stdint.h>

/* @form: a form's name, or NULL: found by content. Whatever the bytes are, they are refused in one
 * line or make something that can be used. Aborts otherwise. */
void fuzz_one(const char *form, const uint8_t *bytes, size_t n_bytes);
