/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Our JSON under one name, for those who do not care whether it is a guest or a host: the schema
 * tells when it is read, and what there is when it is written. */

#include "client/formats/format.h"
#include "client/formats/json-write.h"

/* What is neither is told as of a guest. */
static bool read_json(const char *text, size_t n_text, const FormatOptions *options,
                      FormatInput *ret, GError **error) {
        const Format *format =
                format_host_json.looks_like(text, n_text) ? &format_host_json : &format_guest_json;

        return format->read(text, n_text, options, ret, error);
}

static void write_json(FormatOutput *output) {
        const char *name = output->guest->name;
        g_autofree char *text = output->host ?
                json_write_host(output->host, name, output->is_pretty) :
                json_write_guest(output->guest, output->is_pretty);

        g_string_append_printf(output->text, "%s\n", text);
}

const Format format_json = {
        .name = "json",
        .description = "guest or host as JSON, whichever it is",
        .read = read_json,
        .write = write_json,
        .is_json = true,
};
