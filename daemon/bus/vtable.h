/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The members of dbus/org.cpuidd1.Host.xml, in its order. The object is a Service. */

#include <systemd/sd-bus.h>

#include "policy/check.h"
#include "policy/guest.h"

extern const sd_bus_vtable host_vtable[];

/* A Check whose turn it is; @userdata is the Service */
void vtable_check_later(sd_bus_message *call, Guest *guest, CheckFlags flags, void *userdata);
