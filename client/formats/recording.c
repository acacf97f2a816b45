/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recordings: policy reads them; here is only how they are known. */

#include <string.h>

#include "client/formats/format.h"
#include "policy/recording.h"

static bool looks_like(const char *text, size_t n_text) {
        size_t n = strlen(RECORDING_MAGIC);

        return n_text > n && memcmp(text, RECORDING_MAGIC, n) == 0 && g_ascii_isspace(text[n]);
}

static bool read_recording(const char *text, size_t n_text, const FormatOptions *options,
                           FormatInput *ret, GError **error) {
        (void) options;
        if (n_text > RECORDING_MAX) {
                g_set_error(error, FORMAT_ERROR, FORMAT_ERROR_CONTENT,
                            "is a recording of %zu bytes, more than %u", n_text, RECORDING_MAX);
                return false;
        }

        ret->host = recording_parse(text, n_text, error);
        return ret->host != NULL;
}

static void write_recording(FormatOutput *output) {
        g_autofree char *text = recording_write(output->host);

        g_string_append(output->text, text);
}

const Format format_recording = {
        .name = "recording",
        .description = "what 'cpuidd --probe' writes",
        .looks_like = looks_like,
        .read = read_recording,
        .write = write_recording,
        .is_host_only = true,
};
