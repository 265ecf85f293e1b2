#!/bin/sh
# A timer's tolerance is leave to be late, which the seed takes or not: never early, never later, and with seed 0 on time.
. tests/lib.sh
"$ringside" cc tests/sources/tolerance.c -o "$work/tolerance.sys" || exit 1

run "$ringside" run --alone -d "$work/tolerance.sys"
err_has "wrong 0" "each in its time"
ok "$([ "$(grep -c '^dbg: late 0' "$work/err")" = 12 ] && echo 0 || echo 1)" "and none is late, but for the time that it takes to look"
err_has "together 0" "nor with another"
late=0 together=0
for seed in 1 2 3 4 5 6 7 8; do
    run "$ringside" run --alone --seed $seed -d "$work/tolerance.sys"
    err_has "wrong 0" "seed $seed: each in its time"
    late=$((late + $(grep -c '^dbg: late [1-9]' "$work/err")))
    together=$((together + $(sed -n 's/^dbg: together //p' "$work/err")))
    cp "$work/err" "$work/before"
    run "$ringside" run --alone --seed $seed -d "$work/tolerance.sys"
    cmp -s "$work/before" "$work/err"
    ok $? "seed $seed: the same once more"
done
ok "$([ $late -gt 24 ] && [ $late -lt 72 ] && echo 0 || echo 1)" "of 96 timers $late were late"
ok "$([ $together -gt 8 ] && echo 0 || echo 1)" "and $together of them with another"
done_testing
