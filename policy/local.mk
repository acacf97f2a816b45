# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The engine: pure, so everything that it needs beside GLib is data.
noinst_LTLIBRARIES += %D%/libpolicy.la
%C%_libpolicy_la_SOURCES = \
	%D%/capability.c %D%/capability.h \
	%D%/cause.c %D%/cause.h \
	%D%/check.c %D%/check.h \
	%D%/contradict-answer.c \
	%D%/contradict-readback.c \
	%D%/contradict-refused.c \
	%D%/contradict.c %D%/contradict.h \
	%D%/control.c %D%/control.h \
	%D%/correction.c %D%/correction.h \
	%D%/coverage.c %D%/coverage.h \
	%D%/delta.c %D%/delta.h \
	%D%/dependency.c %D%/dependency.h \
	%D%/enumerate.c %D%/enumerate.h \
	%D%/error.c %D%/error.h \
	%D%/expectation.c %D%/expectation.h \
	%D%/explain-delta.c \
	%D%/explain.c %D%/explain.h \
	%D%/explain-host.c %D%/explain-host.h \
	%D%/explain-msr.c %D%/explain-msr.h \
	%D%/field.c %D%/field.h \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/forced.c %D%/forced.h \
	%D%/forced-text.c %D%/forced-text.h \
	%D%/guest.c %D%/guest.h \
	%D%/host.c %D%/host.h \
	%D%/host-change.c %D%/host-change.h \
	%D%/judge.c %D%/judge.h \
	%D%/kinds.c %D%/kinds.h \
	%D%/kinds-text.c %D%/kinds-text.h \
	%D%/leaf.c %D%/leaf.h \
	%D%/meaning.c %D%/meaning.h \
	%D%/message.c %D%/message.h \
	%D%/msr.c %D%/msr.h \
	%D%/offer.c %D%/offer.h \
	%D%/place.c %D%/place.h \
	%D%/presence.c %D%/presence.h \
	%D%/readback.c %D%/readback.h \
	%D%/recording.c %D%/recording.h \
	%D%/recording-names.h \
	%D%/recording-write.c \
	%D%/remedy.c %D%/remedy.h \
	%D%/report-text.c %D%/report-text.h \
	%D%/report.c %D%/report.h \
	%D%/self-cases.c %D%/self-cases.h \
	%D%/self-trial.c %D%/self-trial.h \
	%D%/since.c %D%/since.h \
	%D%/trial.c %D%/trial.h \
	%D%/trial-delta.c %D%/trial-delta.h \
	%D%/trial-evidence.c \
	%D%/trial-evidence-read.c \
	%D%/trial-line.c %D%/trial-line.h \
	%D%/trial-text.c %D%/trial-text.h \
	%D%/tsc.c %D%/tsc.h \
	%D%/unknown.c %D%/unknown.h \
	%D%/verdict.c %D%/verdict.h \
	%D%/words.c %D%/words.h
nodist_%C%_libpolicy_la_SOURCES = $(data_sources) $(data_headers)
%C%_libpolicy_la_LIBADD = $(GLIB_LIBS)
