/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's uevents: which of them may change what KVM answers */

#include <stddef.h>

/* What happened, in words for a log line ("CPU 3 went offline"), g_free() it; NULL for what changes
 * nothing. @message: a datagram of NETLINK_KOBJECT_UEVENT, "ACTION@DEVPATH" and then "KEY=VALUE",
 * each ended by a 0.
 *
 * A "change" of kvm is none: the kernel sends one for every VM that is made or ends, our own among
 * them (kvm_uevent_notify_change()). */
char *uevent_describe(const char *message, size_t n_message);
