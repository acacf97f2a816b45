## SPDX-License-Identifier: LGPL-2.1-or-later

# The generated sources are compiled into policy/libpolicy.la.
data_sources = \
	%D%/field-table.c \
	%D%/capability-table.c \
	%D%/control-table.c \
	%D%/correction-table.c
data_headers = \
	%D%/field-sizes.h \
	%D%/capability-sizes.h \
	%D%/control-sizes.h \
	%D%/correction-sizes.h

# These are compiled into client/formats/libformats.la.
name_sources = %D%/name-table.c
name_headers = %D%/name-sizes.h

BUILT_SOURCES += $(data_headers) $(name_headers)
CLEANFILES += $(data_sources) $(data_headers) $(name_sources) $(name_headers)
EXTRA_DIST += \
	%D%/fields.table \
	%D%/msrs.table \
	%D%/capabilities.table \
	%D%/table.awk \
	%D%/entries.awk \
	%D%/msrs.awk \
	%D%/fields.awk \
	%D%/fields-relations.awk \
	%D%/fields-vendor.awk \
	%D%/fields-reserved.awk \
	%D%/fields-c.awk \
	%D%/capabilities.awk \
	%D%/controls.table \
	%D%/controls.awk \
	%D%/corrections.table \
	%D%/corrections.awk \
	%D%/names.table \
	%D%/names.awk

data_fields = \
	$(srcdir)/%D%/table.awk \
	$(srcdir)/%D%/msrs.awk \
	$(srcdir)/%D%/fields.awk \
	$(srcdir)/%D%/fields-relations.awk \
	$(srcdir)/%D%/fields-vendor.awk \
	$(srcdir)/%D%/fields-reserved.awk \
	$(srcdir)/%D%/fields-c.awk \
	$(srcdir)/%D%/fields.table \
	$(srcdir)/%D%/msrs.table
field_tables = $(srcdir)/%D%/fields.table $(srcdir)/%D%/msrs.table
data_capabilities = \
	$(srcdir)/%D%/table.awk \
	$(srcdir)/%D%/entries.awk \
	$(srcdir)/%D%/capabilities.awk \
	$(srcdir)/%D%/fields.table \
	$(srcdir)/%D%/capabilities.table

data_controls = \
	$(srcdir)/%D%/table.awk \
	$(srcdir)/%D%/entries.awk \
	$(srcdir)/%D%/controls.awk \
	$(srcdir)/%D%/fields.table \
	$(srcdir)/%D%/controls.table

data_corrections = \
	$(srcdir)/%D%/table.awk \
	$(srcdir)/%D%/entries.awk \
	$(srcdir)/%D%/corrections.awk \
	$(srcdir)/%D%/fields.table \
	$(srcdir)/%D%/corrections.table

data_names = \
	$(srcdir)/%D%/table.awk \
	$(srcdir)/%D%/names.awk \
	$(srcdir)/%D%/names.table

compile_fields = LC_ALL=C $(AWK) \
	-f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/msrs.awk -f $(srcdir)/%D%/fields.awk \
	-f $(srcdir)/%D%/fields-relations.awk -f $(srcdir)/%D%/fields-vendor.awk \
	-f $(srcdir)/%D%/fields-reserved.awk \
	-f $(srcdir)/%D%/fields-c.awk
compile_capabilities = LC_ALL=C $(AWK) \
	-f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/entries.awk -f $(srcdir)/%D%/capabilities.awk
compile_controls = LC_ALL=C $(AWK) \
	-f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/entries.awk -f $(srcdir)/%D%/controls.awk
compile_corrections = LC_ALL=C $(AWK) \
	-f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/entries.awk -f $(srcdir)/%D%/corrections.awk
compile_names = LC_ALL=C $(AWK) \
	-f $(srcdir)/%D%/table.awk -f $(srcdir)/%D%/names.awk

%D%/field-table.c: $(data_fields)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_fields) -v mode=source $(field_tables) > $@.tmp || { rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/field-sizes.h: $(data_fields)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_fields) -v mode=header $(field_tables) > $@.tmp || { rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/capability-table.c: $(data_capabilities)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_capabilities) -v mode=source $(srcdir)/%D%/fields.table $(srcdir)/%D%/capabilities.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/capability-sizes.h: $(data_capabilities)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_capabilities) -v mode=header $(srcdir)/%D%/fields.table $(srcdir)/%D%/capabilities.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/control-table.c: $(data_controls)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_controls) -v mode=source $(srcdir)/%D%/fields.table $(srcdir)/%D%/controls.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/control-sizes.h: $(data_controls)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_controls) -v mode=header $(srcdir)/%D%/fields.table $(srcdir)/%D%/controls.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/correction-table.c: $(data_corrections)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_corrections) -v mode=source $(srcdir)/%D%/fields.table $(srcdir)/%D%/corrections.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/correction-sizes.h: $(data_corrections)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_corrections) -v mode=header $(srcdir)/%D%/fields.table $(srcdir)/%D%/corrections.table > $@.tmp || \
	{ rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/name-table.c: $(data_names)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_names) -v mode=source $(srcdir)/%D%/names.table > $@.tmp || { rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@

%D%/name-sizes.h: $(data_names)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ $(compile_names) -v mode=header $(srcdir)/%D%/names.table > $@.tmp || { rm -f $@.tmp; exit 1; }; } && mv -f $@.tmp $@
