# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The acceptance cases, run by their own runner.
TESTS += %D%/cases.test
EXTRA_DIST += %D%
