/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service knows and who waits for it. Where hosts come from is its owner's business: the
 * service says when one is wanted, the owner comes back with service_answer(). The same goes for
 * what is to be tried, and trials_answer(). */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/access.h"
#include "daemon/bus/batch.h"
#include "daemon/bus/outbox.h"
#include "daemon/bus/trials.h"
#include "daemon/bus/turns.h"
#include "policy/host.h"
#include "policy/offer.h"

typedef struct Service Service;

/* May answer at once */
typedef void (*ServiceAskFunc)(void *userdata);

/* @name: what the host is called where a recording does not say, or NULL. @try: NULL where there is
 * nothing to try on. @stuck: see outbox.h */
Service *service_new(const char *name, ServiceAskFunc ask, TrialsFunc try, OutboxStuckFunc stuck,
                     void *userdata);
Service *service_free(Service *service);

/* Its object on the bus. Errors say in a line what is wrong with the bus. */
bool service_add_to_bus(Service *service, sd_bus *bus, GError **error);

/* @problem: NULL where the service has its name now */
typedef void (*ServiceNameFunc)(const GError *problem, void *userdata);

/* Asks the bus for the name, once. It does not wait: a bus that hangs is not to be waited for by who
 * is told to stop. Not called any more when the service is freed. */
void service_take_name(Service *service, ServiceNameFunc func);

/* Has KVM asked again. @call (or NULL) is a Refresh that will be answered. What comes while an
 * answer is awaited makes one more question, since that answer may be from before; it is shared. */
bool service_refresh(Service *service, sd_bus_message *call, GError **error);

/* The question's answer: a host, which is taken over, or the reason why there is none. What
 * cannot be confirmed is not served any more: a stale yes is a failed migration. true if the
 * fingerprint is another. */
bool service_answer(Service *service, Host *host, const GError *problem);

/* NULL with SERVICE_ERROR_NOT_READY where there is none */
Host *service_host(const Service *service, GError **error);
const Offer *service_offer(Service *service, CapabilitySet capabilities);

Access *service_access(const Service *service);
Batches *service_batches(const Service *service);
Turns *service_turns(const Service *service);
/* NULL with SERVICE_ERROR_TRIAL where there is nothing to try on */
Trials *service_trials(const Service *service, GError **error);
Outbox *service_outbox(const Service *service);
const char *service_name(const Service *service);
bool service_is_ready(const Service *service);
/* Whether an answer is awaited */
bool service_is_asking(const Service *service);
/* A property's value; "" while the service is not ready */
const char *service_text(const Service *service, const char *property);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Service, service_free)
