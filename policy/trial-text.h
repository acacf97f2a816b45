/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trials as text, as they go to `cpuidd --trial` on its standard input:
 *
 *     cpuidd-trial 1
 *     case                                           a case with a table of its own
 *     capability irqchip
 *     row 0x7 0 1 0x2 0x1802042 0x1a010104 0x0       leaf, sub-leaf, flags, registers
 *     msr 0x10a 0xc00e16d
 *     case-like 0 0x7 0 ebx 0x1802002                case 0's with this register changed
 *     end
 *
 * and the evidence, as it comes back:
 *
 *     cpuidd-evidence 1
 *     case
 *     failed KVM_CREATE_VCPU 12                      and nothing else of this case
 *     enabled irqchip                                not of a case that is like another
 *     refused xcomp.amx 1 ARCH_REQ_XCOMP_GUEST_PERM  errno, what failed
 *     supported-new                                  KVM's answer, and its rows; `supported-same`: as
 *     supported 0x0 0 0 0xd 0x756e6547 ...           in the last case that has one
 *     set 22                                         errno of KVM_SET_CPUID2 with all of the table
 *     culprit 0xd 0 eax 18 18 1                      leaf, sub-leaf, register, low, high, errno
 *     nothing-set                                    no part of the table is taken; nothing else
 *     gone 0x1d 0                                    a row that was set and is not there any more
 *     back 0x7 0 1 0x2 0x1802042 ...                 a row that is not as it was set, where it
 *                                                    was; rows that KVM added
 *     msr 0x10a 0 0xc00e16d                          index, code, what it has now (or '-')
 *     control CR4.LA57 22                            name, errno
 *     end
 *
 * Strict in both directions, since both ends are of one build: the lines of a case come in this
 * order. */

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "policy/trial.h"

/* As large as either text may be */
#define TRIAL_TEXT_MAX (16 * 1024 * 1024)

char *trial_request_write(const TrialRequest *request);
/* POLICY_ERROR_RECORDING with the line and what was expected */
TrialRequest *trial_request_parse(const char *text, size_t n_text, GError **error);

/* Of one case, to be put behind the others; @set is what was set, so that only what KVM changed is
 * written. @before: the evidence that came before in this text, or NULL. */
void trial_evidence_append(GString *text, const TrialEvidence *evidence,
                           const TrialEvidence *before);
void trial_evidence_begin(GString *text);
void trial_evidence_end(GString *text);

/* Evidence of thousands of cases takes a tenth of a second to read. Who has something else to do
 * reads it step by step: false says that it was the last. The text has to live until then. */
typedef struct TrialReader TrialReader;

TrialReader *trial_reader_new(const char *text, size_t n_text, const TrialRequest *request);
TrialReader *trial_reader_free(TrialReader *reader);
bool trial_reader_step(TrialReader *reader);
/* After the last step: as trial_evidence_parse() */
GPtrArray *trial_reader_take(TrialReader *reader, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialReader, trial_reader_free)

/* GPtrArray of TrialEvidence, one for each case of the request. A text that ends early is
 * refused. */
GPtrArray *trial_evidence_parse(const char *text, size_t n_text, const TrialRequest *request,
                                GError **error);
