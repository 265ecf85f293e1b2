#!/bin/sh
# Hostile calls with a driver loaded, in little memory, again and again in one machine; a driver that leaves its timer set.
. tests/lib.sh
s=$build/samples
fuzz=$build/tests/user/fuzz-services.exe
for kind in buffered direct neither; do
    run "$ringside" run --timeout 60 --memory 64M -d $s/example-$kind.sys --and "$fuzz 11 8000" --and "$fuzz 12 8000" --and "$fuzz 13 8000" $fuzz 10 8000
    exits 0 "$kind: four programs of hostile calls in one machine"
    ok "$(! grep -q '^not ok' "$work/out"; echo $?)" "$kind: each ends as it should"
    err_lacks 'own mistake' "$kind: no mistake of ours"
    err_has 'Example: unloaded' "$kind: nothing keeps the driver"
    opened=$(grep -c 'Example: create' "$work/err")
    [ "$opened" -gt 0 ] && [ "$opened" = "$(grep -c 'Example: close' "$work/err")" ]
    ok $? "$kind: $opened times create and close"
done
run "$ringside" run -d $build/tests/bad/pending-timer.sys
exits 134 "a driver that unloads with a timer set"
err_has 'STOP 0x000000C7' "the code"
err_has 'TIMER_OR_DPC_INVALID' "its name"
err_has 'pending-timer.sys is unloaded while a timer' "the driver"
done_testing
