#!/bin/sh
# T13: every kind of lock under a hundred threads on four processors, and all else that threads hand to each other, over seeds: a few here, ten thousand with SOAK=1.
# FAMILY: only that one.
. tests/lib.sh

# torture FAMILY SCHEDULE SEEDS [OPTIONS...]
torture() {
    family=$1 schedule=$2 seeds=$3
    shift 3
    [ -z "${FAMILY:-}" ] || [ "$FAMILY" = "$family" ] || return 0
    run "$ringside" run --alone --timeout 100 --cpus 4 --schedule "$schedule" --seeds "1-$seeds" "$@" -d "$build/tests/kernel/$family.sys"
    exits 0 "$family: $schedule, $seeds seeds${*:+, $*}"
}

if [ "${SOAK:-}" = 1 ]; then
    random=10000 pct=1000 inside=100
else
    random=15 pct=8 inside=2
fi
for family in torture-locks torture-resource torture-waits torture-objects torture-work torture-dpc; do
    torture $family random $random --points calls
    torture $family pct:4 $pct --points calls
    torture $family random $inside
    torture $family round-robin 1
done
torture torture-waits pct $inside --points accesses
torture torture-objects pct $inside --points accesses
done_testing
