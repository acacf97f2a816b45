/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What whoever started us is told, in systemd's words */

#include <glib.h>

/* As sd_notifyf(), but lost where nobody reads any more: it does not wait. */
void notify(const char *format, ...) G_GNUC_PRINTF(1, 2);
