# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The corpus of recorded CPUs, which is not ours to ship; skipped where it is not.
TESTS += %D%/corpus.test %D%/matrix.test
EXTRA_DIST += %D%/corpus-lib.sh %D%/corpus.test %D%/matrix.test %D%/matrix.tsv
