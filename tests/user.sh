#!/bin/sh
# Runs a user-mode test program, which prints TAP itself: tests/user.sh NAME [arguments].
name=$1
shift
build=${BUILD:-build}
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$build/ringside" run --alone --timeout 60 "$build/tests/user/$name.exe" "$@" </dev/null >"$output" 2>"$output.err"
status=$?
tr -d '\r' <"$output"
if [ $status != 0 ]; then
    sed 's/^/# /' "$output.err"
    rm -f "$output.err"
    echo "not ok - $name ended with $status"
    exit 1
fi
rm -f "$output.err"
