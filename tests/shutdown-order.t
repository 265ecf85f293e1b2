#!/bin/sh
# The end of the machine: devices that asked for it, last registered first; registered file systems; devices that asked for the last chance; then drivers are unloaded.
. tests/lib.sh
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
order="the second,the first,the file system,the last chance,the driver,"
told() { ok "$([ "$(sed -n 's/^dbg: shutdown of //p' "$1" | tr '\n' ',')" = "$order" ] && echo 0 || echo 1)" "$2"; }
run "$ringside" run --alone -d "$build/tests/bad/shutdown.sys"
exits 0 "a driver that wants to know of the end"
told "$work/err" "is told in this order"

run "$ringside" up
exits 0 "the same in a machine that stays up"
run "$ringside" load "$build/tests/bad/shutdown.sys"
exits 0 "loaded"
"$ringside" log --follow >"$work/log" 2>&1 &
for _ in $(seq 200); do grep -q ready "$work/log" && break; sleep 0.05; done
run "$ringside" down
exits 0 "down"
wait
sed 's/^.*\(shutdown of \)/dbg: \1/' "$work/log" >"$work/lines"
told "$work/lines" "the order is the same"
done_testing
