/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The log, as it is seen and set from the bus: systemctl service-log-level, service-log-target */

#include <systemd/sd-bus.h>

/* For a bus that has its event loop. Negative errno. */
int log_bus_add(sd_bus *bus);
