# SPDX-License-Identifier: LGPL-2.1-or-later
#
# By hand: `make soak SECONDS=3600`. TABLES is how many are tried on this machine's KVM.
EXTRA_DIST += %D%/soak

soak_programs = \
	tests/abuse/abuse \
	tests/abuse/busfuzz \
	tests/abuse/load \
	tests/bench/bench-bus \
	tests/bus/bus-client \
	tests/bus/trial-storm
TABLES = 10000
.PHONY: soak
soak: all $(soak_programs)
	@$(AM_TESTS_ENVIRONMENT) bash $(srcdir)/%D%/soak $(SECONDS)
	@$(AM_TESTS_ENVIRONMENT) STORM=$(TABLES) bash $(srcdir)/tests/bus/storm.test
	@$(MAKE) $(AM_MAKEFLAGS) soak-faults
