/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a host has a capability, read off what was recorded of it */

#include "policy/capability.h"
#include "policy/host.h"

/* For a host whose words have been made; asked once, when it is sealed (host_has()) */
Known presence_of(const Host *host, const Capability *capability);
