# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The code that asks the kernel: its parts with fakes, then a real KVM, here or in a virtual machine.
live_tests = \
	%D%/box.test \
	%D%/box-events.test \
	%D%/known.test \
	%D%/live.test \
	%D%/order.test \
	%D%/qmp.test \
	%D%/trial.test

live_parts = \
	%D%/forced-parts \
	%D%/probe-parts \
	%D%/trial-child \
	%D%/trial-parts \
	%D%/trial-real

check_PROGRAMS += $(live_parts)
TESTS += $(live_parts) $(live_tests)
EXTRA_DIST += $(live_tests) %D%/KNOWN %D%/box-lib.sh %D%/known %D%/live-lib.sh %D%/qemu-box

%C%_forced_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
%C%_probe_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
%C%_trial_parts_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
%C%_trial_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(SECCOMP_LIBS) $(GLIB_LIBS)

trial_sources = \
	%D%/trial-run.c %D%/trial-run.h \
	daemon/child.c daemon/child.h \
	daemon/trier.c daemon/trier.h
trial_libs = daemon/kvm/libkvm.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_trial_child_SOURCES = %D%/trial-child.c $(trial_sources)
%C%_trial_child_CPPFLAGS = $(AM_CPPFLAGS) -DTRIER_TIMEOUT_USEC=5000000
%C%_trial_child_LDADD = $(trial_libs)
%C%_trial_real_SOURCES = %D%/trial-real.c $(trial_sources)
%C%_trial_real_LDADD = $(trial_libs)

# By hand, with QEMU: `make live-vm`, of all models or of MODELS='EPYC max'; UPDATE=1 writes recordings
EXTRA_DIST += %D%/cpuidd-box %D%/live-vm
MODELS =
UPDATE =
.PHONY: live-vm
live-vm: all tests/bus/bus-client
	@$(AM_TESTS_ENVIRONMENT) UPDATE='$(UPDATE)' $(srcdir)/%D%/live-vm $(MODELS)

clean-local: clean-live-vm
.PHONY: clean-live-vm
clean-live-vm:
	rm -rf live-vm
