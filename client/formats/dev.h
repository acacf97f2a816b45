/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CPUID instruction answers on this machine, for the form `dev` and its test */

#include <stdbool.h>

#include <glib.h>

#include "client/formats/dump.h"
#include "policy/enumerate.h"

/* All that a CPU answers; NULL where the asking failed. */
Dump *dev_read_cpuid(EnumerateFunc func, void *userdata, unsigned number);
