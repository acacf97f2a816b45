/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers that no KVM would give, put into the memory of whoever asked */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/faults/rules.h"

bool memory_read(pid_t pid, uint64_t address, void *buffer, size_t n);
bool memory_write(pid_t pid, uint64_t address, const void *buffer, size_t n);

/* An answer as the rule says to a question whose argument is at @address; false where the rule's
 * action is no answer. @ret_errno is 0 or what the call fails with. */
bool answer_question(const Rule *rule, pid_t pid, uint64_t address, int *ret_errno);

/* What is written instead of @n bytes at @address, to be freed; NULL where the rule's action is
 * none of these. */
char *answer_text(const Rule *rule, pid_t pid, uint64_t address, size_t n, size_t *ret_n);
