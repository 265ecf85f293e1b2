#!/bin/sh
# T13: two locks taken in two orders, of every kind: the machine stops, says who waits for what and who holds it, and how to have it again.
. tests/lib.sh

# deadlock KIND WHAT
deadlock() {
    cp "$build/tests/bad/deadlock.sys" "$work/deadlock-$1.sys"
    run "$ringside" run --alone --cpus 2 -d "$work/deadlock-$1.sys"
    exits 124 "$1"
    [ "$(grep -c "waits for $2 ([0-9A-F]*)" "$work/err")" = 2 ]
    ok $? "$1: both wait for $2"
    [ "$1" = push ] || [ "$(grep -c "waits for $2 .*, held by 4\." "$work/err")" = 2 ]
    ok $? "$1: and who holds it is said"
    err_has "to repeat it: " "$1: and how to repeat it"
}
deadlock mutex "a mutant"
deadlock fast "a fast or guarded mutex"
deadlock guarded "a fast or guarded mutex"
deadlock resource "a resource"
deadlock push "a push lock"

cp "$build/tests/bad/deadlock.sys" "$work/deadlock-spin.sys"
run "$ringside" run --alone --cpus 2 --schedule exhaustive:1 --seeds 0-40 -d "$work/deadlock-spin.sys"
exits 134 "spin locks, in some order"
err_has "every processor waits for a spin lock" "says so"
err_has "DPC_WATCHDOG_VIOLATION" "with Windows' bug check"
done_testing
