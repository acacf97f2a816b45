# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the daemon does under load and abuse: short here, long with `make soak SECONDS=600`
abuse_tests = \
	%D%/abuse.test \
	%D%/busfuzz.test \
	%D%/load.test \
	%D%/stuck.test

TESTS += $(abuse_tests)
EXTRA_DIST += $(abuse_tests) %D%/abuse-lib.sh

check_PROGRAMS += %D%/abuse %D%/busfuzz %D%/load %D%/never-reads
%C%_abuse_SOURCES = \
	%D%/abuse-bytes.c \
	%D%/abuse-connections.c \
	%D%/abuse-messages.c \
	%D%/abuse.c %D%/abuse.h \
	%D%/generate.c %D%/generate.h \
	%D%/health.c %D%/health.h \
	%D%/raw.c %D%/raw.h \
	tests/bus/call.c tests/bus/call.h
%C%_abuse_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_busfuzz_SOURCES = \
	%D%/busfuzz.c \
	%D%/generate.c %D%/generate.h \
	%D%/health.c %D%/health.h \
	%D%/introspect.c %D%/introspect.h \
	tests/bus/call.c tests/bus/call.h
%C%_busfuzz_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_load_SOURCES = \
	%D%/health.c %D%/health.h \
	%D%/load.c \
	tests/bus/call.c tests/bus/call.h
%C%_load_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_never_reads_SOURCES = \
	%D%/never-reads.c \
	%D%/raw.c %D%/raw.h \
	tests/bus/call.c tests/bus/call.h
%C%_never_reads_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
