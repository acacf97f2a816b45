/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CPUID instruction itself says */

#include <stdint.h>

#include "policy/leaf.h"

/* The instruction, or whatever a test has in its place */
typedef void (*HardwareInstruction)(uint32_t leaf, uint32_t subleaf,
                                    uint32_t ret_registers[N_REGISTERS]);

/* The CPU's own: who wants one CPU's answers has to be pinned to it */
void hardware_instruction(uint32_t leaf, uint32_t subleaf, uint32_t ret_registers[N_REGISTERS]);

/* All leaves and sub-leaves that there are, at most LEAF_TABLE_MAX rows whatever the instruction
 * answers. Without 0x40000000 and up: if this is a virtual machine, those are its hypervisor's
 * promises and no property of the CPU. */
LeafTable *hardware_read(HardwareInstruction instruction);
