# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One file a form; the table of forms is in format.c.
noinst_LTLIBRARIES += %D%/libformats.la
%C%_libformats_la_SOURCES = \
	%D%/cpuid-r.c \
	%D%/file.c %D%/file.h \
	%D%/format.c %D%/format.h \
	%D%/guest-json.c \
	%D%/host-json.c \
	%D%/json-parse.c \
	%D%/json-read.c \
	%D%/json.h \
	%D%/recording.c
%C%_libformats_la_LIBADD = $(JSON_LIBS)
