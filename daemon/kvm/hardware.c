/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The instruction; what there is to be asked is known to policy. */

#include "daemon/kvm/hardware.h"

#include <stdbool.h>
#include <stddef.h>

#include <cpuid.h>

#include "policy/enumerate.h"

static bool ask(void *userdata, uint32_t leaf, uint32_t subleaf,
                uint32_t ret_registers[N_REGISTERS]) {
        (void) userdata;
        __cpuid_count(leaf, subleaf, ret_registers[REGISTER_EAX], ret_registers[REGISTER_EBX],
                      ret_registers[REGISTER_ECX], ret_registers[REGISTER_EDX]);
        return true;
}

LeafTable *hardware_read(void) {
        return enumerate_cpuid(ask, NULL, 0);
}
