/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A process that is given tables by strangers and hands them to the kernel */

#include <stdbool.h>

#include <glib.h>

/* From here on this process has the descriptors that it has, a few more for a VM and its vCPU,
 * little memory and time, and some fifteen system calls; of ioctl() the requests that a trial
 * needs, KVM_RUN not among them. Anything else ends it. PROBE_ERROR where the kernel does not let us. */
bool confine(GError **error);

/* false: this build has sanitizers, which cannot live in it, and confine() does nothing */
bool confine_is_possible(void);
