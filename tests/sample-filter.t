#!/bin/sh
# samples/filter: above another sample's device, unnoticed by its driver and by the program.
. tests/lib.sh
. tests/samples.sh
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
built filter
as_shown filter 1 2 3

run "$ringside" run --alone -d "$build/samples/shout.sys"
exits 126 "with nothing to attach to"
err_has 'shout: \Device\Serial0: status C0000034' "it says so and is not loaded"

# It comes and goes while the machine is up, and while its target is in use.
step() { run "$ringside" "$@"; }
step up
step load "$build/samples/serial.sys"
step run "$build/samples/terminal.exe"
out_has "heard 'Hello, COM1'" "before"
step load "$build/samples/shout.sys"
exits 0 "loaded"
step run "$build/samples/terminal.exe"
out_has "heard 'HELLO, COM1'" "with it"
step unload shout
exits 0 "unloaded"
step run "$build/samples/terminal.exe"
out_has "heard 'Hello, COM1'" "and afterwards all is as it was"
step load "$build/samples/shout.sys"
step unload serial
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "the driver below does not go while the filter is there"
step unload shout
exits 0 "the filter does"
step run "$build/samples/terminal.exe"
out_has "COM1: error 2" "and then the other, as it was told to"

# Another target, by the registry; each way in which a driver may want its buffers.
for kind in buffered direct neither; do
    step load "$build/samples/example-$kind.sys"
    step run 'C:\Windows\System32\reg.exe' add 'HKLM\System\CurrentControlSet\Services\shout\Parameters' /v Target /t REG_SZ /d '\Device\Example' /f
    step load "$build/samples/shout.sys"
    exits 0 "$kind: above Example"
    heard="HELLO FROM USER MODE!" altered=1
    [ $kind = neither ] && heard="Hello from user mode!" altered=0
    step run "$build/samples/client.exe" "Hello from user mode!"
    out_has "read 22 bytes: $heard" "$kind: its client hears $heard"
    step run "$build/samples/client.exe" --evil
    ok "$([ "$(grep -c '(expected' "$work/out")" = $altered ] && echo 0 || echo 1)" "$kind: each hostile request ends as it does without the filter, but for the capitals"
    step unload shout
    exits 0 "$kind: unloaded"
    step unload "example-$kind"
    exits 0 "$kind: and what was below it"
done
step run 'C:\Windows\System32\reg.exe' add 'HKLM\System\CurrentControlSet\Services\shout\Parameters' /v Target /t REG_DWORD /d 5 /f
step load "$build/samples/shout.sys"
exits 126 "a Target that is no string"
step down
done_testing
