#!/bin/sh
# T4: a driver linked with /DRIVER:UPONLY is for machines with one processor: it loads on one, and is refused on more.
. tests/lib.sh
run "$ringside" inspect $build/tests/images/up.sys
exits 0 "inspect"
out_has 'UP' "says UP"
run "$ringside" run -d $build/tests/images/up.sys
exits 0 "--cpus 1 is the default"
err_has 'loaded on 1 processor' "and the driver loads"
run "$ringside" run --cpus 2 -d $build/tests/images/up.sys
exits 126 "--cpus 2"
err_has '0xC0000249' "STATUS_IMAGE_MP_UP_MISMATCH"
err_lacks 'loaded on' "and it has not run"
run "$ringside" inspect $build/tests/images/dll.sys
grep -qw 'UP' "$work/out"
ok $((!$?)) "others are not marked"
done_testing
