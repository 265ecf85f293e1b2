#!/bin/sh
# T45: what the client wrote is in the log of the machine, for each of the three builds, and not in the client's output.
. tests/lib.sh
ringside=$(realpath "$ringside") s=$(realpath "$build/samples")
XDG_RUNTIME_DIR=$work/runtime XDG_STATE_HOME=$work/state
export XDG_RUNTIME_DIR XDG_STATE_HOME
mkdir -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
trap '"$ringside" down >/dev/null 2>&1; rm -rf "$work"' EXIT
run "$ringside" up --root "$s"
exits 0 "a machine"
for kind in buffered direct neither; do
    run "$ringside" load "$s/example-$kind.sys"
    exits 0 "$kind: loaded"
    run "$ringside" run "$s/client.exe" "A message for the $kind one"
    exits 0 "$kind: the client"
    ! grep -q 'Example: write' "$work/out" "$work/err"
    ok $? "$kind: its window does not have the driver's output"
    run "$ringside" log
    out_has "Example: write ($kind): A message for the $kind one" "$kind: the log has"
    run "$ringside" unload "example-$kind"
    exits 0 "$kind: unloaded"
done
run "$ringside" down
exits 0 "down"
done_testing
