# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpuidctl: one file a command; the table of commands is in command.c.
bin_PROGRAMS += %D%/cpuidctl
%C%_cpuidctl_SOURCES = \
	%D%/agent.c %D%/agent.h \
	%D%/capabilities.c \
	%D%/change.c %D%/change.h \
	%D%/check.c \
	%D%/command.c %D%/command.h \
	%D%/convert.c \
	%D%/explain.c \
	%D%/export.c \
	%D%/findings.c %D%/findings.h \
	%D%/form.c %D%/form.h \
	%D%/help.c %D%/help.h \
	%D%/main.c \
	%D%/monitor.c \
	%D%/options.c %D%/options.h \
	%D%/output.c %D%/output.h \
	%D%/read.c %D%/read.h \
	%D%/refresh.c \
	%D%/show.c %D%/show.h \
	%D%/show-fields.c \
	%D%/show-table.c \
	%D%/status.c %D%/status.h \
	%D%/suggest.c %D%/suggest.h \
	%D%/trial.c %D%/trial.h \
	%D%/trial-self.c \
	%D%/trial-show.c
%C%_cpuidctl_CFLAGS = $(AM_CFLAGS) $(PIE_CFLAGS)
%C%_cpuidctl_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
%C%_cpuidctl_LDADD = client/lib/libcpuidd.la $(GLIB_LIBS)

man_sources += %D%/cpuidctl.1.scd

# bash looks for it by the command's name
EXTRA_DIST += %D%/cpuidctl.bash-completion
install-data-local: install-completion
uninstall-local: uninstall-completion
.PHONY: install-completion uninstall-completion
install-completion:
	$(MKDIR_P) $(DESTDIR)$(bashcompletiondir)
	$(INSTALL_DATA) $(srcdir)/%D%/cpuidctl.bash-completion $(DESTDIR)$(bashcompletiondir)/cpuidctl
uninstall-completion:
	rm -f $(DESTDIR)$(bashcompletiondir)/cpuidctl
