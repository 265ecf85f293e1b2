#!/bin/sh
# A loader that carries its driver as a resource, and a program that is asked for its version.
. tests/lib.sh
run "$ringside" run --alone --root "$work" $build/tests/programs/carrier.exe
exits 0 "a driver out of its loader"
out_has 'unpacked: yes' "the resource is the file"
out_has 'written: 8' "the driver takes what is written"
out_has 'removed' "and goes"
err_has 'carried' "the driver saw it"
[ -z "$(find "$work" -name '*.tmp')" ]
ok $? "nothing is left in the folder"
done_testing
