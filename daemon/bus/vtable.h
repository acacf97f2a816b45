/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The members of dbus/org.cpuidd1.Host.xml, in its order. The object is a Service. */

#include <systemd/sd-bus.h>

extern const sd_bus_vtable host_vtable[];
