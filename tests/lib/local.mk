# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libcpuidd as programs use it: through its header alone, and what it exports
check_PROGRAMS += %D%/test-cpuidd %D%/test-forms %D%/test-resolve
TESTS += %D%/test-cpuidd %D%/test-forms %D%/test-resolve %D%/header.test
EXTRA_DIST += %D%/header.test

%C%_test_cpuidd_SOURCES = %D%/test-cpuidd.c %D%/support.c %D%/support.h
%C%_test_cpuidd_LDADD = client/lib/libcpuidd.la $(GLIB_LIBS)

%C%_test_forms_SOURCES = %D%/test-forms.c %D%/support.c %D%/support.h
%C%_test_forms_LDADD = client/lib/libcpuidd.la $(GLIB_LIBS)

%C%_test_resolve_SOURCES = %D%/test-resolve.c %D%/support.c %D%/support.h
%C%_test_resolve_LDADD = client/lib/libcpuidd.la $(GLIB_LIBS)
