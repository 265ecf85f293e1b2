#!/bin/sh
# Threads that take each other's memory, handles and lives away while requests of the Example driver run, and processes that end in the middle of it.
. tests/lib.sh
s=$build/samples
r=$build/tests/user/threads-race.exe

balanced() {
    creates=$(grep -c 'Example: create' "$work/err")
    [ "$creates" -gt 0 ] && [ "$creates" = "$(grep -c 'Example: cleanup' "$work/err")" ] && [ "$creates" = "$(grep -c 'Example: close' "$work/err")" ]
    ok $? "$1: $creates times create, cleanup and close"
    err_has 'Example: unloaded' "$1: nothing keeps the driver"
}
for kind in buffered direct neither; do
    for seed in 1 2 ${SOAK:+3 4 5 6 7 8 9 10 11 12}; do
        run "$ringside" run --timeout 60 -d $s/example-$kind.sys $r $seed
        exits 0 "$kind, seed $seed"
        balanced "$kind, seed $seed"
    done
    for end in exit terminate thread; do
        run "$ringside" run --timeout 60 -d $s/example-$kind.sys $r 1 $end
        exits 7 "$kind: the process ends by itself ($end) amid requests"
        balanced "$kind, $end"
    done
done
done_testing
