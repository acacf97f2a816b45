/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which call goes wrong, and how: a file with a line for each rule, of which the first that fits
 * counts.
 *
 *     CALL [after N] [times N] ACTION [ARGUMENT]
 *
 * CALL is "open" (of /dev/kvm), "write" (to standard output), "clone", "arch_prctl" (a permission)
 * or the name of a question to KVM. A rule fits from the first such call on, or after N of them,
 * forever or for N of them. The count begins anew when another file is put in the place of the old
 * one.
 *
 *     error NAME     the call fails with that errno
 *     value N        the call gives N and does nothing
 *     rows N         KVM's CPUID: N rows of noise
 *     nent N         the same, 256 rows at most, and says that there are N
 *     zeros N        N rows of zeros
 *     twice N        leaf 0, and then rows of leaf 1 that differ, N in all
 *     names          names of vendor and model that have no end and are not text
 *     msrs N         KVM's list of MSRs: N, of noise
 *     kill           whoever calls is killed
 *     stop           whoever calls is stopped
 *     hang           the call does not return
 *     half           write: half of it, and says that it was all
 *     half-kill      write: half of it, and is killed
 *     line N         write: N bytes without an end of line instead
 *     noise N        write: N bytes of anything instead
 *     endless        write: goes on for ever
 *
 * Of kill, stop and hang a line tells: "CALL ACTION PID". */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

typedef struct Rule {
        char *call;
        char *action;
        char *argument; /* or NULL */
        unsigned n_after;
        unsigned n_times;
        unsigned n_calls; /* that there were */
} Rule;

typedef struct Rules Rules;

/* The file need not be there yet. */
Rules *rules_new(const char *path);
Rules *rules_free(Rules *rules);

/* Counts the call. NULL: it goes on as always. Ends the program where the file cannot be read. */
const Rule *rules_find(Rules *rules, const char *call);

uint64_t rule_number(const Rule *rule);
/* By its name, or 0 */
int rule_errno(const Rule *rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rules, rules_free)
