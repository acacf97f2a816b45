# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For the tests that look at what came out of a box, to be sourced: TAP, hosts compared, and what is
# known of trials.

: "${CPUIDD:?the cpuidd to test}" "${CPUIDCTL:?the cpuidctl to test}" "${top_builddir:?}"
top_srcdir=${top_srcdir:-$(dirname "$0")/../..}
live=$top_srcdir/tests/live
shopt -s lastpipe # verdict counts in this shell

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
n=0
n_failed=0

# A test passes when it has nothing to say: verdict NAME, with what it says on standard input
verdict() {
        n=$((n + 1))
        cat > "$work/said"
        if [ -s "$work/said" ]; then
                n_failed=$((n_failed + 1))
                echo "not ok $n - $1"
                sed 's/^/# /' "$work/said"
        else
                echo "ok $n - $1"
        fi
}

skip() { # NAME REASON
        n=$((n + 1))
        echo "ok $n - $1 # SKIP $2"
}

done_testing() {
        echo "1..$n"
        [ $n_failed -eq 0 ]
        exit
}

# host_of RECORDING: all that it tells, but for names and times. The rate of the TSC is measured anew
# at each boot; the kernel's release is compared in words.
host_of() {
        "$CPUIDCTL" --host "$1" export --to json | without_times
}

without_times() {
        grep -vE '^ *"(name|kernel|probed_at|tsc_khz|fingerprint)" *:'
}

# Those of cpuidd-box's steps in DIR that had to end well and did not, with what they said. A trial
# that finds something ends well: trials_are_known() looks at that.
failed_steps() { # DIR
        local name status

        while read -r name status _; do
                case "$name $status" in
                *" 0" | "denied"* | "self."*" 1" | "trial."*" 1") ;;
                *)
                        echo "$name: exit status $status"
                        cat "$1/$name.err"
                        ;;
                esac
        done < "$1/steps"
        grep -q '^stop ' "$1/steps" || echo "expected a step 'stop'"
        grep -v '^cpuidd: ready: ' "$1/cpuidd.log"
}

# The offer of a host has nothing against it
offer_findings() { # VERDICT
        grep -q '"verdict":"supported"' "$1" || cat "$1"
        grep -E '"severity":"(error|warning)"' "$1"
}


# A verdict on contradictions that tests/live/KNOWN has not; what it has and did not come up is told in
# comments
trials_are_known() { # NAME PROFILE TRIAL...
        local name=$1 status=0

        shift
        if ! command -v python3 > /dev/null; then
                skip "$name" "there is no python3"
                return
        fi
        "$live/known" "$live/KNOWN" "$@" > "$work/unknown" 2> "$work/known.err" || status=$?
        if [ $status -le 1 ]; then
                sed "s|^$live/|# |" "$work/known.err"
                verdict "$name" < "$work/unknown"
        else
                verdict "$name" < "$work/known.err"
        fi
}
