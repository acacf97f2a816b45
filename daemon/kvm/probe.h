/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* This host's KVM as a recording */

#include <glib.h>

/* Asks /dev/kvm and gives the recording's text; NULL with PROBE_ERROR, in one line.
 *
 * For a process that ends afterwards: it may come back with a permission that widens KVM's
 * answers and that cannot be given back, and its vCPU has locked its other permissions. */
char *probe_record(GError **error);
