#!/bin/sh
# Runs a kernel test and prints its TAP: tests/kernel.sh NAME [ringside options]. NAME.sys is loaded; NAME.exe, if there is one, is run with it. A line
# "// ringside run OPTIONS" in NAME.c names the options that it needs, "// ringside match ID" the device that it is for.
name=$1
shift
build=${BUILD:-build}
program=
[ -f "$build/tests/user/$name.exe" ] && program=$build/tests/user/$name.exe
options=$(sed -n 's|^// ringside run ||p' "tests/kernel/$name.c")
match=$(sed -n 's|^// ringside match ||p' "tests/kernel/$name.c")
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$build/ringside" run --alone --timeout 60 $options "$@" -d "$build/tests/kernel/$name.sys" ${match:+--match "$match"} $program >"$output" 2>&1
status=$?
sed -n 's/\r$//; s/^dbg: //; /^\(ok\|not ok\|1\.\.\|#\)/p' "$output"
if [ $status != 0 ]; then
    sed 's/^/# /' "$output"
    echo "not ok - $name ended with $status"
    exit 1
fi
