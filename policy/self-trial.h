/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host against our tables: its whole offer, each capability's delta, and each feature bit alone,
 * set and cleared, as cases; and what their evidence contradicts. The way to hold the tables
 * against a kernel that nobody here has seen. */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "policy/host.h"
#include "policy/report.h"
#include "policy/trial.h"

typedef struct SelfTrial SelfTrial;

SelfTrial *self_trial_new(Host *host);
SelfTrial *self_trial_free(SelfTrial *self);

/* The cases, for as many processes as there are permissions to be asked for and one more; the
 * answers are taken in the same order. */
size_t self_trial_n_requests(const SelfTrial *self);
const TrialRequest *self_trial_request(const SelfTrial *self, size_t i);

/* @evidence: TrialEvidence of each case of request @i; taken over. NULL: it was not tried, and the
 * rest counts. */
void self_trial_take(SelfTrial *self, size_t i, GPtrArray *evidence);

/* Compares a few cases more, so that whoever calls can do something else in between; false: that
 * was the last. After self_trial_take() of all. */
bool self_trial_step(SelfTrial *self);

/* What was found. POLICY_ERROR_TRIAL where there was no vCPU for the host's own offer. */
Report *self_trial_report(SelfTrial *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SelfTrial, self_trial_free)
