/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The engine's values on the wire */

#include <glib.h>
#include <systemd/sd-bus.h>

#include "policy/check.h"
#include "policy/guest.h"
#include "policy/host.h"
#include "policy/report.h"

/* Guests that CheckMany takes, and bytes that it answers. A message of 32 MiB would have
 * dbus-daemon cut the connection. */
#define WIRE_GUESTS_MAX 1024
#define WIRE_VERDICTS_SIZE_MAX (16 * 1024 * 1024)

/* About what a profile takes */
#define WIRE_PROFILE_SIZE (32 * 1024)

#define WIRE_CAPABILITIES_MAX 256
#define WIRE_MSRS_MAX 4096
#define WIRE_NAME_MAX 256

/* A negative value where reading failed; then @error is set if it was the content that was
 * refused. */
int wire_read_guest(sd_bus_message *m, Guest **ret, CheckFlags *ret_flags, GError **error);
/* The same for a Trial; NULL where it is about the host itself */
int wire_read_trial(sd_bus_message *m, Guest **ret, CheckFlags *ret_flags, GError **error);
int wire_read_capability(sd_bus_message *m, const Capability **ret, GError **error);
int wire_read_capabilities(sd_bus_message *m, CapabilitySet *ret, GError **error);

int wire_append_table(sd_bus_message *m, const LeafTable *table);
int wire_append_capabilities(sd_bus_message *m, const Host *host);
int wire_append_delta(sd_bus_message *m, Host *host, const Capability *capability);
int wire_append_verdict(sd_bus_message *m, const Verdict *verdict);

/* About what a verdict takes on the wire, in bytes */
size_t wire_verdict_size(const Verdict *verdict);

/* @verdict: NULL where the trial was one of the host itself */
int wire_reply_trial(sd_bus_message *call, const Report *report, const Verdict *verdict,
                     const Host *host);

/* @name: the host's where none was recorded, or NULL */
int wire_append_profile(sd_bus_message *m, const Host *host, const char *name);
