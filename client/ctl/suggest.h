/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What somebody may have meant */

#include <glib.h>

/* The nearest of the names (GPtrArray of char *), or NULL where none is near */
const char *suggest(const char *word, const GPtrArray *names);
