#!/bin/sh
# Sets up what is missing and calls make: ./do [demo|check|all|install|...]. Debian 12 or a relative of it.
set -eu
cd "$(dirname "$0")"

packages="make clang-19 lld-19 llvm-19 libclang-rt-19-dev libc6-dev mingw-w64-x86-64-dev gcc-mingw-w64-x86-64-win32
libzydis-dev libjansson-dev libdwarf-dev libelf-dev zlib1g-dev libncurses-dev libcmocka-dev perl tmux dosfstools mtools"

target=${1:-demo}
case $target in
-h | --help | help)
    echo "usage: ./do [demo|check|all|install|clean|...]   installs missing packages, then calls make with that target"
    exit 0
    ;;
esac

missing=
for package in $packages; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "do: packages missing:$missing: this is not a Debian system: install their counterparts and call make $target" >&2
        exit 1
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root="sudo -n"
        else
            echo "do: packages missing: neither root nor sudo is at hand: have this run, then call ./do $target again:" >&2
            echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
            exit 1
        fi
    fi
    echo "do: installing$missing" >&2
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

[ $# -gt 0 ] || set -- demo
exec make -j"$(nproc)" --no-print-directory "$@"
