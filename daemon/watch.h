/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What may change what KVM answers: modules and CPUs that come and go, a /dev/kvm that comes, goes
 * or is given other permissions, a host that was asleep; and every ten minutes, for what makes no
 * event at all (microcode that is loaded late) */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

/* Events come in bursts: a module brings a device and its permissions, a suspend takes all CPUs but
 * one away and back. Microseconds. */
typedef struct WatchTimes {
        uint64_t quiet;    /* KVM is asked when nothing has happened for so long ... */
        uint64_t patience; /* ... but not later than this after the first that did ... */
        uint64_t interval; /* ... nor sooner than this after it was asked last */
        uint64_t net;      /* and when nothing has happened for so long */
} WatchTimes;

extern const WatchTimes watch_times;

typedef struct Watch Watch;

/* KVM is to be asked. @reason: what happened last, in words; @is_net: nothing did, ten minutes went
 * by */
typedef void (*WatchFunc)(const char *reason, bool is_net, void *userdata);

/* Something that cannot be watched, as in a sandbox, is left out, with its name as @ret_missing (or
 * NULL) for a log line; NULL where it is all there. @device: "/dev/kvm" */
Watch *watch_new(sd_event *event, const char *device, const WatchTimes *times, WatchFunc func,
                 void *userdata, char **ret_missing);
Watch *watch_free(Watch *watch);

/* KVM was asked, for whatever reason: counts for what is said above */
void watch_asked(Watch *watch);

/* What happened last that KVM will be asked for; NULL: nothing */
const char *watch_pending(const Watch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)
