# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For a script that runs itself in a box, to be sourced on both sides: the box with cpuidd, cpuidctl
# and a system bus in it, and in there that bus and the daemon as its own user.

# run_box SCRIPT [OPTION OF qemu-box ...]
run_box() {
        local script=$1 live system_conf=/usr/share/dbus-1/system.conf

        : "${CPUIDD:?the cpuidd to run}" "${CPUIDCTL:?the cpuidctl to run}" "${top_builddir:?}"
        top_srcdir=${top_srcdir:-$(dirname "$script")/../..}
        live=$top_srcdir/tests/live
        command -v dbus-daemon > /dev/null && [ -e $system_conf ] || {
                echo "${script##*/}: there is no dbus-daemon with $system_conf" >&2
                exit 77
        }
        shift
        "$live/qemu-box" "$@" --with "$live/box-lib.sh" \
                --with "$CPUIDD" --with "$CPUIDCTL" --with "$top_builddir/tests/bus/bus-client" \
                --with dbus-daemon --with $system_conf:$system_conf \
                --with "$top_srcdir/dbus/org.cpuidd1.conf:/usr/share/dbus-1/system.d/org.cpuidd1.conf" \
                "$script"
}

# The rest is for inside.

as_nobody() {
        setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

die() {
        echo "${0##*/}: $1" >&2
        cat "${@:2}" >&2
        exit 1
}

start_bus() {
        mkdir -p /run/dbus
        exec {bus}< <(exec dbus-daemon --system --nofork --nopidfile --print-address 2> /run/bus.log)
        read -r -t 60 -u "$bus" _ || die "dbus-daemon does not start" /run/bus.log
}

# start_daemon LOG: up to READY=1, like tests/bus/bus-lib.sh. $daemon is its process.
start_daemon() {
        local line

        exec {notified}< <(exec bus-client notify /run/notify)
        read -r -t 60 -u "$notified" _ || die "nobody listens to the daemon"
        chmod 666 /run/notify
        NOTIFY_SOCKET=/run/notify setpriv --reuid cpuidd --regid cpuidd --init-groups \
                cpuidd 2> "$1" &
        # shellcheck disable=SC2034 # for who sources this
        daemon=$!
        while read -r -t 60 -u "$notified" line; do
                [ "$line" != READY=1 ] || return 0
        done
        die "cpuidd is not ready"
}
