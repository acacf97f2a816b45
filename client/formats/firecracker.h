/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The two halves of one form */

#include "client/formats/format.h"

void firecracker_write(FormatOutput *output);
