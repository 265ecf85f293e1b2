#!/bin/sh
# The machine is killed at random moments of a registry workload; it comes up again each time, with every value that had been flushed.
# Five times; with SOAK 200 times. SEED decides the moments, as far as a busy computer lets it.
. tests/lib.sh
. tests/machine.sh
kills=${KILLS:-$([ -n "${SOAK:-}" ] && echo 200 || echo 5)}
load=$build/tests/programs/registry-load.exe

last=0
lost=0
failed=0
round=0
while [ "$round" -lt "$kills" ]; do
    round=$((round + 1))
    machine_up || { failed=$((failed + 1)); break; }
    "$ringside" run --machine "$machine" "$load" check "$last" >"$work/out.raw" 2>"$work/err" </dev/null
    tr -d '\r' <"$work/out.raw" >"$work/out"
    if ! grep -qx "all $last" "$work/out"; then
        lost=$((lost + 1))
        echo "# kill $round: flushed up to $last:"
        sed 's/^/# /' "$work/out" "$work/err"
    fi
    : >"$work/load"
    "$ringside" run --machine "$machine" "$load" write $((last + 1)) >"$work/load" 2>/dev/null </dev/null &
    client=$!
    # At most 1.2 seconds after the program's first line.
    waited=0
    while [ ! -s "$work/load" ] && [ "$waited" -lt 400 ]; do
        sleep 0.02
        waited=$((waited + 1))
    done
    sleep "$(awk -v seed="$((${SEED:-1} * 1000 + round))" 'BEGIN { srand(seed); printf "%.3f", rand() * 1.2 }')"
    machine_kill
    wait "$client"
    # The last line may be half a number.
    flushed=$(tr -d '\r' <"$work/load" | awk '{ line[NR] = $0 } END { print (NR > 1 ? line[NR - 1] : "") }')
    [ -n "$flushed" ] && last=$flushed
    tr -d '\r' <"$work/load" | grep -v '^[0-9]*$' | sed 's/^/# /'
done
ok "$failed" "the machine came up after each of $kills kills"
ok "$lost" "with every one of $last values that had been flushed"
ok "$([ "$last" -gt 0 ] && echo 0 || echo 1)" "some had been"
machine_up
machine_err_lacks "line " "and its files are whole"
run "$ringside" down --machine "$machine"
exits 0 "down"
ok "$([ ! -s "$state/registry.log" ] && echo 0 || echo 1)" "after an orderly end the log is empty"
done_testing
