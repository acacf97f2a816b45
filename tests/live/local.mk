# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The code that asks the kernel: its parts with fakes, then a real KVM, here or in a virtual machine.
check_PROGRAMS += %D%/probe-parts %D%/forced-parts
TESTS += %D%/probe-parts %D%/forced-parts %D%/live.test %D%/box.test %D%/qmp.test
EXTRA_DIST += %D%/live.test %D%/box.test %D%/qmp.test %D%/qemu-box

%C%_probe_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
%C%_forced_parts_LDADD = daemon/kvm/libkvm.la policy/libpolicy.la $(GLIB_LIBS)
