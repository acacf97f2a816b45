# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the tests on the corpus have in common. The corpus is no part of this project: it is read
# where it is, and without it there is nothing to test.

set -u

here=${top_srcdir:?}/tests/corpus
corpus=$top_srcdir/../shared/corpus
cpuidctl=${CPUIDCTL:?the cpuidctl to test}

skip_all() {
        echo "1..0 # SKIP $1"
        exit 0
}

[ -d "$corpus" ] || skip_all "there is no corpus at $corpus"

# Not libtool's script around it, which takes longer than the question
if [ -x "${top_builddir:?}/client/ctl/.libs/cpuidctl" ]; then
        cpuidctl=$top_builddir/client/ctl/.libs/cpuidctl
        export LD_LIBRARY_PATH=$top_builddir/client/lib/.libs
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

n=0
bad=0

# passed NAME, failed NAME WHY, skipped NAME WHY
passed() {
        echo "ok $((++n)) - $1"
}

failed() {
        bad=1
        printf '%s\n' "$2" | sed 's/^/# /'
        echo "not ok $((++n)) - $1"
}

skipped() {
        echo "ok $((++n)) - $1 # SKIP $2"
}

has_error() {
        [[ $1 == *'"severity":"error"'* ]]
}

# The capabilities that a verdict as JSON says to enable, with commas
needs_of() {
        [[ $1 =~ \"needs\":\[([^]]*)\] ]] || return 1
        printf '%s' "${BASH_REMATCH[1]//\"/}"
}
