#!/bin/sh
# samples/pnp: a function driver for the PCI test device; two of them, by line and by messages, broken while in use, with several processors.
. tests/lib.sh
. tests/samples.sh
built pnp
edu='PCI\VEN_1234&DEV_11E8'

# abacus OPTIONS... -- ARGUMENTS
abacus() {
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    run "$ringside" run --alone --timeout 120 $options -d "$build/samples/abacus.sys" --match "$match" "$build/samples/factorial.exe" "$@"
}

# shown NUMBER: what the README shows for its run of that number is what was printed
shown() {
    awk -v n="$1" '/^\$ ringside run /{k++; on = k == n; next} /^```/{on = 0} on' samples/pnp/README.md | cmp -s - "$work/out"
    ok $? "prints what its README shows"
}

for match in "$edu" "$edu,msi"; do
    abacus --device edu --device edu -- 3 5 10
    exits 0 "two devices, $match"
    shown 1
    abacus --device edu -- --break 3 5 10
    exits 0 "broken"
    shown 2
done
abacus --device edu=msix -- 12
exits 0 "with a table of messages"
out_has "12! = 479001600" "is answered"
for seed in 1 2 3 4 5 6; do
    abacus --device edu --device edu=msix --cpus 4 --seed $seed -- --break 3 5 10 12
    ok "$([ "$status" = 0 ] && grep -q '^0 found' "$work/out" && [ "$(grep -cE '^  (3|5|10|12)(: error 1617|! = (6|120|3628800|479001600))$' "$work/out")" = 8 ] && echo 0 || echo 1)" \
        "four processors, seed $seed: each request succeeds or fails, and both devices are gone"
done
abacus -- 5
out_has "0 found afterwards" "without a device there is none to be found"
abacus --device edu=often -- 5
exits 125 "a device that is described wrongly"

match='ROOT\ABACUS'
abacus -- 5
err_has "0xC0000182" "a device without registers does not start, which is said"
out_has "0 found afterwards" "and is not found"
done_testing
