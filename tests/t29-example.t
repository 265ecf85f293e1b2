#!/bin/sh
# The main job: the Example driver in its three builds, its loader and its client.
. tests/lib.sh
s=$build/samples
for kind in buffered direct neither; do
    run "$ringside" run -d $s/example-$kind.sys $s/client.exe "Hello from user mode!"
    exits 0 "$kind: client"
    err_has 'dbg: ' "$kind: the driver prints"
    err_has 'Hello from user mode!' "$kind: the driver prints what was written"
    out_has 'Hello from user mode!' "$kind: the client reads it back"

    run "$ringside" run -d $s/example-$kind.sys $s/client.exe --evil
    exits 0 "$kind: every hostile request ends in Windows' error"
    err_lacks 'STOP' "$kind: and the driver lives"

    run "$ringside" run -d $s/example-$kind.sys $s/client.exe 'text with %s%n%d in it'
    exits 0 "$kind: text full of formats"
    err_has 'text with %s%n%d in it' "$kind: is printed as it is"

    input='\n' run "$ringside" run --root $s --and "$s/client.exe \"Hello from user mode!\"" $s/loader.exe "C:\\example-$kind.sys"
    exits 0 "$kind: loader and client in one machine"
    err_has 'Hello from user mode!' "$kind: the driver that the loader started prints what the client wrote"
done
run "$ringside" run -d $s/example-neither.sys $s/client.exe --unmap-race
exits 0 "a buffer that goes away between two bytes"
err_has '0xC0000005' "is caught by the driver's handler"
done_testing
