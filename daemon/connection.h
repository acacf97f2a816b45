/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* To the system's bus, or to the user's */

#include <stdbool.h>

#include <systemd/sd-bus.h>

/* As sd_bus_open_system() and sd_bus_open_user(), but the bus gives us no message with file
 * descriptors in it. A negative errno where that fails: -ENOMEDIUM, the address is not known. */
int connection_open(bool is_user, sd_bus **ret);
