/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tables on a vCPU that never runs: what does KVM make of them? */

#include <glib.h>

/* Opens /dev/kvm, confines this process to what a trial takes (daemon/kvm/confine.h), reads a
 * TrialRequest from @input and gives the evidence as text; NULL with PROBE_ERROR, in one line. Not
 * for a process that does anything else afterwards. */
char *trial_record(int input, GError **error);
