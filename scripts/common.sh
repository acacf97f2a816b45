# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What scripts/quickstart and scripts/test share: packages, and a build outside of the tree.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(
        autoconf autoconf-archive automake dbus gcc libc6-dev libglib2.0-bin libglib2.0-dev
        libjson-glib-dev libseccomp-dev libsystemd-dev libtool make pkg-config scdoc systemd
)

die() {
        echo "${0##*/}: $*" >&2
        exit 1
}

# as_root COMMAND...
as_root() {
        if [ "$(id -u)" -eq 0 ]; then
                "$@"
        elif command -v sudo > /dev/null; then
                sudo "$@"
        else
                die "'$1' needs root: run this as root, or install sudo"
        fi
}

# need PACKAGE...: installs those that are missing
need() {
        local package missing=()

        command -v dpkg-query > /dev/null || {
                echo "${0##*/}: no dpkg here; what is needed is Debian's: $*" >&2
                return 0
        }
        for package; do
                dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^.i' ||
                        missing+=("$package")
        done
        [ ${#missing[@]} -gt 0 ] || return 0

        echo "installing ${missing[*]}"
        as_root apt-get -qq update < /dev/null ||
                die "apt-get update failed; needed are: ${missing[*]}"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
                "${missing[@]}" < /dev/null > /dev/null || die "cannot install: ${missing[*]}"
}

# quietly LOG COMMAND...: what it says goes to LOG, and is shown when it fails
quietly() {
        local log=$1

        shift
        "$@" > "$log" 2>&1 < /dev/null && return 0
        tail -n 40 "$log" >&2
        die "'$*' failed; all that it said is in $log"
}

# build NAME CONFIGURE-ARGUMENT...: everything in build/NAME, tests too if asked for by MAKE_GOALS
build() {
        local dir=$top/build/$1

        shift
        mkdir -p "$dir"
        if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
                (cd "$top" && quietly "$dir/autoreconf.log" autoreconf -fi)
        fi
        [ -e "$dir/config.status" ] ||
                (cd "$dir" && quietly "$dir/configure.log" "$top/configure" -q "$@")
        # shellcheck disable=SC2086
        quietly "$dir/make.log" make -C "$dir" -j "$(nproc)" ${MAKE_GOALS:-all}
}
