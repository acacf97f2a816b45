# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `make bench`: ratios, not times
bench_programs = %D%/bench-check %D%/bench-bus %D%/bench-command
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
EXTRA_DIST += %D%/bench.sh

%C%_bench_check_SOURCES = %D%/bench-check.c %D%/bench.h
%C%_bench_check_LDADD = policy/libpolicy.la
%C%_bench_bus_SOURCES = %D%/bench-bus.c %D%/bench.h
%C%_bench_bus_LDADD = $(SYSTEMD_LIBS)
%C%_bench_command_SOURCES = %D%/bench-command.c %D%/bench.h

.PHONY: bench
bench: all $(bench_programs) tests/bus/bus-client
	@$(AM_TESTS_ENVIRONMENT) bash $(srcdir)/%D%/bench.sh %D%
