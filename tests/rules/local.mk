## SPDX-License-Identifier: LGPL-2.1-or-later

rules_tests = \
	%D%/style.test \
	%D%/tables.test \
	%D%/layers.test

TESTS += $(rules_tests)
EXTRA_DIST += \
	$(rules_tests) \
	%D%/small.table \
	%D%/small-msrs.table \
	%D%/small-capabilities.table \
	%D%/small-controls.table \
	%D%/small-corrections.table \
	%D%/small-names.table \
	%D%/bad
