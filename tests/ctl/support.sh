# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# What the tests of cpuidctl share: sourced by them. One call of cpuidctl, then what is to be true of it.

top_srcdir=${top_srcdir:-$(dirname "$0")/../..}
CPUIDCTL=${CPUIDCTL:-${top_builddir:-$top_srcdir}/client/ctl/cpuidctl}
cases=$top_srcdir/tests/cases
recordings=$top_srcdir/tests/recordings
skylake=$recordings/skylake-sp-6.1.recording

# Nobody's daemon answers here, and nobody's settings count.
export LC_ALL=C TERM=xterm
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent/bus
unset COLUMNS NO_COLOR

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

n=0
n_failed=0
status=
out=$dir/out
err=$dir/err

# call ARGUMENTS...: its answer is in $out and $err, and its exit status in $status
call() {
        called=$*
        "$CPUIDCTL" "$@" > "$out" 2> "$err" < "${input:-/dev/null}"
        status=$?
}

result() {
        local ok=$1 name=$2

        n=$((n + 1))
        if [ "$ok" = yes ]; then
                echo "ok $n - $name"
                return
        fi
        n_failed=$((n_failed + 1))
        echo "not ok $n - $name"
        echo "# cpuidctl $called: exit status $status"
        sed 's/^/# out: /' "$out" | head -20
        sed 's/^/# err: /' "$err" | head -5
}

# is NAME COMMAND...: the command succeeds
is() {
        local name=$1

        shift
        if "$@" > /dev/null 2>&1; then result yes "$name"; else result no "$name"; fi
}

skip() {
        n=$((n + 1))
        echo "ok $n - $1 # SKIP $2"
}

exits() { [ "$status" -eq "$1" ]; }
says() { grep -qF -- "$1" "$out"; }
says_line() { grep -qxF -- "$1" "$out"; }
matches() { grep -qE -- "$1" "$out"; }
silent() { [ ! -s "$err" ]; }
lacks() { ! grep -qE -- "$1" "$out"; }
n_lines() { [ "$(wc -l < "$out")" -eq "$1" ]; }
no_wider_than() { ! grep -qE "^.{$(($1 + 1)),}$" "$out"; }

# refuses NAME STATUS TEXT ARGUMENTS...: nothing on standard output, and the one line on standard error has
# the text in it
refuses() {
        local name=$1 expected=$2 text=$3

        shift 3
        call "$@"
        if [ "$status" -eq "$expected" ] && [ ! -s "$out" ] && [ "$(wc -l < "$err")" -eq 1 ] &&
                grep -q '^cpuidctl: ' "$err" && grep -qF -- "$text" "$err"; then
                result yes "$name"
        else
                echo "# expected exit status $expected and one line with '$text'"
                result no "$name"
        fi
}

# guest_of CASE: the guest of an acceptance case, as a file of its own
guest_of() {
        awk '/^  "guest": [{]$/ { p = 1; print "{"; next }
                p && /^  [}],?$/ { print "}"; exit }
                p' "$cases/$1.json" > "$dir/$1.json"
        echo "$dir/$1.json"
}

plan() {
        echo "1..$n"
        [ $n_failed -eq 0 ]
}
