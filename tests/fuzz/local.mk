# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `make fuzz SECONDS=60 FORMS='xen qemu'` needs clang; `make check` replays with whatever compiler.
EXTRA_PROGRAMS += %D%/fuzz-form %D%/fuzz-trial %D%/fuzz-wire
CLEANFILES += %D%/fuzz-form %D%/fuzz-trial %D%/fuzz-wire
%C%_fuzz_form_SOURCES = %D%/fuzz-form.c %D%/fuzz-one.c %D%/fuzz.h
%C%_fuzz_form_LDADD = client/formats/libformats.la policy/libpolicy.la
%C%_fuzz_form_LDFLAGS = -fsanitize=fuzzer $(AM_LDFLAGS)
%C%_fuzz_trial_SOURCES = %D%/fuzz-trial.c
%C%_fuzz_trial_LDADD = policy/libpolicy.la $(GLIB_LIBS)
%C%_fuzz_trial_LDFLAGS = -fsanitize=fuzzer $(AM_LDFLAGS)

%C%_fuzz_wire_SOURCES = %D%/fuzz-wire.c %D%/wire.c %D%/wire.h
%C%_fuzz_wire_LDADD = daemon/bus/libbus.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_fuzz_wire_LDFLAGS = -fsanitize=fuzzer $(AM_LDFLAGS)

check_PROGRAMS += %D%/replay %D%/replay-wire
%C%_replay_wire_SOURCES = %D%/replay-wire.c %D%/wire.c %D%/wire.h
%C%_replay_wire_LDADD = daemon/bus/libbus.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_replay_SOURCES = %D%/replay.c %D%/fuzz-one.c %D%/fuzz.h
%C%_replay_LDADD = tests/unit/libformsupport.la

TESTS += %D%/replay.test %D%/wire.test
EXTRA_DIST += %D%/cuts %D%/found %D%/fuzz %D%/replay.test %D%/wire.test tests/samples

SECONDS = 60
.PHONY: fuzz
fuzz:
	$(srcdir)/%D%/fuzz --seconds $(SECONDS) $(FORMS)

# By hand: `make cuts BELOW=30000`, a copy for each byte of the files with less than that many
BELOW = 1000000000
.PHONY: cuts
cuts: %D%/replay
	@REPLAY=%D%/replay $(srcdir)/%D%/cuts --below $(BELOW)
