/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lines for the journal, or for whoever looks at standard error */

#include <glib.h>

/* What "journalctl MESSAGE_ID=..." finds them by */
#define LOG_ID_READY "2f3c0a6d5d1b4c0fa0c6f9e5b6a1d7c4"
#define LOG_ID_CHANGED "8d0c1f0be2b94f5c9a3d6e7f10b2c395"
#define LOG_ID_NOT_READY "b7e4a9d21c6f4e83952d0f8a7c3b1e60"

/* @priority: of syslog.h. @id and @fingerprint may be NULL. One line, without its end. */
void log_event(int priority, const char *id, const char *fingerprint, const char *format, ...)
        G_GNUC_PRINTF(4, 5);
