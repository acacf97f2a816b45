/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One domain for whoever uses the library, whatever part refused. */

#include "client/lib/private.h"

G_DEFINE_QUARK(cpuidd_error_quark, cpuidd_error)

bool set_error_input(GError **error, GError *cause, const char *name) {
        g_set_error(error, CPUIDD_ERROR, CPUIDD_ERROR_INPUT, "%s%s%s", name ?: "", name ? ": " : "",
                    cause->message);
        g_error_free(cause);
        return false;
}
