# SPDX-License-Identifier: LGPL-2.1-or-later
# The real daemon on a private bus with the policy that is shipped
bus_tests = \
	%D%/batch.test \
	%D%/catalog.test \
	%D%/events.test \
	%D%/introspection.test \
	%D%/lifecycle.test \
	%D%/log-control.test \
	%D%/members.test \
	%D%/memory.test \
	%D%/monitor.test \
	%D%/not-ready.test \
	%D%/online.test \
	%D%/polkit.test \
	%D%/remote.test \
	%D%/storm.test \
	%D%/trial-client.test \
	%D%/trial.test \
	%D%/trials.test \
	%D%/turns.test \
	%D%/unit.test \
	%D%/unknown.test \
	%D%/unprivileged.test

# Parts of the daemon, without a bus
bus_parts = \
	%D%/test-child \
	%D%/test-log \
	%D%/test-repeats \
	%D%/test-watch \
	%D%/test-wire-trial

# What the tests run
bus_programs = \
	%D%/bus-client \
	%D%/fake-cpuidd \
	%D%/test-batch \
	%D%/test-members \
	%D%/test-online \
	%D%/test-partial \
	%D%/test-trial \
	%D%/test-trial-client \
	%D%/test-trials \
	%D%/test-turns \
	%D%/trial-storm

TESTS += $(bus_tests) $(bus_parts)
EXTRA_DIST += $(bus_tests) %D%/bus-lib.sh
check_PROGRAMS += $(bus_parts) $(bus_programs)

%C%_bus_client_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_fake_cpuidd_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_batch_SOURCES = %D%/test-batch.c %D%/call.c %D%/call.h
%C%_test_batch_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_child_SOURCES = %D%/test-child.c daemon/child.c daemon/child.h
%C%_test_child_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_log_SOURCES = %D%/test-log.c daemon/log.c daemon/log.h
%C%_test_log_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_members_SOURCES = %D%/test-members.c %D%/call.c %D%/call.h
%C%_test_members_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_online_LDADD = client/lib/libcpuidd.la $(GLIB_LIBS)
%C%_test_partial_SOURCES = %D%/test-partial.c %D%/call.c %D%/call.h
%C%_test_partial_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_repeats_LDADD = \
	daemon/bus/libbus.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_trial_client_SOURCES = %D%/test-trial-client.c %D%/call.c %D%/call.h
%C%_test_trial_client_LDADD = client/lib/libcpuidd.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_turns_SOURCES = %D%/test-turns.c %D%/call.c %D%/call.h
%C%_test_turns_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_watch_SOURCES = %D%/test-watch.c daemon/uevent.c daemon/uevent.h daemon/watch.c daemon/watch.h
%C%_test_watch_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_trial_SOURCES = %D%/test-trial.c %D%/call.c %D%/call.h
%C%_test_trial_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_trials_LDADD = \
	daemon/bus/libbus.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_trial_storm_SOURCES = %D%/trial-storm.c %D%/call.c %D%/call.h
%C%_trial_storm_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
%C%_test_wire_trial_LDADD = \
	daemon/bus/libbus.la policy/libpolicy.la $(SYSTEMD_LIBS) $(GLIB_LIBS)
