# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests/abuse and tests/soak, to be sourced: the daemon on a bus that takes more connections than
# one has, and what the programs here want to know of it

# shellcheck source=tests/bus/bus-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bus/bus-lib.sh"

abuse=$top_builddir/tests/abuse
recording=${RECORDING:-$recordings/sapphire-rapids-6.12.recording}

# Everybody may own the echo's name, and a user more connections than dbus-daemon's 256.
start_abused() { # ARGUMENT...: of the daemon
        ulimit -n 4096 2> /dev/null
        [ -n "${bus_pid:-}" ] || start_bus '<limit name="max_connections_per_user">1100</limit>
  <limit name="max_completed_connections">2048</limit>
  <policy context="default">
    <allow own="org.cpuidd1.Echo"/><allow send_destination="org.cpuidd1.Echo"/>
  </policy>'
        start_daemon "$@"
        export CPUIDD_PID=$daemon
        if nm -D "$CPUIDD" 2> /dev/null | grep -q __asan_; then
                export CPUIDD_SANITIZED=yes
        fi
}

# Whether every byte of what it has said is one that a line may have
log_is_clean() {
        ! LC_ALL=C grep -q '[^ -~]' "$work/log"
}

# log_level LEVEL: at debug there is a line for each call
log_level() {
        busctl --system set-property org.cpuidd1 /org/freedesktop/LogControl1 \
                org.freedesktop.LogControl1 LogLevel s "$1"
}

# count_calls N
count_calls() {
        local said before after ours

        log_level debug
        before=$(grep -c 'call of Get\|call of Check' "$work/log")
        said=$("$abuse/load" count "$1")
        ok "each of $1 calls by 64 clients has its answer, and nothing stays"
        echo "${said//#/# }" | sed 's/^#* */# /'
        log_level info
        # What health.c asks before and after
        ours=$((401 + 2 * $(sed -n 's/.*after \([0-9]*\) calls.*/\1/p' <<< "$said")))
        after=$(grep -c 'call of Get\|call of Check' "$work/log")
        is "the daemon has counted as many" $((after - before - ours)) "$1"
        like "and the clients" "$said" "sent $1 answered $1 errors [0-9]+ wrong 0"
}

# fuzz_calls NAME ARGUMENT...
fuzz_calls() {
        local name=$1

        shift
        "$abuse/busfuzz" "$@" > "$work/said"
        ok "calls $name: each has an answer or an error that is in the contract"
        sed 's/^#* */# /' "$work/said"
}
