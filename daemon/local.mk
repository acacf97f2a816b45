# SPDX-License-Identifier: LGPL-2.1-or-later
include daemon/bus/local.mk
include daemon/kvm/local.mk

libexec_PROGRAMS += %D%/cpuidd
%C%_cpuidd_SOURCES = \
	%D%/child.c %D%/child.h \
	%D%/connection.c %D%/connection.h \
	%D%/log-bus.c %D%/log-bus.h \
	%D%/log.c %D%/log.h \
	%D%/main.c \
	%D%/manager.c %D%/manager.h \
	%D%/notify.c %D%/notify.h \
	%D%/source.c %D%/source.h \
	%D%/trier.c %D%/trier.h \
	%D%/uevent.c %D%/uevent.h \
	%D%/watch.c %D%/watch.h
%C%_cpuidd_CFLAGS = $(AM_CFLAGS) $(PIE_CFLAGS)
%C%_cpuidd_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
%C%_cpuidd_LDADD = \
	daemon/bus/libbus.la daemon/kvm/libkvm.la policy/libpolicy.la \
	$(SYSTEMD_LIBS) $(GLIB_LIBS)

man_sources += %D%/cpuidd.8.scd
