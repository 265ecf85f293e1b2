#!/bin/sh
# T13: every kind of lock under a hundred threads on four processors, over seeds: a few here, ten thousand with SOAK=1.
. tests/lib.sh
if [ "${SOAK:-}" = 1 ]; then
    seeds=10000
else
    seeds=20
fi
for test in torture-locks torture-objects; do
    failed=
    seed=1
    while [ $seed -le $seeds ]; do
        run "$ringside" run --alone --timeout 100 --cpus 4 --seed $seed -d "$build/tests/kernel/$test.sys"
        if [ "$status" != 0 ] || grep -q '^dbg: not ok' "$work/err" || ! grep -q '^dbg: 1\.\.' "$work/err"; then
            failed="$failed $seed"
            cp "$work/err" "$work/failed"
        fi
        seed=$((seed + 1))
    done
    [ -z "$failed" ] || cp "$work/failed" "$work/err"
    ok $([ -z "$failed" ]; echo $?) "$test with seeds 1 to $seeds${failed:+; not with$failed}"
done
done_testing
