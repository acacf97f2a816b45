/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Two values and no setup: hosts and guests out of rows that stand in the test */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "policy/check.h"
#include "policy/guest.h"
#include "policy/host.h"
#include "policy/offer.h"

typedef struct TestRow {
        bool is_there;
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t eax;
        uint32_t ebx;
        uint32_t ecx;
        uint32_t edx;
} TestRow;

#define N_TEST_ROWS 12
#define LEAF(l, s, ...) \
        { .is_there = true, .leaf = (l), .subleaf = (s), __VA_ARGS__ }
#define BIT(n) (UINT32_C(1) << (n))

/* The rows up to the first that is not there, with the index flag where the field table has it */
LeafTable *test_table(const TestRow *rows);

/* A host of which KVM's answer and nothing else was recorded */
Host *test_host(const TestRow *rows);

/* From tests/recordings/NAME.recording */
Host *test_recording(const char *name);

/* The names of all that there are, sorted, ended by NULL; they live as long as the program */
const char *const *test_recording_names(void);

Guest *test_guest(const TestRow *rows);

/* The guest that a host's offer is */
Guest *test_guest_of_offer(const Offer *offer);

/* The same with one field changed, in a row that the offer has; NULL where it has none */
Guest *test_guest_of_offer_with(const Offer *offer, const Field *field, uint32_t value);

/* The first finding at this place ("0x7.0:ebx[6]"), or NULL */
const Finding *test_finding_at(const Verdict *verdict, const char *where);
