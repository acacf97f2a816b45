/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keywords that the reader and the writer of recordings share */

#include "policy/host.h"

extern const char *const recording_table_names[N_HOST_TABLES];
extern const char *const recording_forced_names[N_FORCED_KINDS];
