/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files and standard input into memory */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* No table of any form is near to this */
#define FILE_MAX (16u * 1024 * 1024)

/* @path "-" is standard input. The text ends with a zero byte that is not counted.
 * FORMAT_ERROR_FILE, without the path. */
bool file_read(const char *path, char **ret_text, size_t *ret_n_text, GError **error);

/* "@what: " and what errno says, as FORMAT_ERROR_FILE */
void file_set_error_errno(GError **error, const char *what);

/* What messages call it */
const char *file_display_name(const char *path);
