#!/bin/sh
# samples/worker: a system thread that does what a queue holds, and ends before its driver goes.
. tests/lib.sh
. tests/samples.sh
built worker
as_shown worker 1 2 3
for seed in 4 5 ${SOAK:+6 7 8 9 10 11 12 13 14 15}; do
    sample --cpus 4 --seed $seed -- -d scribe.sys writers.exe 30 10
    exits 0 "thirty threads, seed $seed"
    out_has "the log has each line once, whole, in order: ok" "nothing is lost, doubled or torn"
    out_has "a file closed in a hurry: ok" "and what was not begun is cancelled"
done
done_testing
