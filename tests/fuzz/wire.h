/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bytes as a peer sends them, to the service as it is: what comes to it through a bus that looks at
 * no more of a message than where it is to go */

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/* Reads @recording the first time. Gives how many calls it came to; aborts where the log has more
 * than lines of characters of them. */
unsigned fuzz_wire(const char *recording, const uint8_t *bytes, size_t n_bytes);

/* Good calls, one behind the other; of every member, with every option. GPtrArray of GByteArray */
GPtrArray *fuzz_wire_seeds(void);
