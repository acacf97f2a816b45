/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The two halves of the form `cpuid` */

#include "client/formats/format.h"

void cpuid_r_write(FormatOutput *output);
