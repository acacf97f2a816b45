# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real daemon, with what it calls going wrong
fault_tests = \
	%D%/bus.test \
	%D%/child.test \
	%D%/clock.test \
	%D%/device.test \
	%D%/kvm.test \
	%D%/limits.test \
	%D%/standard.test \
	%D%/trial.test

check_PROGRAMS += %D%/caller %D%/fault-box
%C%_caller_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_fault_box_SOURCES = \
	%D%/fault-box.c \
	%D%/answers.c %D%/answers.h \
	%D%/rules.c %D%/rules.h
%C%_fault_box_LDADD = $(GLIB_LIBS)

# Preloaded, so that it has to be a shared object
check_LTLIBRARIES += %D%/clock-shim.la
%C%_clock_shim_la_SOURCES = %D%/clock-shim.c
%C%_clock_shim_la_LDFLAGS = $(AM_LDFLAGS) -module -shared -avoid-version -rpath /nowhere

TESTS += $(fault_tests)
EXTRA_DIST += $(fault_tests) %D%/faults-lib.sh tests/soak/faults

# By hand: `make soak-faults SECONDS=600`
.PHONY: soak-faults
soak-faults: all
	@$(MAKE) tests/bus/bus-client %D%/caller %D%/fault-box
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/soak/faults --seconds $(SECONDS)
