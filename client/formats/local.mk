# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One file a form; the table of forms is in format.c.
noinst_LTLIBRARIES += %D%/libformats.la
%C%_libformats_la_SOURCES = \
	%D%/aida64.c \
	%D%/c-array.c \
	%D%/cloud-hypervisor.c \
	%D%/cpuid-r-write.c \
	%D%/cpuid-r.c %D%/cpuid-r.h \
	%D%/aida64.c \
	%D%/cpuid-r.c \
	%D%/dev.c %D%/dev.h \
	%D%/dump.c %D%/dump.h \
	%D%/dump-cpus.c %D%/dump-cpus.h \
	%D%/dump.c %D%/dump.h \
	%D%/file.c %D%/file.h \
	%D%/firecracker-write.c \
	%D%/firecracker.c %D%/firecracker.h \
	%D%/format.c %D%/format.h \
	%D%/guest-json-write.c \
	%D%/guest-json.c \
	%D%/host-json-write.c \
	%D%/host-json.c \
	%D%/json-form.c \
	%D%/json-parse.c \
	%D%/json-read.c \
	%D%/json-text.c %D%/json-text.h \
	%D%/json-unknown.c \
	%D%/json-write.h \
	%D%/json.h \
	%D%/kvm.c \
	%D%/kcpuid.c \
	%D%/libcpuid.c \
	%D%/lines.c %D%/lines.h \
	%D%/losses.c %D%/losses.h \
	%D%/recording.c \
	%D%/template.c %D%/template.h \
	%D%/text-table.c \
	%D%/xen.c %D%/xen.h \
	%D%/xen-features.c
	%D%/names.c %D%/names.h \
	%D%/template.c %D%/template.h
nodist_%C%_libformats_la_SOURCES = $(name_sources) $(name_headers)
%C%_libformats_la_LIBADD = $(JSON_LIBS)
