# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The code that asks the kernel: its parts with fakes, then a real KVM, here or in a virtual machine.
live_tests = \
	%D%/box.test \
	%D%/live.test \
	%D%/order.test \
	%D%/qmp.test

live_parts = \
	%D%/forced-parts \
	%D%/probe-parts

check_PROGRAMS += $(live_parts)
TESTS += $(live_parts) $(live_tests)
EXTRA_DIST += $(live_tests) %D%/qemu-box

%C%_forced_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
%C%_probe_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
