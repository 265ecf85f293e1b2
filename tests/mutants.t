#!/bin/sh
# A slice of `make mutants`: exports that are replaced by an immediate return, and their tests, which fail.
. tests/lib.sh
RESULTS=$work/mutants.txt
export RESULTS
run perl tools/mutants.pl --slice 20
exits 0 "each export's test needs it"
out_has "of 20 exports" "twenty of them"
done_testing
