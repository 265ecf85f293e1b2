#!/bin/sh
# samples/cancellation: reads that wait in a cancel-safe queue, and end in every way in which they can end.
. tests/lib.sh
. tests/samples.sh
built cancellation
as_shown cancellation 1 2 3
err_has "doorbell: 1 waited when their file was closed" "the one that the program left behind ended with it"
for seed in 4 5 ${SOAK:+6 7 8 9 10 11 12 13 14 15}; do
    sample --cpus 4 --seed $seed -- -d doorbell.sys visitors.exe 300
    exits 0 "300 rounds of the race, seed $seed"
    out_has "race: ok" "each read ends once"
    out_has "counts of the race: ok" "and the driver agrees"
    ok "$(grep -q '^race: [1-9][0-9]* answered, [1-9]' "$work/err" && echo 0 || echo 1)" "in both ways"
done
done_testing
