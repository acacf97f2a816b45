# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cpuidctl as people and scripts use it, on recorded hosts
ctl_tests = \
	%D%/convert.test \
	%D%/errors.test \
	%D%/options.test \
	%D%/output.test \
	%D%/trial.test

TESTS += $(ctl_tests)
EXTRA_DIST += $(ctl_tests) %D%/support.sh
