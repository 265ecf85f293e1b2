#!/bin/sh
# T13: processors each at its own IRQL, interleaved as --schedule and --seed say: the same again, byte for byte.
. tests/lib.sh
k=$build/tests/kernel

# passes ARGUMENTS... : a kernel test's own checks all hold
passes() {
    test=$1
    shift
    run tests/kernel.sh "$test" --timeout 100 "$@"
    good=$(grep -c '^ok' "$work/out")
    plan=$(sed -n 's/^1\.\.//p' "$work/out")
    ok $([ "$status" = 0 ] && [ "$good" -gt 0 ] && [ "$good" = "$plan" ]; echo $?) "$test, $*: $good of $plan"
}

for cpus in 2 4 64; do
    passes t13-processors --cpus $cpus
done
passes t13-processors --cpus 4 --schedule round-robin
for seed in 1 2 3; do
    passes t13-processors --cpus 3 --seed $seed
done
for test in irql wait worker dispatch; do
    passes $test --cpus 4
done
for test in interrupt system-threads t08-irql t09-apcs wmi boosts; do
    for seed in 1 2 3; do
        passes $test --cpus 4 --seed $seed
    done
done

for seed in 1 2; do
    for again in a b; do
        run "$ringside" run --alone --cpus 4 --seed $seed --trace="$work/$seed$again" -d "$k/wait.sys"
        cp "$work/err" "$work/$seed$again.err"
    done
    cmp -s "$work/${seed}a" "$work/${seed}b" && cmp -s "$work/${seed}a.err" "$work/${seed}b.err"
    ok $? "seed $seed twice: the same trace and the same output"
done
! cmp -s "$work/1a" "$work/2a"
ok $? "another seed: another trace"
cut -d' ' -f2 "$work/1a" | sort -u | tr '\n' ' ' >"$work/out"
out_has "0 1 2 3" "all four processors are in the trace"

run "$ringside" run --cpus 0 -d "$k/wait.sys"
exits 125 "--cpus 0"
run "$ringside" run --cpus 65 -d "$k/wait.sys"
exits 125 "--cpus 65"
err_has "from 1 to 64 processors" "says how many there may be"
run "$ringside" run --schedule fair -d "$k/wait.sys"
exits 125 "--schedule fair"
err_has "random, round-robin, pct" "says what there is"
done_testing
