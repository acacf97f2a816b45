/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Questions in a process of their own: what a process may have of KVM is for life, and locked by
 * its first vCPU */

#include <stddef.h>

/* What is asked in the child: a text to be freed, or NULL where there is nothing to say */
typedef char *(*ApartFunc)(const void *userdata);

/* The text that @ask gives in a forked child, which has ended when this returns; NULL: it has none, it
 * died, it said more than @n_max bytes or took longer than @timeout_ms. Not for a process with
 * threads. */
char *apart_ask(ApartFunc ask, const void *userdata, size_t n_max, unsigned timeout_ms);
