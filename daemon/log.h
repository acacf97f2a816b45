/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lines for the journal, or for whoever looks at standard error */

#include <stdbool.h>

#include <glib.h>

/* What "journalctl MESSAGE_ID=..." finds them by; systemd/cpuidd.catalog explains each */
#define LOG_ID_READY "2f3c0a6d5d1b4c0fa0c6f9e5b6a1d7c4"
#define LOG_ID_CHANGED "8d0c1f0be2b94f5c9a3d6e7f10b2c395"
#define LOG_ID_NOT_READY "b7e4a9d21c6f4e83952d0f8a7c3b1e60"

/* What syslog(3) and the journal know the lines by */
#define LOG_IDENTIFIER "cpuidd"

/* The text as one line of characters: what a terminal or the journal would take for more than that
 * is escaped. g_free() it. */
char *log_printable(const char *text);

/* @priority: of syslog.h. @id and @fingerprint may be NULL. One line, without its end;
 * log_printable() sees to that. */
void log_event(int priority, const char *id, const char *fingerprint, const char *format, ...)
        G_GNUC_PRINTF(4, 5);

/* The least urgent priority that is said, in syslog's words: "info" at first. G_OPTION_ERROR for
 * what is none; systemctl has the numbers 0 to 7 for them too. */
const char *log_level(void);
bool log_set_level(const char *name, GError **error);
bool log_has_level(int priority);

/* Where lines go: "journal" or "console" (standard error), whichever standard error is, until one
 * of them, "syslog" or "null" is set. "auto" sets what was at first. */
const char *log_target(void);
bool log_set_target(const char *name, GError **error);
