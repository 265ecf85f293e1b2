#!/bin/sh
# T4: a driver linked with /DRIVER:UPONLY is for machines with one processor, and loads on one. That it is refused on more is for the day when --cpus takes more.
. tests/lib.sh
run "$ringside" inspect $build/tests/images/up.sys
exits 0 "inspect"
out_has 'UP' "says UP"
run "$ringside" run -d $build/tests/images/up.sys
exits 0 "--cpus 1 is the default"
err_has 'loaded on 1 processor' "and the driver loads"
run "$ringside" inspect $build/tests/images/dll.sys
grep -qw 'UP' "$work/out"
ok $((!$?)) "others are not marked"
done_testing
