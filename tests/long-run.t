#!/bin/sh
# A machine that runs for long does not grow: each of these would run out of the memory that it gets if one in a few of its items left anything behind. SOAK=1: ten times as many.
. tests/lib.sh
times=1
[ -z "${SOAK:-}" ] || times=10
mkdir "$work/c"
cp "$build/bench/sink.sys" "$work/c/"

# many NAME COUNT WHAT
many() {
    run timeout 1000 "$ringside" run --alone --verifier off --memory 20M --root "$work/c" "$build/bench/ops.exe" "$1" $(($2 * times))
    exits 0 "$(($2 * times)) $3, in 20 MiB"
}
many process 200 "processes, one after another"
many thread 5000 "threads"
many driver 200 "times a driver is loaded and unloaded"
many pages 20000 "times 64 KiB allocated and freed"
run timeout 1000 "$ringside" run --alone --memory 20M -d "$build/bench/sink.sys" "$build/bench/ops.exe" write $((100000 * times))
exits 0 "$((100000 * times)) requests, under the verifier"
run timeout 1000 "$ringside" run --alone --memory 20M -d "$build/bench/sink.sys" "$build/bench/ops.exe" open $((20000 * times))
exits 0 "$((20000 * times)) files opened and closed"
done_testing
