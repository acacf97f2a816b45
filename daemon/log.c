/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where standard error is the journal a line goes there with its fields, else to standard error
 * as it is; or where it was told to. The level and the target are the process's. Lines are lost
 * rather than waited for. */

#define SD_JOURNAL_SUPPRESS_LOCATION

#include "daemon/log.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

typedef enum LogTarget {
        LOG_TARGET_AUTO,
        LOG_TARGET_CONSOLE,
        LOG_TARGET_JOURNAL,
        LOG_TARGET_NULL,
        LOG_TARGET_SYSLOG,
} LogTarget;

/* By their numbers */
static const char *const levels[] = {
        "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", NULL,
};

/* No "kmsg", which systemd's own have: the unit gives no access to it. */
static const char *const targets[] = { "auto", "console", "journal", "null", "syslog", NULL };

static int level = LOG_INFO;
static LogTarget target = LOG_TARGET_AUTO;

static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        uint64_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
                fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static void send_to_journal(int priority, const char *id, const char *fingerprint,
                            const char *message) {
        g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
        struct iovec iovec[4];

        g_ptr_array_add(fields, g_strconcat("MESSAGE=", message, NULL));
        g_ptr_array_add(fields, g_strdup_printf("PRIORITY=%d", priority));
        if (id)
                g_ptr_array_add(fields, g_strconcat("MESSAGE_ID=", id, NULL));
        if (fingerprint)
                g_ptr_array_add(fields, g_strconcat("CPUIDD_FINGERPRINT=", fingerprint, NULL));

        for (size_t i = 0; i < fields->len; i++)
                iovec[i] = (struct iovec){ fields->pdata[i], strlen(fields->pdata[i]) };

        (void) sd_journal_sendv(iovec, fields->len);
}

/* As much as a pipe takes at once when it takes anything */
#define LINE_MAX_SIZE PIPE_BUF

/* Standard error can be a pipe that nobody reads any more. It is not ours alone, so that it stays as
 * it is: we look first, and write no more than is sure not to wait. */
static bool write_line(const char *format, ...) G_GNUC_PRINTF(1, 2);

static bool write_line(const char *format, ...) {
        struct pollfd poll_fd = { .fd = STDERR_FILENO, .events = POLLOUT };
        char line[LINE_MAX_SIZE];
        va_list arguments;
        int n;

        va_start(arguments, format);
        n = vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        if (n >= (int) sizeof(line)) {
                n = sizeof(line);
                memcpy(line + n - 4, "...\n", 4);
        }

        return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & POLLOUT &&
                write(STDERR_FILENO, line, n) == n;
}

static void say_on_console(const char *message) {
        static unsigned n_lost;

        if (n_lost > 0 && write_line(LOG_IDENTIFIER ": %u lines were lost here\n", n_lost))
                n_lost = 0;
        if (n_lost > 0 || !write_line(LOG_IDENTIFIER ": %s\n", message))
                n_lost++;
}

static LogTarget actual_target(void) {
        if (target != LOG_TARGET_AUTO)
                return target;

        return stderr_is_journal() ? LOG_TARGET_JOURNAL : LOG_TARGET_CONSOLE;
}

static void say(int priority, const char *id, const char *fingerprint, const char *message) {
        switch (actual_target()) {
        case LOG_TARGET_JOURNAL:
                send_to_journal(priority, id, fingerprint, message);
                break;
        case LOG_TARGET_SYSLOG:
                openlog(LOG_IDENTIFIER, LOG_PID, LOG_DAEMON);
                syslog(priority, "%s", message);
                break;
        case LOG_TARGET_NULL:
                break;
        default:
                say_on_console(message);
                break;
        }
}

char *log_printable(const char *text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        GString *line = g_string_new(NULL);

        for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
                gunichar character = g_utf8_get_char(c);

                if (character == '\n' || character == '\r' || character == '\t')
                        g_string_append_c(line, ' ');
                else if (g_unichar_iscntrl(character) ||
                         g_unichar_type(character) == G_UNICODE_FORMAT)
                        g_string_append_printf(line, "\\x%02x", character);
                else
                        g_string_append_unichar(line, character);
        }

        return g_string_free(line, FALSE);
}

void log_event(int priority, const char *id, const char *fingerprint, const char *format, ...) {
        g_autofree char *message = NULL, *line = NULL;
        va_list arguments;

        if (!log_has_level(priority))
                return;

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        line = log_printable(message);
        say(priority, id, fingerprint, line);
}

/* -1 where it is none of them, with all of them in the message */
static int find_word(const char *const *words, const char *word, const char *what, GError **error) {
        g_autofree char *expected = NULL;

        for (int i = 0; words[i]; i++)
                if (strcmp(words[i], word) == 0)
                        return i;

        expected = g_strjoinv(", ", (char **) words);
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "'%s' is no log %s; expected one of %s", word, what, expected);
        return -1;
}

const char *log_level(void) {
        return levels[level];
}

bool log_set_level(const char *name, GError **error) {
        bool is_number = name[0] >= '0' && name[0] <= '7' && name[1] == '\0';
        int found = is_number ? name[0] - '0' : find_word(levels, name, "level", error);

        if (found >= 0)
                level = found;
        return found >= 0;
}

bool log_has_level(int priority) {
        return priority <= level;
}

const char *log_target(void) {
        return targets[actual_target()];
}

bool log_set_target(const char *name, GError **error) {
        int found = find_word(targets, name, "target", error);

        if (found >= 0)
                target = found;
        return found >= 0;
}
