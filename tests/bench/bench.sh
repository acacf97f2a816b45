#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench.sh BENCHDIR: what `make bench` runs, with the environment of the tests. Each line is the
# median of ratios taken in turns in this one run, with the quartiles as its spread.

bench=$PWD/$1
# shellcheck source=tests/bus/bus-lib.sh
. "${top_srcdir:?}/tests/bus/bus-lib.sh"
set -eo pipefail

recording=$recordings/skylake-sp-6.1.recording
"$bench/bench-check" "$recording"

start_bus '<policy context="default">
  <allow own="org.cpuidd1.Echo"/><allow send_destination="org.cpuidd1.Echo"/>
</policy>'
exec {echoing}< <("$bench/bench-bus" --serve)
pids+=($!)
read -r -t $patience -u "$echoing" _
start_daemon --replay "$recording"
"$bench/bench-bus"

# The same question from the command line: the host's own table, in a file and as arguments
"$CPUIDCTL" export --to json > "$work/host.json"
mapfile -t words < <(busctl --system call org.cpuidd1 /org/cpuidd1 org.cpuidd1.Host GetCpuid as 1 \
        irqchip | tr ' ' '\n' | tail -n +3)
# Not libtool's script around it, which an installed one has not
if [ -x "$top_builddir/client/ctl/.libs/cpuidctl" ]; then
        CPUIDCTL=$top_builddir/client/ctl/.libs/cpuidctl
        export LD_LIBRARY_PATH=$top_builddir/client/lib/.libs
fi
"$bench/bench-command" "cpuidctl check : busctl call of the same question" 1 \
        "$CPUIDCTL" check "$work/host.json" -- \
        busctl --system call org.cpuidd1 /org/cpuidd1 org.cpuidd1.Host Check 'aua{sv}' \
        "${#words[@]}" "${words[@]}" 0
