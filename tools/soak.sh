#!/bin/sh
# `make soak`: every test that has a long form, in it (SOAK=1), and docs/soak.md from what they said. SEEDS, "1 2 3" if not set: each test that takes a seed runs once with each.
# ONLY: names of tests, FAMILIES: of torture suites, if not all are to be run; the report then keeps what it said of the others.
build=${BUILD:-build}
seeds=${SEEDS:-1 2 3}
report=docs/soak.md
rows=$(mktemp)
output=$(mktemp)
trap 'rm -f "$rows" "$output"' EXIT
failures=0
today=$(date -u +%Y-%m-%d)

# soak NAME WHAT COMMAND...: a row of the report
soak() {
    name=$1 what=$2
    shift 2
    if [ -n "${ONLY:-}" ] && ! echo " $ONLY " | grep -qF " $name "; then
        grep -F "| $name | $what |" $report >>"$rows" || echo "| $name | $what | not run yet | | |" >>"$rows"
        return
    fi
    echo "soak: $name ($what)" >&2
    began=$(date +%s)
    SOAK=1 BUILD=$build "$@" >"$output" 2>&1 </dev/null
    status=$?
    good=$(grep -c '^ok' "$output")
    bad=$(grep -c '^not ok' "$output")
    result="$good ok"
    if [ "$bad" != 0 ] || { [ "$status" != 0 ] && [ "$good" = 0 ]; }; then
        failures=$((failures + 1))
        result="**$bad failed**, $good ok"
        sed 's/^/    /' "$output" | grep -A 20 'not ok' >&2
    fi
    echo "| $name | $what | $result | $(($(date +%s) - began)) s | $today |" >>"$rows"
}

# Tests that read SOAK, or the seeds and counts that are named here.
for script in $(grep -l 'SOAK' tests/*.t); do
    if grep -q 'FAMILY' "$script"; then
        for family in $(sed -n 's/^for family in \(.*\); do$/\1/p' "$script"); do
            if [ -n "${FAMILIES:-}" ] && ! echo " $FAMILIES " | grep -qF " $family "; then
                ONLY=none soak "$(basename "$script")" "10,000 seeds, $family" true
            else
                soak "$(basename "$script")" "10,000 seeds, $family" env FAMILY="$family" sh "$script"
            fi
        done
    elif grep -q '[$]{\{0,1\}SEED\>' "$script"; then
        for seed in $seeds; do
            soak "$(basename "$script")" "seed $seed" env SEED=$seed sh "$script"
        done
    else
        soak "$(basename "$script")" "SOAK=1" sh "$script"
    fi
done
first=200
for seed in $seeds; do
    soak t05-mutations.t "2000 damaged images from number $first" env FIRST=$first COUNT=2000 sh tests/t05-mutations.t
    first=$((first + 2000))
done
for seed in $seeds; do
    soak fuzz-services "300000 calls, seed $seed" sh tests/user.sh fuzz-services $seed 300000
done

{
    echo "# What the long tests found"
    echo
    echo "Made by \`make soak\`: every test that has a long form, in it. \`make check\` runs a fixed slice of each."
    echo
    echo "Version $(cat VERSION). Tests with failures: $(grep -c 'failed\*\*' "$rows")."
    echo
    echo "| test | what | result | took | when |"
    echo "|---|---|---|---|---|"
    cat "$rows"
} >$report.new && mv $report.new $report
[ $failures = 0 ]
