/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a trial shows, in sentences */

#include <stdbool.h>
#include <stdint.h>

#include "policy/capability.h"
#include "policy/control.h"
#include "policy/expectation.h"
#include "policy/field.h"
#include "policy/readback.h"
#include "policy/report.h"
#include "policy/trial.h"

/* "EINVAL"; "error 77" where it has no name here */
char *report_code_to_string(int code);
/* "KVM_CREATE_VM failed with ENOMEM: there is no memory for it" */
char *report_failure_to_text(const TrialEvidence *evidence);

/* The sentence of a place */
char *report_say_changed(const ReadbackPlace *place, ExpectationReason reason,
                         const Capability *capability);
char *report_say_culprit(const ReadbackPlace *place, int code);
char *report_say_untaken(const ReadbackPlace *place, int code);
char *report_say_msr(const TrialMsrAnswer *answer, uint64_t set);
char *report_say_refusal(const TrialRefusal *refusal);
/* @refused: the controls (GArray of TrialControlAnswer) that are not taken; empty: all of @taken are */
char *report_say_backing(const ReadbackPlace *place, const GArray *taken, const GArray *refused);

/* The sentence of a contradiction: what the tables say, what KVM does, and whose turn it is */
/* @is_measured: the profile tells what this KVM forces */
char *contradiction_say_rewritten(const ReadbackPlace *place, bool is_measured);
/* @is_on: the profile has it as on, else as off */
char *contradiction_say_forced(const ReadbackPlace *place, bool is_on);
char *contradiction_say_left(const ReadbackPlace *place, const Capability *capability);
char *contradiction_say_delta(const ReadbackPlace *place, const Capability *capability);
char *contradiction_say_culprit(const ReadbackPlace *place, int code);
char *contradiction_say_untaken(int code);
char *contradiction_say_control(const Field *field, const TrialControlAnswer *answer);
char *contradiction_say_msr(const TrialMsrAnswer *answer, uint64_t set);
char *contradiction_say_refusal(const TrialRefusal *refusal);
char *contradiction_say_failure(const TrialEvidence *evidence, const Capability *capability);
/* @view: of the profile, or NULL */
char *contradiction_say_answer(const ReadbackPlace *place, const char *view);
