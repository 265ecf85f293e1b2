#!/bin/sh
# Nanoseconds per operation: (time of N + M operations - time of N) / M, the best of five, the three programs in turn.
set -eu
b=${BUILD:-build}
count=${COUNT:-2000000}
now() { date +%s%N; }
cost() { # command...; the count is its last argument
    best=
    for i in 1 2 3 4 5; do
        t0=$(now)
        "$@" 1000
        t1=$(now)
        "$@" $((count + 1000))
        t2=$(now)
        ns=$((t2 - t1 - (t1 - t0)))
        [ -z "$best" ] || [ $ns -lt "$best" ] && best=$ns
    done
    echo "$best"
}
report() { awk -v n="$2" -v c="$count" -v what="$1" 'BEGIN { printf "%-40s %8.1f ns\n", what, n / c }'; }
report "floor, by hand" "$(cost "$b/bench/floor")"
report "Linux write(2) to /dev/null" "$(cost "$b/bench/devnull")"
report "Ringside, verifier off" "$(cost "$b/ringside" run --verifier off -d "$b/bench/sink.sys" "$b/bench/write.exe")"
report "Ringside, verifier standard" "$(cost "$b/ringside" run -d "$b/bench/sink.sys" "$b/bench/write.exe")"
report "Ringside, two processors, points: calls" "$(cost "$b/ringside" run --cpus 2 --points calls -d "$b/bench/sink.sys" "$b/bench/write.exe")"
report "Ringside, two processors" "$(cost "$b/ringside" run --cpus 2 -d "$b/bench/sink.sys" "$b/bench/write.exe")"
