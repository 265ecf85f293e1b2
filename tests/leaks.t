#!/bin/sh
# Nothing is left of a program's hostile requests: every open is cleaned up and closed, the driver unloads, memory comes back.
. tests/lib.sh
s=$build/samples
for kind in buffered direct neither; do
    set --
    for i in 1 2 3 4 5 6 7 8; do
        set -- "$@" --and "$s/client.exe --evil"
    done
    # Each of the nine commits 64 MiB and more: what one leaves behind, the next ones miss.
    run "$ringside" run --memory 128M -d $s/example-$kind.sys "$@" $s/client.exe --evil
    exits 0 "$kind: nine hostile clients in one machine"
    creates=$(grep -c 'Example: create' "$work/err")
    [ "$creates" -gt 8 ] && [ "$creates" = "$(grep -c 'Example: cleanup' "$work/err")" ] && [ "$creates" = "$(grep -c 'Example: close' "$work/err")" ]
    ok $? "$kind: $creates times create, cleanup and close"
    err_has 'Example: unloaded' "$kind: nothing keeps the driver"
done
done_testing
