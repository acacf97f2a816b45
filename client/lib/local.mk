# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libcpuidd. What is exported is in libcpuidd.map; its version is CURRENT:REVISION:AGE of libtool.
lib_LTLIBRARIES += %D%/libcpuidd.la
include_HEADERS += %D%/cpuidd.h
pkgconfig_DATA += %D%/cpuidd.pc
man_sources += %D%/libcpuidd.3.scd
EXTRA_DIST += %D%/libcpuidd.map

# On its own, so that tests can have their own time limit
noinst_LTLIBRARIES += %D%/libqmp.la
%C%_libqmp_la_SOURCES = %D%/guest-qmp-capabilities.c %D%/guest-qmp.c %D%/guest-qmp.h %D%/qmp.c %D%/qmp.h

%C%_libcpuidd_la_SOURCES = \
	%D%/bus-check.c \
	%D%/bus-host.c \
	%D%/bus-profile.c \
	%D%/bus-trial.c \
	%D%/bus.c %D%/bus.h \
	%D%/capability.c %D%/capability.h \
	%D%/cpuidd.h \
	%D%/error.c \
	%D%/explain.c \
	%D%/form.c \
	%D%/guest.c \
	%D%/host.c \
	%D%/kinds.c \
	%D%/monitor.c \
	%D%/offer.c \
	%D%/private.h \
	%D%/resolve.c \
	%D%/status.c \
	%D%/trial.c \
	%D%/verdict.c
%C%_libcpuidd_la_LIBADD = %D%/libqmp.la client/formats/libformats.la policy/libpolicy.la $(SYSTEMD_LIBS) $(JSON_LIBS) $(GLIB_LIBS)
%C%_libcpuidd_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(srcdir)/%D%/libcpuidd.map
%C%_libcpuidd_la_DEPENDENCIES = %D%/libqmp.la client/formats/libformats.la policy/libpolicy.la %D%/libcpuidd.map
