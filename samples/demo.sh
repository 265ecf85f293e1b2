#!/bin/sh
# The first tutorial, end to end, for each of the three builds of the Example driver: the loader installs and starts it and waits for Enter; meanwhile
# the client talks to it; then the loader stops and deletes it.
set -eu
build=${BUILD:-build}
for kind in buffered direct neither; do
    echo
    printf '%s\n' "\$ ringside run --root $build/samples --and 'client.exe \"Hello from user mode!\"' loader.exe C:\\example-$kind.sys"
    echo | "$build/ringside" run --root "$build/samples" --and "$build/samples/client.exe \"Hello from user mode!\"" "$build/samples/loader.exe" "C:\\example-$kind.sys"
done 2>&1 | tr -d '\r'
