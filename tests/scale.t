#!/bin/sh
# How much one of many costs: a million handles and pending requests, a hundred thousand devices, ten thousand threads of both kinds, and what it costs at a thousand. The cost is counted in
# instructions, which do not depend on the machine that this runs on. A tenth of the numbers here, all of them with SOAK=1.
. tests/lib.sh
scale=10 limit=200
[ -z "${SOAK:-}" ] || scale=1 limit=1000

# grows KIND FEW MANY: makes them, uses them, ends them; no step of it costs twice as much with MANY as with FEW.
grows() {
    run timeout $limit "$build/tests/tools/steps" "$ringside" run --alone --verifier off --memory 3G -d "$build/bench/scale.sys" "$build/bench/scale.exe" "$1" "$2" "$3" stepped
    exits 0 "$3 $1: made, used and ended"
    awk -v few="$2" '
        $1 == "steps" { key = $2 " " $3; each = $5 / $4; if (!(key in first)) first[key] = each; else { seen++; if (each > 2 * first[key]) { bad = 1; print "# " key ": " first[key] " with " few ", " each " with more" } } }
        END { exit bad || !seen }' "$work/out"
    ok $? "$1: one of $3 costs no more than twice what one of $2 does"
}

grows handles 1000 $((1000000 / scale))
grows requests 1000 $((1000000 / scale))
grows timers 1000 $((100000 / scale))
grows devices 1000 $((100000 / scale))
grows threads 1000 $((10000 / scale * 2))
grows uthreads $((1000 / scale)) $((10000 / scale))
# What is cancelled at once is counted whole, so there are fewer; the many come below.
grows urequests 50 400
grows uexit 50 400

# many KIND COUNT: they can be there, and all of them end.
many() {
    run timeout $limit "$ringside" run --alone --verifier off --memory 3G -d "$build/bench/scale.sys" "$build/bench/scale.exe" "$1" 1000 "$2"
    exits 0 "$2 $1"
}
many uhandles $((1000000 / scale))
many urequests $((1000000 / scale))
many uexit $((1000000 / scale))
many uthreads $((10000 / scale))

# Too little memory: whoever asks is told so, and all that was made can be ended.
for kind in devices threads handles requests; do
    run timeout $limit "$ringside" run --alone --verifier off --memory 32M -d "$build/bench/scale.sys" "$build/bench/scale.exe" $kind 1000 1000000
    exits 3 "a million $kind in 32 MiB: as many as there can be, and the program goes on"
    out_has "then c000009a" "$kind: STATUS_INSUFFICIENT_RESOURCES"
done
done_testing
