/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libvirt's <cpudata>; reading it is the form's, client/formats/format.h */

#include "client/formats/format.h"

void libvirt_data_write(FormatOutput *output);
