/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is known of Xen by both of its forms */

/* CPUID_COMMON_1D_FEATURES: AMD has these bits of 1.EDX in 0x80000001.EDX, too. What Xen makes for
 * guests leaves them zero, it fills them in as the guest asks. */
#define XEN_COMMON_EDX 0x0183f3ff
