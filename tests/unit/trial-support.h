/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reports of tables that were tried on a made-up KVM */

#include <stddef.h>

#include <glib.h>

#include "policy/guest.h"
#include "policy/report.h"
#include "tests/unit/fake-kvm.h"

/* The guest's table on the KVM, against what its host offers */
Report *trial_report(const FakeKvm *kvm, const Guest *guest, GError **error);

/* "kept 0x7.0:ebx[5] avx2: -": outcome, place, field, message */
void trial_assert_has_place(const Report *report, const char *expected);
void trial_assert_in_order(const Report *report);

/* All of them, as "refused 0x7.0:ecx[16]"; NULL ends an array that is longer */
void trial_assert_contradictions(const Report *report, const char *const *expected, size_t n_max);
char *trial_contradiction_where(const ReportContradiction *contradiction);
