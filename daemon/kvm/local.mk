# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What asks the kernel: the only code that calls ioctl().
noinst_LTLIBRARIES += %D%/libkvm.la
%C%_libkvm_la_SOURCES = \
	%D%/affinity.c %D%/affinity.h \
	%D%/apart.c %D%/apart.h \
	%D%/confine.c %D%/confine.h \
	%D%/cpu-kinds.c %D%/cpu-kinds.h \
	%D%/culprit.c %D%/culprit.h \
	%D%/enable.c %D%/enable.h \
	%D%/error.c %D%/error.h \
	%D%/forced.c %D%/forced.h \
	%D%/hardware.c %D%/hardware.h \
	%D%/kvm-device.c %D%/kvm-device.h \
	%D%/kvm-extension.c %D%/kvm-extension.h \
	%D%/probe.c %D%/probe.h \
	%D%/sysfs.c %D%/sysfs.h \
	%D%/trial.c %D%/trial.h \
	%D%/varies.c %D%/varies.h \
	%D%/vcpu.c %D%/vcpu.h \
	%D%/witness.c %D%/witness.h
%C%_libkvm_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
%C%_libkvm_la_LIBADD = $(SECCOMP_LIBS) $(GLIB_LIBS)
