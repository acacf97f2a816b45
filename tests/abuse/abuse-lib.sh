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
        start_bus '<limit name="max_connections_per_user">1100</limit>
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
