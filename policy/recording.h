/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What KVM answered, as text: the only thing that crosses from the code that asks the kernel to the
 * rest.
 *
 *     cpuidd-recording 1
 *     kernel 6.12.9
 *     module kvm_intel
 *     parameter kvm_intel.nested Y
 *     microcode 0x2b000590
 *     probed-at 2026-11-22T12:37:00Z
 *     cpus 128
 *     supported 0x7 0 1 0x2 0x1802042 0x1a010104 0xbc010400  leaf, sub-leaf, flags, registers
 *     emulated | hyperv | hardware | forced-on | forced-off  the same
 *     dropped 0x1d.0                                         a row that a vCPU does not keep
 *     table supported                                        the table is there, without a row;
 *                                                            of all of these
 *     view xcomp.amx 0x7 0 1 ...                             a view, with its name
 *     view-forced xcomp.amx forced-on 0x7 0 1 ...            what is forced on, or off, or dropped
 *     view-forced xcomp.amx dropped 0x1d.0                   with the view, where that is not as
 *     view-forced xcomp.amx forced-off                       without it; none at all
 *     kind 0-15                                              a kind of CPU, of those that there are
 *     kind 16-23
 *     kind-row 0x7 0 1 0x2 0x1802042 ...                     a row in which the kind above answers
 *                                                            otherwise; zero: it has no such row
 *     varies 0x1.0:ebx[31:24]
 *     unknown 0x7.1-                                         places of which it is not told what KVM
 *                                                            answers, as policy/unknown.h has them
 *     extension KVM_CAP_X86_DISABLE_EXITS 15
 *     extensions-recorded                                    those not named are 0, not unknown
 *     attribute KVM_X86_XCOMP_GUEST_SUPP 0x60000
 *     attributes-recorded
 *     msr 0x10a 0x400000000c08e0eb
 *     msrs-recorded
 *     tsc-khz 2000000
 *     end
 *
 * The first line and `end` are obligatory (a recording without its end was cut off); the others
 * come in any order, but for the rows of a kind, which follow it. Lines that start with '#' and
 * empty lines are skipped; an unknown keyword is refused, and so is a higher version.
 *
 * A host of one kind of CPU has no `kind`. A reader from before there were kinds thus reads it, and
 * refuses the others, which it would take for more than they are. */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "policy/host.h"

#define RECORDING_MAGIC "cpuidd-recording"
#define RECORDING_VERSION 1

/* A recording is at most this large; reading stops there */
#define RECORDING_MAX (1024 * 1024)

/* The host, sealed. POLICY_ERROR_RECORDING says the line and what was expected. */
Host *recording_parse(const char *text, size_t n_text, GError **error);

/* The same host as text; parsing it gives an equal host */
char *recording_write(const Host *host);
