# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the documentation shows, held against what the command answers
docs_tests = %D%/docs.test %D%/security.test

TESTS += $(docs_tests)
EXTRA_DIST += $(docs_tests)
