# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests that need a bus, to be sourced: a private bus of type system with the policy that we ship,
# the real daemon on it, TAP, and waiting for what happens instead of for a time.

set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir}
CPUIDD=${CPUIDD:-$top_builddir/daemon/cpuidd}
recordings=$top_srcdir/tests/recordings
patience=60 # seconds, for what takes milliseconds: machines are loaded and sanitizers slow

n_tests=0
n_failed=0
pids=()

skip_all() {
        echo "1..0 # SKIP $*"
        exit 0
}

command -v dbus-daemon > /dev/null || skip_all "there is no dbus-daemon"

# A short path, since addresses of sockets are, and one that other users may enter
work=$(mktemp -d /tmp/cpuidd-bus.XXXXXX) || exit 1
chmod 711 "$work"

finish() {
        exec 2> /dev/null # bash would tell of each that is killed
        [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}"
        wait
        rm -rf "$work"
}
trap finish EXIT

client=$work/bus-client
cp "$top_builddir/tests/bus/bus-client" "$client" || exit 1

ok() { # NAME: as the last command went
        local status=$?

        n_tests=$((n_tests + 1))
        if [ $status -eq 0 ]; then
                echo "ok $n_tests - $1"
        else
                echo "not ok $n_tests - $1"
                n_failed=$((n_failed + 1))
        fi
        return $status
}

skip() { # NAME REASON
        n_tests=$((n_tests + 1))
        echo "ok $n_tests - $1 # SKIP $2"
}

is() { # NAME GOT EXPECTED
        [ "$2" = "$3" ]
        ok "$1" || printf '# got:      %s\n# expected: %s\n' "$2" "$3"
}

like() { # NAME GOT PATTERN
        [[ $2 =~ $3 ]]
        ok "$1" || printf '# got:      %s\n# expected: %s\n' "$2" "$3"
}

done_testing() {
        echo "1..$n_tests"
        [ $n_failed -eq 0 ]
        exit
}

start_bus() { # [MORE POLICY]
        local policy=$top_srcdir/dbus/org.cpuidd1.conf own=${1:-}

        # The policy lets root own the name; who tests as somebody else needs more.
        [ "$(id -u)" = 0 ] ||
                own+="<policy user=\"$(id -un)\"><allow own=\"org.cpuidd1\"/>
                        <allow send_destination=\"org.cpuidd1\"/></policy>"

        # The rest is what dbus-daemon's own system.conf says.
        cat > "$work/bus.conf" << END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=$work/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>$policy</include>
  $own
</busconfig>
END
        # An end that is open for reading and writing blocks neither side; a bus that fails to start
        # is a time-out here.
        mkfifo "$work/address"
        exec {address}<> "$work/address"
        dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile --print-address=3 \
                3> "$work/address" 2> "$work/bus.log" &
        bus_pid=$!
        pids+=($bus_pid)
        if ! read -r -t $patience -u "$address" _; then
                echo "Bail out! dbus-daemon does not start: $(cat "$work/bus.log")"
                exit 1
        fi
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus
}

# Where a daemon's notifications can be read: expect_notification. Each has its own, so that none is
# taken for ready because the one before was.
start_notify() {
        n_notify=$((${n_notify:-0} + 1))
        mkfifo "$work/notified-$n_notify"
        exec {notified}<> "$work/notified-$n_notify"
        "$client" notify "$work/notify-$n_notify" > "$work/notified-$n_notify" &
        pids+=($!)
        expect_notification listening
}

expect_notification() { # PATTERN: of a whole line; the last line read is $notification
        while read -r -t $patience -u "$notified" notification; do
                [[ $notification =~ ^$1$ ]] && return 0
        done
        echo "# no notification '$1'"
        return 1
}

# start_daemon ARGUMENT...: up to READY=1. $daemon is its process, $work/log what it says.
start_daemon() {
        start_notify
        NOTIFY_SOCKET=$work/notify-$n_notify "$CPUIDD" "$@" 2> "$work/log" &
        daemon=$!
        pids+=($daemon)
        if ! expect_notification READY=1; then
                echo "Bail out! cpuidd is not ready: $(cat "$work/log")"
                exit 1
        fi
}

# What it says may come behind what it sends: await_log N, up to its Nth line
await_log() {
        local n=0

        while [ $n -lt "$1" ] && read -r -t $patience _; do
                n=$((n + 1))
        done < <(tail -n +1 -f --pid="$daemon" "$work/log")
}

stop_daemon() { # SIGNAL; gives the exit status
        kill "-${1:-TERM}" "$daemon"
        wait "$daemon" 2> /dev/null
}

ask() { # MEMBER [TEXT]
        "$client" call "$@"
}

property() {
        busctl --system get-property org.cpuidd1 /org/cpuidd1 org.cpuidd1.Host "$1"
}

# watch_signals N: begins to, and returns when it has; read_signal NAME reads the next
watch_signals() {
        [ -e "$work/signals" ] || mkfifo "$work/signals"
        exec {signals}<> "$work/signals"
        "$client" watch "$1" > "$work/signals" &
        pids+=($!)
        read -r -t $patience -u "$signals" _
}

read_signal() { # into $signal
        signal=
        read -r -t $patience -u "$signals" signal
}

# start_fake: fake-cpuidd on the bus; what it was called with is in $work/calls, a line each
start_fake() {
        mkfifo "$work/fake-ready"
        exec {fake_ready}<> "$work/fake-ready"
        "$top_builddir/tests/bus/fake-cpuidd" 2> "$work/log" > >(tee "$work/calls" > "$work/fake-ready") &
        pids+=($!)
        if ! read -r -t $patience -u "$fake_ready" _; then
                echo "Bail out! fake-cpuidd is not ready: $(cat "$work/log")"
                exit 1
        fi
}

# With the machine's /dev hidden, so that there is no KVM whatever the machine has
without_kvm() {
        if [ ! -e /dev/kvm ]; then
                echo
        elif unshare --mount true 2> /dev/null; then
                echo "unshare --mount --propagation private sh -c 'mount -t tmpfs none /dev && mknod /dev/null c 1 3 && exec \"\$@\"' sh"
        else
                return 1
        fi
}
