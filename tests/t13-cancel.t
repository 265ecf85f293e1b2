#!/bin/sh
# T13: cancelling races completing, in every order that a bound of switches allows: each request is completed once; a driver that makes a classic mistake is found.
. tests/lib.sh
if [ "${SOAK:-}" = 1 ]; then
    random=1000 one=200 two=2000
else
    random=5 one=24 two=8
fi

# way NAME: the driver under that name
way() { cp "$build/tests/bad/cancel.sys" "$work/$1.sys"; }
# race NAME SCHEDULE LAST [OPTIONS...]
race() {
    name=$1 schedule=$2 last=$3
    shift 3
    run "$ringside" run --alone --timeout 100 --cpus 3 --schedule "$schedule" --seeds "0-$last" "$@" -d "$work/$name.sys"
}

for kind in hand csq startio; do
    for by in thread dpc timer; do
        way $kind-$by
        race $kind-$by random $random
        exits 0 "$kind, completed by a $by: $random random orders"
        race $kind-$by exhaustive:1 $one
        exits 0 "$kind, completed by a $by: all orders of one switch among $one places"
        race $kind-$by exhaustive:2 $two
        exits 0 "$kind, completed by a $by: $two orders of two switches"
    done
    race $kind-dpc pct $random --points accesses
    exits 0 "$kind: $random random orders of all accesses"
done

# mistake NAME SCHEDULE LAST EXIT-CODE TEXT [OPTIONS...]: found, and named by the text
mistake() {
    name=$1 schedule=$2 last=$3 code=$4 text=$5
    shift 5
    way "$name"
    race "$name" "$schedule" "$last" "$@"
    [ "$status" = "$code" ] && grep -qF -- "$text" "$work/err" && grep -q 'ringside: to repeat it: ' "$work/err"
    ok $? "$name, $schedule: $text"
}
mistake hand-thread-keep exhaustive:1 50 134 "*** STOP 0x000000C9"
mistake hand-thread-keep exhaustive:1 50 134 "whose cancel routine was still set"
mistake hand-dpc-keep random 50 134 "*** STOP 0x000000C9"
mistake hand-dpc-keep exhaustive:1 100 134 "the IRP was completed twice" --verifier off
mistake startio-dpc-keep random 20 134 "the IRP was completed twice"
mistake hand-thread-hold random 5 134 "it must release the cancel spin lock"
mistake hand-thread-hold random 5 134 "*** STOP 0x" --verifier off
mistake startio-thread-hold exhaustive:1 20 134 "it must release the cancel spin lock"
mistake hand-thread-queue exhaustive:1 20 124 "a request was never completed"
mistake hand-thread-leave exhaustive:1 40 126 "not ok 11 - nothing is left"
mistake hand-dpc-bare exhaustive:1 100 126 "not ok" --points accesses

# The same with a program's requests: who has ended a read is told so, and nobody else.
for how in cancelex cancel close exit synchronous; do
    for orders in "random $random" "exhaustive:1 $one"; do
        run "$ringside" run --alone --timeout 100 --cpus 3 --schedule ${orders% *} --seeds "0-${orders#* }" -d "$build/tests/kernel/cancel.sys" \
            "$build/tests/programs/cancel-race.exe" $how
        exits 0 "a program's read, $how: $orders"
    done
done
done_testing
