# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One file a form; the table of forms is in format.c.
noinst_LTLIBRARIES += %D%/libformats.la
%C%_libformats_la_SOURCES = \
	%D%/aida64-number.c %D%/aida64-number.h \
	%D%/aida64.c \
	%D%/c-array.c \
	%D%/cloud-hypervisor-profile.c %D%/cloud-hypervisor-profile.h \
	%D%/cloud-hypervisor.c \
	%D%/cpu-map.c %D%/cpu-map.h \
	%D%/cpuid-r-write.c \
	%D%/cpuid-r.c %D%/cpuid-r.h \
	%D%/dev.c %D%/dev.h \
	%D%/dump-bits.c %D%/dump-bits.h \
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
	%D%/kcpuid.c \
	%D%/kvm.c \
	%D%/libcpuid.c \
	%D%/libvirt-cpu.c %D%/libvirt-cpu.h \
	%D%/libvirt-data-write.c \
	%D%/libvirt-data.c %D%/libvirt-data.h \
	%D%/libvirt-guest.c \
	%D%/libvirt-places.c %D%/libvirt-places.h \
	%D%/libvirt-xml.c %D%/libvirt-xml.h \
	%D%/lines.c %D%/lines.h \
	%D%/losses.c %D%/losses.h \
	%D%/mask.c %D%/mask.h \
	%D%/names.c %D%/names.h \
	%D%/qemu-bits.c %D%/qemu-bits.h \
	%D%/qemu-cpu.c \
	%D%/qemu-line.c \
	%D%/qemu-losses.c \
	%D%/qemu.c %D%/qemu.h \
	%D%/recording.c \
	%D%/template.c %D%/template.h \
	%D%/text-table.c \
	%D%/xen-features.c \
	%D%/xen.c %D%/xen.h \
	%D%/xml.c %D%/xml.h
nodist_%C%_libformats_la_SOURCES = $(name_sources) $(name_headers)
%C%_libformats_la_LIBADD = $(JSON_LIBS)
