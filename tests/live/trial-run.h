/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trials as the daemon makes them: a program that includes this starts itself as the child */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "daemon/kvm/kvm-device.h"
#include "policy/trial.h"

typedef struct Answer {
        GPtrArray *evidence;
        GError *problem;
        bool is_there;
} Answer;

void answer_done(Answer *answer);
void answer_take(GPtrArray *evidence, const GError *problem, void *userdata);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_done)

extern KvmDevice *run_device;    /* NULL: none opens here */
extern LeafTable *run_supported; /* what it answers on the CPU on which the child asks, too */

void run_open(void);
void run_close(void);
/* Marks the test as skipped where there is no KVM */
bool run_skip(void);

/* One with SIGCHLD blocked */
sd_event *run_event_new(void);
/* @kill_usec: when the child is killed; 0: never */
void run_request(const TrialRequest *request, uint64_t kill_usec, Answer *answer);
/* What was killed is reaped, also where nobody waits for that */
void run_until_no_child(sd_event *event);
GPtrArray *run_evidence(const TrialRequest *request);

/* Our only child; 0: there is none */
pid_t run_find_child(void);
size_t run_count_descriptors(void);

GArray *run_msrs_new(uint32_t index, uint64_t value);
CapabilitySet run_set_of(const char *name);
/* The host's offer, so many times, each with so many cases that are like it */
TrialRequest *run_many_cases(size_t n_own, size_t n_like);

/* What a trial does, with a request that has been read already */
int run_play(const char *text, size_t n_text);
