# SPDX-License-Identifier: LGPL-2.1-or-later
# What talks D-Bus. Linked with libpolicy.la, which is no part of it.
noinst_LTLIBRARIES += %D%/libbus.la
%C%_libbus_la_SOURCES = \
	%D%/access.c %D%/access.h \
	%D%/batch.c %D%/batch.h \
	%D%/bus-error.c %D%/bus-error.h \
	%D%/bus-util.h \
	%D%/call-log.c %D%/call-log.h \
	%D%/caller.c %D%/caller.h \
	%D%/log-control.c %D%/log-control.h \
	%D%/outbox.c %D%/outbox.h \
	%D%/polkit.c %D%/polkit.h \
	%D%/repeats.c %D%/repeats.h \
	%D%/service.c %D%/service.h \
	%D%/trials.c %D%/trials.h \
	%D%/turns.c %D%/turns.h \
	%D%/vtable.c %D%/vtable.h \
	%D%/wire-profile.c \
	%D%/wire-read.c \
	%D%/wire-trial.c \
	%D%/wire-write.c \
	%D%/wire.h
