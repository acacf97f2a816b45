# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real daemon, with what it calls going wrong
fault_tests = \
	%D%/bus.test \
	%D%/child.test \
	%D%/kvm.test \
	%D%/limits.test \
	%D%/standard.test

check_PROGRAMS += %D%/caller %D%/fault-box
%C%_caller_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_fault_box_SOURCES = \
	%D%/fault-box.c \
	%D%/answers.c %D%/answers.h \
	%D%/rules.c %D%/rules.h
%C%_fault_box_LDADD = $(GLIB_LIBS)

TESTS += $(fault_tests)
EXTRA_DIST += $(fault_tests) %D%/faults-lib.sh
