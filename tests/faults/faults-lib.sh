# SPDX-License-Identifier: LGPL-2.1-or-later
# To be sourced: the real daemon, as it ships, in a box in which calls go wrong (fault-box.c)

# shellcheck source=tests/bus/bus-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bus/bus-lib.sh"

box=$top_builddir/tests/faults/fault-box
cpuidctl=${CPUIDCTL:-$top_builddir/client/ctl/cpuidctl}
real_cpuidd=$CPUIDD

! nm -D "$CPUIDD" 2> /dev/null | grep -q __asan_ ||
        skip_all "built with sanitizers: what is tested here are the errors of what ships"
[ "$(id -u)" = 0 ] || [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2> /dev/null || echo 0)" = 0 ] ||
        skip_all "the memory of other processes is not ours to write to (yama)"
"$box" "$work/rules" "$work/box-log" true ||
        skip_all "the kernel has no notification of system calls"

mkfifo "$work/events" || exit 1
exec {events}<> "$work/events"

# In the box: a file that is started as cpuidd is
CPUIDD=$work/cpuidd
printf '#!/bin/sh\nexec %q %q %q %q "$@"\n' "$box" "$work/rules" "$work/events" "$real_cpuidd" > "$CPUIDD"
chmod 755 "$CPUIDD"

# faulty RULE...: from now on. Without one nothing goes wrong any more.
faulty() {
        printf '%s\n' "$@" > "$work/new-rules" && mv "$work/new-rules" "$work/rules"
}

# await_event PATTERN: into $event; the process that it is about is $caller
await_event() {
        while read -r -t $patience -u "$events" event; do
                caller=${event##* }
                [[ $event =~ ^$1 ]] && return 0
        done
        echo "# no event '$1'"
        return 1
}

# ask_later MEMBER: returns when the service has the call; read_answer reads the answer into $answer
ask_later() {
        local fifo=$work/later-$((++n_later))

        mkfifo "$fifo"
        exec {later}<> "$fifo"
        "$top_builddir/tests/faults/caller" ask "$@" > "$fifo" 2>&1 &
        pids+=($!)
        read_answer
}
n_later=0

read_answer() {
        answer=
        read -r -t $patience -u "$later" answer
}

# What it says that it is: a question that needs a host, and the property
state() {
        echo "$(property Ready), $(ask GetProfile)"
}

fingerprint() {
        property Fingerprint | cut -d '"' -f 2
}

not_ready='^b false, org.cpuidd1.Error.NotReady: '

# Ends within a second, with 0: milliseconds that it took are $took
stops_at_once() { # NAME
        local before=${EPOCHREALTIME/./} status

        stop_daemon TERM
        status=$?
        took=$(((${EPOCHREALTIME/./} - before) / 1000))
        is "$1: it ends with 0" $status 0
        [ $took -lt 1000 ]
        ok "$1: within a second" || echo "# $took ms"
}
