/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A daemon on a bus, and the questions that it can be asked. Every failure is a CPUIDD_ERROR
 * here already. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "client/lib/cpuidd.h"
#include "policy/host.h"

/* How long an answer may take: what the daemon knows already; a trial, and a process of another one
 * that is under way, which the daemon gives a minute at the most; the several processes of a trial
 * of the host itself; and longer than that where somebody may be asked for a password */
#define BUS_TIMEOUT_SEC 5
#define BUS_TRIAL_TIMEOUT_SEC 120
#define BUS_SELF_TRIAL_TIMEOUT_SEC 300
#define BUS_PASSWORD_SEC 120

/* As many guests as the daemon takes at once */
#define BUS_CHECK_MANY_MAX 1024

typedef struct Bus Bus;

/* Where the bus is: the members that are not NULL say more than `which` does, one at the most */
typedef struct BusPlace {
        CpuiddBus which;
        const char *address; /* a D-Bus address */
        const char *remote;  /* "[USER@]HOST[:PORT][/CONTAINER]", by ssh */
        const char *machine; /* "[USER@]CONTAINER", of this machine */
} BusPlace;

Bus *bus_connect(const BusPlace *place, GError **error);
Bus *bus_free(Bus *bus);

/* Whether polkit may ask the user for a password; not at first */
void bus_set_interactive(Bus *bus, bool is_interactive);

/* A call to be filled with arguments, and its answer */
sd_bus_message *bus_message_new(Bus *bus, const char *member, GError **error);
sd_bus_message *bus_call(Bus *bus, sd_bus_message *call, GError **error);
/* Of a member that is not for everyone: polkit may ask the user, if bus_set_interactive() */
sd_bus_message *bus_call_privileged(Bus *bus, sd_bus_message *call, unsigned timeout_sec,
                                    GError **error);
/* A call and its answer, of a member that takes a text, or with NULL for it nothing */
sd_bus_message *bus_ask(Bus *bus, const char *member, const char *text, GError **error);

/* @r is what sd-bus said; always false */
bool bus_set_error_write(GError **error, const char *member, int r);
bool bus_set_error_read(GError **error, const char *member, int r);

char *bus_get_text(Bus *bus, const char *property, GError **error);
bool bus_get_bool(Bus *bus, const char *property, bool *ret, GError **error);

/* For who listens. Whether the daemon is there is asked of the bus alone; wake has it started by a
 * question where that is how it starts. */
sd_bus *bus_connection(Bus *bus);
bool bus_has_owner(Bus *bus, bool *ret, GError **error);
bool bus_wake(Bus *bus, GError **error);
/* What has come is dealt with; waits until something comes, or for so long (-1: for ever) */
bool bus_process(Bus *bus, GError **error);
bool bus_wait(Bus *bus, int64_t timeout_usec, GError **error);

/* Every a{s...}: @read is given each key, and reads its value. As what sd-bus returns. */
typedef int (*BusReadFunc)(sd_bus_message *m, const char *key, void *userdata);
int bus_read_dict(sd_bus_message *m, const char *entry_type, BusReadFunc read, void *userdata);

/* The members of the interface. Tables are flat words. */
GPtrArray *bus_check(const CpuiddHost *host, CpuiddGuest *const *guests, size_t n_guests,
                     CpuiddCheckFlags flags, GError **error);
uint32_t *bus_get_cpuid(Bus *bus, const char *const *capabilities, size_t *ret_n, GError **error);
GPtrArray *bus_list_capabilities(Bus *bus, GError **error);
GPtrArray *bus_get_delta(Bus *bus, const char *capability, GError **error);
Host *bus_get_profile(Bus *bus, GError **error);
bool bus_refresh(Bus *bus, bool *ret_changed, GError **error);
/* @guest: NULL for a trial of the host itself */
CpuiddTrial *bus_try(const CpuiddHost *host, const CpuiddGuest *guest, CpuiddTryFlags flags,
                     GError **error);

/* What members have in common. A guest is its table and the options; a finding is read whole, with
 * texts that are the caller's, and 0 is the end of them. */
int bus_append_guest(sd_bus_message *m, const CpuiddGuest *guest, CpuiddCheckFlags flags);
int bus_read_finding(sd_bus_message *m, CpuiddFinding *ret);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
