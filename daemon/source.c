/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asking, live or from a file, and reading the answer, which is text in both cases. */

#include "daemon/source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/child.h"
#include "policy/recording.h"

/* KVM answers in milliseconds, also on a host with hundreds of CPUs. */
#define ANSWER_TIMEOUT_USEC (30 * G_USEC_PER_SEC)

struct Source {
        sd_event *event;
        char *path;
        SourceFunc func;
        void *userdata;
        Child *child;
};

Source *source_new(sd_event *event, const char *path, SourceFunc func, void *userdata) {
        Source *source = g_new0(Source, 1);

        source->event = sd_event_ref(event);
        source->path = g_strdup(path);
        source->func = func;
        source->userdata = userdata;
        return source;
}

Source *source_free(Source *source) {
        if (!source)
                return NULL;

        child_free(source->child);
        sd_event_unref(source->event);
        g_free(source->path);
        g_free(source);
        return NULL;
}

static bool read_all(const char *path, GString *text, GError **error) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        char buffer[4096];
        ssize_t n = -1;

        if (fd >= 0)
                while ((n = read(fd, buffer, sizeof(buffer))) > 0 && text->len <= RECORDING_MAX)
                        g_string_append_len(text, buffer, n);

        if (n < 0)
                g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
                            g_strerror(errno));
        if (fd >= 0)
                (void) close(fd);
        return n >= 0;
}

Host *source_read_file(const char *path, GError **error) {
        g_autoptr(GString) text = g_string_new(NULL);
        Host *host;

        if (!read_all(path, text, error))
                return NULL;

        host = recording_parse(text->str, text->len, error);
        if (!host)
                g_prefix_error(error, "%s: ", path);
        return host;
}

static void on_child(const char *text, size_t n_text, const GError *problem, void *userdata) {
        Source *source = userdata;
        g_autoptr(GError) error = NULL;
        Host *host = NULL;

        if (!problem) {
                host = recording_parse(text, n_text, &error);
                g_prefix_error(&error, "the process that asks KVM gives no recording: ");
        }

        g_clear_pointer(&source->child, child_free);
        source->func(host, problem ?: error, source->userdata);
}

static void ask_file(Source *source) {
        g_autoptr(GError) error = NULL;
        Host *host = source_read_file(source->path, &error);

        source->func(host, error, source->userdata);
}

static void ask_kvm(Source *source) {
        const ChildCommand command = {
                .argument = "--probe",
                .name = "the process that asks KVM",
                .hangs = "KVM does not answer: the process that asks it hangs",
                .n_max = RECORDING_MAX,
                .timeout_usec = ANSWER_TIMEOUT_USEC,
        };
        g_autoptr(GError) error = NULL;

        source->child = child_new(source->event, &command, on_child, source, &error);
        if (!source->child)
                source->func(NULL, error, source->userdata);
}

void source_ask(Source *source) {
        g_assert(!source->child);

        if (source->path)
                ask_file(source);
        else
                ask_kvm(source);
}
