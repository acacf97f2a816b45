/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Guests and hosts from files: the options of the commands that read some */

#include <stdbool.h>

#include <glib.h>

#include "client/ctl/command.h"
#include "client/lib/cpuidd.h"

/* As they are given: --from, --cpu, --cpu-map */
typedef struct Reading {
        char *form;
        char *cpu;
        char *cpu_map;
} Reading;

/* clang-format off */
#define READING_OPTIONS(reading) \
        { "from", 0, 0, G_OPTION_ARG_STRING, &(reading).form, \
          "The form of the files, if it shall not be found by looking at them", "FORM" }, \
        { "cpu", 0, 0, G_OPTION_ARG_STRING, &(reading).cpu, \
          "Which CPU of a dump of several; otherwise the first", "N" }, \
        { "cpu-map", 0, 0, G_OPTION_ARG_FILENAME, &(reading).cpu_map, \
          "Where libvirt's CPU models are, if not where libvirt has them", "DIR" }

/* Of commands that read no guest: how the file is read that --host names */
#define READING_HOST_OPTIONS(reading) \
        { "from", 0, 0, G_OPTION_ARG_STRING, &(reading).form, \
          "The form of --host FILE, if it shall not be found by looking at it", "FORM" }, \
        { "cpu", 0, 0, G_OPTION_ARG_STRING, &(reading).cpu, \
          "Which CPU of a dump of several; otherwise what all of them have", "N" }, \
        { "cpu-map", 0, 0, G_OPTION_ARG_FILENAME, &(reading).cpu_map, \
          "Where libvirt's CPU models are, if not where libvirt has them", "DIR" }
/* clang-format on */

/* Before anything is read. CPUIDD_ERROR_INPUT. */
bool reading_check(const Reading *reading, GError **error);

/* The guest; warnings become notices of the session */
CpuiddGuest *reading_guest(Session *session, const Reading *reading, const char *path,
                           GError **error);
/* The host that is asked, as session_open_host() has it. Without a file nothing may be said of how
 * it is read. */
CpuiddHost *reading_host(const Session *session, const Reading *reading, GError **error);
/* The guest of a running QEMU, likewise; @path: its socket */
CpuiddGuest *reading_qmp(Session *session, const char *path, GError **error);
