# SPDX-License-Identifier: LGPL-2.1-or-later
include tests/recordings/local.mk
include tests/soak/local.mk
include tests/unit/local.mk
include tests/rules/local.mk
include tests/cases/local.mk
include tests/corpus/local.mk
include tests/lib/local.mk
include tests/ctl/local.mk
include tests/abuse/local.mk
include tests/bus/local.mk
include tests/boot/local.mk
include tests/docs/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/live/local.mk
include tests/bench/local.mk
