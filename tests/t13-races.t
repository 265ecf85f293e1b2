#!/bin/sh
# T13: races in a driver are found by each schedule, within so many seeds, and how to repeat them is said; a driver without one never fails.
. tests/lib.sh
b=$build/tests/bad

# finds DRIVER SCHEDULE LAST [OPTIONS...]: some seed from 0 to LAST makes it fail
finds() {
    driver=$1 schedule=$2 last=$3
    shift 3
    run "$ringside" run --alone --cpus 2 --schedule "$schedule" --seeds 0-"$last" "$@" -d "$b/$driver.sys"
    [ "$status" = 134 ] && grep -q '^ringside: seed [0-9]*: exit code 134; ' "$work/err"
    ok $? "$driver: $schedule finds it within $last seeds${*:+ ($*)}"
}

for driver in race-counter race-claim race-update; do
    finds $driver random 60
    finds $driver round-robin 0
    finds $driver pct 60
    finds $driver exhaustive:1 40
    finds $driver exhaustive 60
done
finds race-stack random 600
finds race-stack exhaustive 600
finds race-init random 60 --points accesses
finds race-init pct 60 --points accesses
finds race-init exhaustive:1 60 --points accesses

seeds=60
[ "${SOAK:-}" = 1 ] && seeds=2000
for schedule in random round-robin pct:3 pct:5 exhaustive:1 exhaustive:2; do
    run "$ringside" run --alone --cpus 2 --schedule $schedule --seeds 1-$seeds -d "$b/race-none.sys"
    exits 0 "a driver without a race, $schedule, $seeds seeds"
done
run "$ringside" run --alone --cpus 4 --points accesses --seeds 1-$seeds -d "$b/race-none.sys"
exits 0 "and with a point at every access"

run "$ringside" run --alone --cpus 2 --seeds 0-60 -d "$b/race-claim.sys"
grep '^\*\*\*\|^  param' "$work/err" >"$work/found"
repeat=$(sed -n 's/^ringside: to repeat it: //p' "$work/err")
ok $([ -n "$repeat" ]; echo $?) "the command that repeats it: $repeat"
run sh -c "$repeat"
exits 134 "it does"
grep '^\*\*\*\|^  param' "$work/err" | cmp -s - "$work/found"
ok $? "with the same bug check"
err_has "to repeat it: $repeat" "which names the same command"
run "$ringside" run --alone --cpus 2 --seeds=0-60 -d "$b/race-claim.sys" "$build/tests/programs/output.exe" --seed 5 --seeds=6
err_has "output.exe --seed 5 --seeds=6" "a program keeps its own arguments in it"
for schedule in "random --seed 0" "random --seed 1" "pct --seed 2" "exhaustive --seed 3"; do
    run "$ringside" run --alone --cpus 2 --schedule $schedule --trace="$work/a" -d "$b/race-none.sys"
    run "$ringside" run --alone --cpus 2 --schedule $schedule --trace="$work/b" -d "$b/race-none.sys"
    cmp -s "$work/a" "$work/b"
    ok $? "$schedule: the same trace twice"
done
run "$ringside" run --alone --seeds 1-3 -d "$b/no-such.sys"
exits 127 "a driver that is not there ends it at once"
run "$ringside" run --alone --seeds 3-1 -d "$b/race-none.sys"
exits 125 "seeds the wrong way round"
err_has "the smaller one first" "says so"
done_testing
