# SPDX-License-Identifier: LGPL-2.1-or-later
nodist_systemdsystemunit_DATA = %D%/cpuidd.service
dist_journalcatalog_DATA = %D%/cpuidd.catalog
CLEANFILES += $(nodist_systemdsystemunit_DATA)
EXTRA_DIST += %D%/cpuidd.service.in %D%/cpuidd.sysusers

# $(libexecdir) is known when make runs, so configure cannot write it.
%D%/cpuidd.service: $(srcdir)/%D%/cpuidd.service.in
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	sed 's|@libexecdir[@]|$(libexecdir)|' $(srcdir)/%D%/cpuidd.service.in > $@.tmp && mv -f $@.tmp $@

# The installed name is not the one here, which says what it is.
install-data-local: install-sysusers
uninstall-local: uninstall-sysusers
.PHONY: install-sysusers uninstall-sysusers
install-sysusers:
	$(MKDIR_P) $(DESTDIR)$(sysusersdir)
	$(INSTALL_DATA) $(srcdir)/%D%/cpuidd.sysusers $(DESTDIR)$(sysusersdir)/cpuidd.conf
uninstall-sysusers:
	rm -f $(DESTDIR)$(sysusersdir)/cpuidd.conf
