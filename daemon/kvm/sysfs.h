/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel says about itself and its KVM modules without being asked by ioctl() */

#include <stddef.h>

#include "policy/host.h"

/* Release, modules, their parameters, CPUs; and the microcode of @cpu, which stays NULL where
 * sysfs has none. What cannot be read stays unrecorded. */
void sysfs_describe(Host *host, size_t cpu);
