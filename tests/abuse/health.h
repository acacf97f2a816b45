/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the daemon is to be like after anything that was done to it: it answers rightly, and holds
 * what it held before. Its process is $CPUIDD_PID; $CPUIDD_SANITIZED where its memory says nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* Warms it up, and remembers what it holds */
void health_begin(void);
void health_end(void);

/* Aborts where something is not as it was */
void health_check(void);

/* A connection of its own */
sd_bus *health_connect(void);

/* This host's own table with "irqchip", and the same with every bit set: a guest that fits, and one
 * that is as much to explain as there can be. Bytes. */
const uint32_t *health_good_table(size_t *ret_size);
const uint32_t *health_bad_table(size_t *ret_size);

/* Of any process, in kB; how many descriptors it has */
size_t health_memory(int pid);
size_t health_descriptors(int pid);
int health_pid(void);
bool health_is_sanitized(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_flush_close_unref)
