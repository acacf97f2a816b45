/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of libcpuidd share */

#include <stdint.h>

#include <glib.h>

#include "client/lib/cpuidd.h"

/* Features of leaf 1, register ECX: all that a small guest has but the vendor and an FPU */
#define MONITOR (UINT32_C(1) << 3)
#define SSSE3 (UINT32_C(1) << 9)
#define XTPR (UINT32_C(1) << 14)

/* "tests/FOLDER/NAME", wherever the sources are; the caller's */
char *test_source_path(const char *folder, const char *name);

/* The host of skylake-sp-6.1.recording */
CpuiddHost *test_skylake(void);

/* A guest with those features */
CpuiddGuest *test_small_guest(uint32_t features);

char *test_fingerprint_of(CpuiddHost *host);

/* Takes @names, which are to be @expected with a blank between them */
void test_assert_names(char **names, const char *expected);
