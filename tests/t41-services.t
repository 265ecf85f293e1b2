#!/bin/sh
# T41: the service database with drivers that can be started.
. tests/lib.sh
cp "$build/samples/example-buffered.sys" "$work/example.sys"
run "$ringside" run --root "$work" "$build/tests/user/services.exe" 'C:\example.sys'
exits 0 "the program"
grep '^not ok' "$work/out"
ok "$([ "$(grep -c '^not ok' "$work/out")" = 0 ] && echo 0 || echo 1)" "every check"
out_has 'then it is gone' "the driver's life to its end"
err_lacks 'left' "nothing is left behind"
done_testing
