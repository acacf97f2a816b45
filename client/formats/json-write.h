/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Our own JSON, written: the texts end without a newline */

#include <stdbool.h>

#include <glib.h>

#include "policy/guest.h"
#include "policy/host.h"

/* As `cpuidd.guest/1` */
char *json_write_guest(const Guest *guest, bool is_pretty);

/* As `cpuidd.host/1`. @name: what a host is called that has no name itself, or NULL. */
char *json_write_host(const Host *host, const char *name, bool is_pretty);
