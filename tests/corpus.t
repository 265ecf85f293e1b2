#!/bin/sh
# `ringside inspect --corpus`: tables of what real drivers import. The numbers may only grow.
. tests/lib.sh
table() { # file, how many drivers, how many of them have all they import at least, and how many all of that with tests
    run "$ringside" inspect --corpus "tests/data/$1"
    exits 0 "$1"
    out_has "of $2 drivers" "all of its drivers are read"
    bound=$(sed -n 's/^\([0-9]*\) of [0-9]* drivers .*/\1/p' "$work/out")
    [ "${bound:-0}" -ge "$3" ]
    ok $? "${bound:-none} have all they import, at least $3"
    tested=$(sed -n 's/^\([0-9]*\) of them import nothing .*/\1/p' "$work/out")
    [ "${tested:-0}" -ge "$4" ]
    ok $? "${tested:-none} have all they import, with tests, at least $4"
}
table driver-imports.tsv 468 457 457
table framework-driver-imports.tsv 200 0 0
printf 'one\tIoCreateDevice RtlDoesNotExist\n# a remark\n\ntwo\tIoCreateDevice RtlDoesNotExist RtlNeither\nthree\thal.dll,nosuch.sys\tKeGetCurrentIrql\nfour\tKeGetCurrentIrql\n' >"$work/small.tsv"
run "$ringside" inspect --corpus "$work/small.tsv"
exits 0 "a small table"
out_has '1 of 4 drivers' "one has everything"
out_has '       2          1  RtlDoesNotExist' "what two lack, one of them only that"
out_has 'nosuch.sys' "a DLL that is missing"
run "$ringside" inspect --json --corpus "$work/small.tsv"
exits 0 "--json"
out_has '"bound": 1' "the same"
out_has '"bound_and_tested": 1' "and the one has tests"
printf 'no tab here\n' >"$work/bad.tsv"
run "$ringside" inspect --corpus "$work/bad.tsv"
exits 126 "no such table"
run "$ringside" inspect --corpus "$work/none.tsv"
exits 127 "an absent one"
run "$ringside" inspect --corpus "$work/small.tsv" a.sys
exits 125 "a table and images"
done_testing
