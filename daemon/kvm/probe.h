/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* This host's KVM as a recording */

#include <glib.h>

/* Asks /dev/kvm and gives the recording's text; NULL with PROBE_ERROR, in one line.
 *
 * For a process without threads, and one that ends afterwards: it is left on the CPU that was
 * asked first. What cannot be undone (permissions, vCPUs) is done in children that have ended. */
char *probe_record(GError **error);
