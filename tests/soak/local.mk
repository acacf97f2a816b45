# SPDX-License-Identifier: LGPL-2.1-or-later
#
# By hand: `make soak SECONDS=3600`
EXTRA_DIST += %D%/soak

soak_programs = tests/abuse/abuse tests/abuse/busfuzz tests/abuse/load tests/bench/bench-bus tests/bus/bus-client
.PHONY: soak
soak: all $(soak_programs)
	@$(AM_TESTS_ENVIRONMENT) bash $(srcdir)/%D%/soak $(SECONDS)
