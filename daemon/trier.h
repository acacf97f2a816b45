/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trials: a child that is given the cases and gives back the evidence, one at a time */

#include <glib.h>
#include <systemd/sd-event.h>

#include "policy/trial.h"

typedef struct Trier Trier;

/* @evidence: GPtrArray of TrialEvidence, one a case, the callee's; NULL with @problem, in one line,
 * where the child failed, was killed or hung */
typedef void (*TrierFunc)(GPtrArray *evidence, const GError *problem, void *userdata);

Trier *trier_new(sd_event *event, TrierFunc func, void *userdata);
Trier *trier_free(Trier *trier);

/* Starts one; the function is called later, also where there can be no child. Not before the last
 * one's answer. @request has to live until then. */
void trier_try(Trier *trier, const TrialRequest *request);

/* Kills what is under way; its function is not called any more */
void trier_cancel(Trier *trier);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trier, trier_free)
