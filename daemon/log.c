/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where standard error is the journal a line goes there with its fields, else to standard error
 * as it is. */

#define SD_JOURNAL_SUPPRESS_LOCATION

#include "daemon/log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

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

void log_event(int priority, const char *id, const char *fingerprint, const char *format, ...) {
        g_autofree char *message = NULL;
        va_list arguments;

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_strdelimit(message, "\r\n", ' ');

        if (stderr_is_journal())
                send_to_journal(priority, id, fingerprint, message);
        else
                (void) fprintf(stderr, "cpuidd: %s\n", message);
}
