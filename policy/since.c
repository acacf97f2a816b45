/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Compares the kernel that a profile tells of with the one that a field came with, for people. A
 * kernel without a number at its start is one that is not known. */

#include "policy/since.h"

/* Major and minor number as one that can be compared; 0 where there are none */
static uint64_t version_number(const char *text) {
        char *end = NULL;
        uint64_t major = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
        uint64_t minor = end && *end == '.' && g_ascii_isdigit(end[1]) ?
                g_ascii_strtoull(end + 1, NULL, 10) :
                0;

        return (MIN(major, UINT32_MAX) << 32) | MIN(minor, UINT32_MAX);
}

bool since_is_after(const char *since, const char *kernel) {
        uint64_t number = kernel ? version_number(kernel) : 0;

        return number != 0 && number < version_number(since);
}

static bool is_oldest(const Field *field) {
        return g_str_equal(field->since, SINCE_OLDEST);
}

char *since_why_not(const Field *field, const Host *host) {
        const char *kernel = host_info(host)->kernel;

        if (!field->since)
                return NULL;
        if (!kernel && !is_oldest(field))
                return g_strdup_printf("KVM reports it since Linux %s: this host's does not",
                                       field->since);
        if (kernel && since_is_after(field->since, kernel))
                return is_oldest(field) ?
                        NULL :
                        g_strdup_printf("KVM reports it since Linux %s: this host's (%s) does not",
                                        field->since, kernel);
        return g_strdup("this host's KVM does not offer it; a boot option, a mitigation or the "
                        "kernel's configuration may hide it");
}

char *since_to_text(const Field *field, const Host *host) {
        const char *kernel = host ? host_info(host)->kernel : NULL;

        if (!field->since)
                return NULL;
        return g_strdup_printf("KVM reports it since Linux %s%s%s%s", field->since,
                               is_oldest(field) ? " or earlier" : "",
                               kernel ? "; this host runs " : "", kernel ?: "");
}
