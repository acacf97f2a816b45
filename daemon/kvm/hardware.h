/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CPUID instruction itself says */

#include "policy/leaf.h"

/* All leaves and sub-leaves that there are, of the CPU that this runs on: who wants one CPU's
 * answers has to be pinned to it. Without 0x40000000 and up: if this is a virtual machine, those
 * are its hypervisor's promises and no property of the CPU. */
LeafTable *hardware_read(void);
